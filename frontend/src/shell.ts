/** Everything a page needs besides live events. */
import { startDialogs } from "./shell/dialogs";
import { startForms } from "./shell/forms";
import { startHtmx } from "./shell/htmx";
import { startKeys } from "./shell/keys";
import { startOffline } from "./shell/offline";
import { startPalette } from "./shell/palette";
import { startPieces } from "./shell/pieces";
import { startTimes } from "./shell/times";
import { startToasts } from "./toast";

export function startShell(): void {
  startToasts();
  // Before the others: a question has to be asked before anything is sent.
  startDialogs();
  startHtmx();
  startPalette();
  startKeys();
  startForms();
  startPieces();
  startTimes();
  startOffline();
}
