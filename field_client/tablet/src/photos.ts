/**
 * A picture becomes proof: upright, its long edge at most 2048 px, JPEG, measured while the installer is
 * still there. One at a time, so that an old tablet holds only one decoded picture.
 */

import { PhotoUnreadable } from "./errors";
import { doubtsOf, lookOf, lookText, type Doubt } from "./looks";
import type { Bytes } from "./safes";

export const LONG_EDGE = 2048;
const QUALITY = 0.85;
const MEASURED_EDGE = 512;

export interface Shot {
  bytes: Bytes;
  mime: "image/jpeg";
  width: number;
  height: number;
  doubts: Doubt[];
  look: string;
}

let turn: Promise<unknown> = Promise.resolve();

/** Raises PhotoUnreadable for what the browser cannot show as a picture. */
export async function prepare(picture: Blob | ImageBitmap): Promise<Shot> {
  const mine = turn.then(() => shrink(picture));
  turn = mine.catch(() => undefined);
  return mine;
}

async function shrink(picture: Blob | ImageBitmap): Promise<Shot> {
  const bitmap = await decoded(picture);
  try {
    const { width, height } = fitting(bitmap, LONG_EDGE);
    const canvas = drawn(bitmap, width, height);
    const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    const look = lookOf(grey(bitmap));
    return {
      bytes: new Uint8Array(await jpeg.arrayBuffer()),
      mime: "image/jpeg",
      width,
      height,
      doubts: doubtsOf(look, { width, height }),
      look: lookText(look),
    };
  } finally {
    bitmap.close();
  }
}

async function decoded(picture: Blob | ImageBitmap): Promise<ImageBitmap> {
  if (picture instanceof ImageBitmap) return picture;
  try {
    return await createImageBitmap(picture, { imageOrientation: "from-image" });
  } catch {
    throw new PhotoUnreadable();
  }
}

function fitting(size: { width: number; height: number }, edge: number) {
  const share = Math.min(1, edge / Math.max(size.width, size.height));
  const scaled = (length: number) => Math.max(1, Math.round(length * share));
  return { width: scaled(size.width), height: scaled(size.height) };
}

function drawn(bitmap: ImageBitmap, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const brush = canvas.getContext("2d", { alpha: false });
  if (!brush) throw new PhotoUnreadable();
  brush.imageSmoothingQuality = "high";
  brush.drawImage(bitmap, 0, 0, width, height);
  return canvas;
}

/** A small grey raster to measure, as the server measures. */
function grey(bitmap: ImageBitmap): { width: number; height: number; values: Uint8Array } {
  const { width, height } = fitting(bitmap, MEASURED_EDGE);
  const brush = drawn(bitmap, width, height).getContext("2d");
  const pixels = brush?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
  const values = new Uint8Array(width * height);
  for (let at = 0; at < values.length; at++) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(at * 4, at * 4 + 3);
    values[at] = (red * 299 + green * 587 + blue * 114 + 500) / 1000;
  }
  return { width, height, values };
}
