"""The scanning app, and the review of what could not be applied."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.fulfilment import errors
from entrepot.fulfilment.carts.errors import WrongToteError
from entrepot.fulfilment.domain import MODE_LABELS, SHORT_LABELS
from entrepot.fulfilment.http import text_fields
from entrepot.fulfilment.picking import IN_HAND, RIGHT_LOT, RIGHT_PLACE, RIGHT_TOTE
from entrepot.fulfilment.scanning.errors import ListTakenOverError
from entrepot.fulfilment.scanning.refs import KIND_LABELS, Decision
from entrepot.fulfilment.scanning.reviewing import Reviewing
from entrepot.fulfilment.scanning.views import conflict_count, conflicts, sessions
from entrepot.fulfilment.taking import PICKED
from entrepot.fulfilment.way import errors as way_errors
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

PATH = "/fulfilment/scan"
PAGE = 50
SKEW_SHOWN_MS = 60_000

SENTENCES: Final = {
    # What the server would say, so that a device says the same by itself.
    "wrong_product": errors.WrongProductError.message,
    "stray_product": errors.StrayProductError.message,
    "wrong_location": errors.WrongLocationError.message,
    "unknown_code": errors.UnknownCodeError.message,
    "too_many": errors.PickedTooMuchError.message,
    "location_first": way_errors.LocationFirstError.message,
    "product_first": way_errors.ProductFirstError.message,
    "lot_first": way_errors.LotFirstError.message,
    "wrong_lot": way_errors.WrongLotError.message,
    "expired_lot": way_errors.ExpiredLotError.message,
    "taken_over": ListTakenOverError.message,
    "picked": PICKED,
    "right_place": RIGHT_PLACE,
    "right_lot": RIGHT_LOT,
    "right_tote": RIGHT_TOTE,
    "in_hand": IN_HAND,
    "wrong_tote": WrongToteError.message,
    "tote_first": errors.ToteFirstError.message,
    "tote_missing": errors.ToteMissingError.message,
    # What only a device says.
    "damaged": N_("“{scanned}” was read wrongly: its check digit does not fit. Scan it again, or type the SKU {sku}."),
    "done_already": N_("{sku} is picked already; nothing of it is left to pick. You need {next} from {location}."),
    "nothing_open": N_("Nothing is left to pick on list {number}. Press “Finish”."),
    "no_undo": N_("There is nothing to undo."),
    "late_undo": N_("Order {number} is picked and went on: put the goods back on the page of the list."),
    "undone": N_("Undone: {quantity} of {sku} go back to {location}."),
    "short": N_("Noted: {quantity} of {sku} missing in {location}."),
    "finished_here": N_("List {number} is finished on this device."),
    "online": N_("Online"),
    "offline": N_("Offline"),
    "signed_out": N_("Signed out"),
    "waiting_one": N_("1 scan waits"),
    "waiting": N_("{count} scans wait"),
    "all_sent": N_("All sent"),
    "not_kept": N_("This browser keeps nothing between visits: do not close this page before everything is sent."),
    "needs_network": N_("New work needs the network. What you scanned is kept and sent when it is back."),
    "no_work": N_("There is nothing to pick now."),
    "sign_in": N_("You are signed out. What you scanned ({count}) is kept on this device until you sign in again."),
    "other_person": N_("{name} has signed in on this device. Your scans are kept until you sign in again."),
    "others_wait": N_("Somebody else's scans wait on this device ({count}); they are sent when that person signs in."),
    "stuck": N_("The hub refuses what waits here (error {status}). Nothing is lost; tell your supervisor."),
    "in_review": N_("This could not be counted and waits in review:"),
    "taken": N_("List {number} is on this device. Lines to pick: {count}."),
    "clock": N_("The clock of this device is {minutes} minutes off. Its times are corrected by the hub's."),
    "no_camera": N_("The camera cannot be used: {reason}. Allow it in the browser, or use a scanner."),
    "looking": N_("Point the camera at a barcode."),
    "compartment": N_("Order {number}, compartment {place}"),
    "lot": N_("Lot {lot}"),
    "tote": N_("Tote {tote}"),
    "hand": N_("{count} in hand"),
    "of": N_("of {count}"),
    "pick_some": N_("Picked {count}"),
    "progress": N_("{done} of {total}"),
    "go_to": N_("Go to"),
    "take": N_("Take"),
    "missing": N_("What is wrong in {place}?"),
    "pieces": N_("pieces"),
}


class ScanningPages(Controller):
    """Scan without a network."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_PICK))
    async def app(self, session: AsyncSession) -> Template:
        """Show the scanning app.  What it shows comes from the device; nothing of an order is in the page."""
        context = {
            "sentences": {name: gettext(sentence) for name, sentence in SENTENCES.items()},
            "reasons": SHORT_LABELS,
            "modes": MODE_LABELS,
            "review": await conflict_count(session),
        }
        return Template("fulfilment/scanning.html", context=context)

    @get("/review", opt=needs(Right.FULFILMENT_READ))
    async def review(self, session: AsyncSession, done: str = "", before: UUID | None = None) -> Template:
        """List what could not be applied, and the devices at work."""
        return Template("fulfilment/scan_review.html", context=await _review(session, done=bool(done), before=before))

    @post("/review/{scan_id:uuid}", opt=needs(Right.FULFILMENT_SUPERVISE), status_code=200)
    async def decide(self, request: HTMXRequest, scan_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Apply a scan after all, or discard it."""
        values = await text_fields(request)
        chosen = values.get("decision", "")
        sentence = ""
        try:
            async with session.begin_nested():
                decision = Decision.APPLY if chosen == Decision.APPLY else Decision.DISCARD
                await Reviewing(session).resolve(scan_id, decision, values.get("reason", ""))
        except InvalidInputError as error:
            sentence = " ".join(gettext(problem) for problem in error.problems.values())
        except EntrepotError as error:
            sentence = gettext(error.message).format(**error.facts)
        if not sentence:
            return Redirect(f"{PATH}/review", status_code=303)
        context = await _review(session) | {
            "wrong": scan_id,
            "sentence": sentence,
            "given": values.get("reason", ""),
        }
        return Template("fulfilment/scan_review.html", context=context, status_code=422)


async def _review(session: AsyncSession, *, done: bool = False, before: UUID | None = None) -> dict[str, Any]:
    found = await conflicts(session, done=done, before=before, limit=PAGE + 1)
    return {
        "rows": found[:PAGE],
        "waiting": await conflict_count(session),
        "devices": await sessions(session, limit=20),
        "kinds": KIND_LABELS,
        "reasons": {str(reason): label for reason, label in SHORT_LABELS.items()},
        "done": done,
        "next": f"{PATH}/review?{'done=1&' if done else ''}before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        "wrong": None,
        "sentence": "",
        "given": "",
        "skew_shown": SKEW_SHOWN_MS,
    }


ROUTES = [ScanningPages]
