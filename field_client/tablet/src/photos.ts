/**
 * A picture becomes proof: upright, its long edge at most 2048 px, JPEG, measured while the installer is
 * still there. One at a time, so that an old tablet holds only one decoded picture.
 */

import { PhotoUnreadable } from "./errors";
import type { Doubt } from "./generated/words";
import { doubts, fitted, measure, rasterOf, type Look } from "./looks";
import type { Bytes } from "./safes";

export const LONG_EDGE = 2048;
const QUALITY = 0.85;

export interface Shot {
  bytes: Bytes;
  mime: "image/jpeg";
  width: number;
  height: number;
  doubts: Doubt[];
  look: Look;
}

let turn: Promise<unknown> = Promise.resolve();

/** Raises PhotoUnreadable for what the browser cannot show as a picture. */
export async function prepare(
  picture: Blob | ImageBitmap,
  earlier: Iterable<string> = [],
): Promise<Shot> {
  const mine = turn.then(() => shrink(picture, earlier));
  turn = mine.catch(() => undefined);
  return mine;
}

async function shrink(picture: Blob | ImageBitmap, earlier: Iterable<string>): Promise<Shot> {
  const bitmap = await decoded(picture);
  try {
    const original = { width: bitmap.width, height: bitmap.height };
    const { width, height } = fitted(original, LONG_EDGE);
    const canvas = drawn(bitmap, width, height);
    const look = measure(rasterOf(pixelsOf(canvas), { width, height }));
    const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    return {
      bytes: new Uint8Array(await jpeg.arrayBuffer()),
      mime: "image/jpeg",
      width,
      height,
      doubts: doubts({ ...look, ...original }, earlier),
      look,
    };
  } finally {
    bitmap.close();
  }
}

async function decoded(picture: Blob | ImageBitmap): Promise<ImageBitmap> {
  if (picture instanceof ImageBitmap) return picture;
  try {
    // Upright as the file says it: all browsers do so by themselves. Asked for by name ("from-image"),
    // Safari before 17.2 and Chrome before 112 refuse.
    return await createImageBitmap(picture);
  } catch {
    throw new PhotoUnreadable();
  }
}

function drawn(bitmap: ImageBitmap, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const brush = canvas.getContext("2d", { alpha: false });
  if (!brush) throw new PhotoUnreadable();
  brush.imageSmoothingQuality = "high";
  brush.drawImage(bitmap, 0, 0, width, height);
  return canvas;
}

function pixelsOf(canvas: OffscreenCanvas): Uint8ClampedArray {
  const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
  if (!pixels) throw new PhotoUnreadable();
  return pixels.data;
}
