/** A field to sign in with finger, pen or mouse.  Whoever uses a keyboard writes the name: that is enough. */
import { all, first } from "../dom";

const INK = "#1a1a1a";

export function startSignatures(): void {
  for (const box of all("[data-signature]")) start(box);
}

function start(box: HTMLElement): void {
  const canvas = first<HTMLCanvasElement>("canvas", box);
  const input = first<HTMLInputElement>('input[name="signature"]', box);
  const pen = canvas?.getContext("2d");
  if (!canvas || !input || !pen) return;
  box.hidden = false;
  let drawing = false;
  const clear = (): void => {
    // White paper, in the dark theme too: the picture is looked at elsewhere.
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    input.value = "";
  };
  const place = (event: PointerEvent): [number, number] => {
    const area = canvas.getBoundingClientRect();
    return [((event.clientX - area.left) * canvas.width) / area.width, ((event.clientY - area.top) * canvas.height) / area.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.strokeStyle = INK;
    pen.lineWidth = 4;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(...place(event));
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...place(event));
    pen.stroke();
  });
  const end = (): void => {
    if (!drawing) return;
    drawing = false;
    input.value = canvas.toDataURL("image/png");
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  first<HTMLButtonElement>("[data-signature-clear]", box)?.addEventListener("click", clear);
  clear();
}
