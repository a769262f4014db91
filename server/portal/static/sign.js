// A signature by finger or pen, drawn as on the tablets: thin where fast, thick where pressed.
"use strict";

const canvas = document.getElementById("pad");
const form = document.getElementById("signing");

if (canvas && form) {
  const field = form.elements.namedItem("signature");
  const send = document.getElementById("sign");
  const clear = document.getElementById("clear");
  const missing = document.getElementById("no-signature");
  canvas.hidden = clear.hidden = send.disabled = false;
  clear.hidden = false;
  const pen = getComputedStyle(canvas).color;
  const pad = new SignaturePad(canvas, { minWidth: 0.8, maxWidth: 3, penColor: pen });

  const fit = () => {
    const strokes = pad.toData();
    const ratio = Math.max(devicePixelRatio, 1);
    const { width, height } = canvas.getBoundingClientRect();
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
    pad.fromData(strokes);
  };
  fit();
  addEventListener("resize", fit);
  clear.addEventListener("click", () => pad.clear());
  form.addEventListener("submit", (event) => {
    missing.hidden = !pad.isEmpty();
    if (pad.isEmpty()) event.preventDefault();
    else field.value = pad.toDataURL("image/png");
  });
}
