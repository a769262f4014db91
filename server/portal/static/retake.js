// The photo is made smaller before it is sent: what a phone takes is ten times what anybody needs to see.
"use strict";

const LONG_EDGE = 2048; // pixels, as on the tablets
const QUALITIES = [0.85, 0.7, 0.5];
const MOST = 950_000; // bytes

const input = document.getElementById("photo");
const preview = document.getElementById("preview");

async function smaller(file) {
  const picture = await createImageBitmap(file); // upright, as the camera was held
  const share = Math.min(1, LONG_EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * share);
  canvas.height = Math.round(picture.height * share);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (made && made.size <= MOST) return new File([made], "photo.jpg", { type: "image/jpeg" });
  }
  return file;
}

input?.addEventListener("change", async () => {
  const [file] = input.files;
  if (!file) return;
  try {
    const made = await smaller(file);
    const list = new DataTransfer();
    list.items.add(made);
    input.files = list.files;
    preview.src = URL.createObjectURL(made);
    preview.hidden = false;
  } catch {
    // A picture that this browser cannot read is sent as it is; the server says what it makes of it.
  }
});
