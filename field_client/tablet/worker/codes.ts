/**
 * Reads bar codes where the browser cannot do it by itself: ZXing as WebAssembly, beside the page.
 *
 * In a worker of its own the page stays quick, and only here may WebAssembly run at all: the server's word on
 * what this file may do is wider than that for the page. Nothing of the app is imported, so this file changes
 * with the library only and is kept over updates of the app.
 */

import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";
import program from "zxing-wasm/reader/zxing_reader.wasm?url";

/** What the page asks: to fetch all that is needed, or to read a picture. */
export type Asked = "fetch" | ImageBitmap;

/** What it hears: that all is here, or the texts in the picture; null where something failed. */
export type Told = "here" | string[] | null;

interface Worker {
  postMessage(told: Told): void;
  addEventListener(name: "message", act: (event: MessageEvent<Asked>) => void): void;
}

const worker = self as unknown as Worker;
const LONG_EDGE = 1280; // enough for a label that fills half of the picture
const HOW: ReaderOptions = {
  formats: ["AllRetail", "Code128", "Code39", "Code93", "ITF", "Codabar", "QRCode", "DataMatrix"],
  maxNumberOfSymbols: 1,
};

prepareZXingModule({ overrides: { locateFile: () => program } });

worker.addEventListener("message", ({ data }) => {
  const work = data === "fetch" ? fetched() : textsIn(data);
  work.catch(() => null).then((told) => worker.postMessage(told));
});

/** The service worker keeps what was fetched once; here it is only asked whether it is there. */
async function fetched(): Promise<Told> {
  const known = await globalThis.caches?.match(program).catch(() => undefined);
  if (known) return "here";
  const answer = await fetch(program);
  await answer.arrayBuffer();
  return answer.ok ? "here" : null;
}

async function textsIn(picture: ImageBitmap): Promise<string[]> {
  const share = Math.min(1, LONG_EDGE / Math.max(picture.width, picture.height));
  const [width = 1, height = 1] = [picture.width, picture.height].map((edge) =>
    Math.ceil(edge * share),
  );
  const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  pen?.drawImage(picture, 0, 0, width, height);
  picture.close();
  if (!pen) return [];
  const found = await readBarcodes(pen.getImageData(0, 0, width, height), HOW);
  return found.filter((code) => code.isValid).map((code) => code.text);
}
