/**
 * What is measured of a picture, and when it raises a doubt: to the letter as the server measures it.
 *
 * Everything here works on the **raster**: the upright picture, grey by ITU-R 601, averaged by area down to
 * `rasterSize`, one byte a pixel, row by row from the top left. Units and formulas stand in the server's
 * `domain/photos.py`, the numbers in one table for both. A doubt never refuses a photo: on site it asks for
 * another shot while that is still cheap.
 */

import * as table from "./generated/photos.json";
import type { Doubt } from "./generated/words";

/** What the raster says; it lies in the store beside the photo. */
export interface Look {
  /** The mean, 0 (black) to 255 (white). */
  readonly brightness: number;
  /** The share of pixels below 32, 0 to 1. */
  readonly dark_share: number;
  /** The share of pixels above 247, 0 to 1. */
  readonly bright_share: number;
  /** The variance of the Laplacian over all pixels with four neighbours, in grey levels squared. */
  readonly sharpness: number;
  /** dHash: 16 hex digits. */
  readonly hash: string;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A grey picture, one byte a pixel. */
export interface Raster extends Size {
  readonly pixels: Uint8Array | Uint8ClampedArray;
}

/** The size within a long edge, in the same proportions; never larger, never below one pixel. */
export function fitted({ width, height }: Size, longEdge: number): Size {
  const longest = Math.max(width, height);
  if (longest <= longEdge) {
    return { width, height };
  }
  const shrunk = (edge: number) =>
    Math.max(1, Math.floor((edge * longEdge + Math.floor(longest / 2)) / longest));
  return { width: shrunk(width), height: shrunk(height) };
}

/** The size of the raster that `measure` wants for a picture of this size. */
export function rasterSize(size: Size): Size {
  return fitted(size, table.rasterEdge);
}

/** What the raster says. Throws RangeError when there are not exactly width x height pixels. */
export function measure({ pixels, width, height }: Raster): Look {
  const count = width * height;
  if (Math.min(width, height) < 1 || pixels.length !== count) {
    throw new RangeError(`${pixels.length} pixels are not ${width} x ${height}`);
  }
  let [total, dark, bright] = [0, 0, 0];
  for (const level of pixels) {
    total += level;
    if (level < 32) {
      dark += 1;
    } else if (level > 247) {
      bright += 1;
    }
  }
  return {
    brightness: rounded(total / count, 2),
    dark_share: rounded(dark / count, 4),
    bright_share: rounded(bright / count, 4),
    sharpness: rounded(sharpness(pixels, width, height), 2),
    hash: differenceHash(pixels, width, height),
  };
}

/** Rounded as Python does: a half that is exactly one goes to the even side. */
function rounded(value: number, digits: number): number {
  const isHalf = Math.abs((value * 2 ** (digits + 1)) % 2) === 1;
  if (!isHalf) {
    return Number(value.toFixed(digits));
  }
  const below = Math.floor(value * 10 ** digits);
  return (below % 2 === 0 ? below : below + 1) / 10 ** digits;
}

function sharpness(pixels: Raster["pixels"], width: number, height: number): number {
  const count = Math.max(0, width - 2) * Math.max(0, height - 2);
  if (count === 0) {
    return 0;
  }
  const at = (index: number) => pixels[index] ?? 0;
  let [total, squares] = [0, 0];
  for (let y = 1; y < height - 1; y += 1) {
    for (let here = y * width + 1; here < (y + 1) * width - 1; here += 1) {
      const around = at(here - 1) + at(here + 1) + at(here - width) + at(here + width);
      const edge = 4 * at(here) - around;
      total += edge;
      squares += edge * edge;
    }
  }
  return (squares * count - total ** 2) / count ** 2; // exact up to 200,000, which only noise has
}

/** A bit for each neighbouring pair of cells, set where the left is brighter by more than one level. */
function differenceHash(pixels: Raster["pixels"], width: number, height: number): string {
  let digits = "";
  for (let row = 0; row < table.hashRows; row += 1) {
    const cells = cellsOf(pixels, width, band(row, table.hashRows, height));
    let bits = 0;
    cells.slice(1).forEach((right, left) => {
      bits = (bits << 1) | Number((cells[left] ?? 0) - right > 1);
    });
    digits += bits.toString(16).padStart(2, "0");
  }
  return digits;
}

/** The mean of each of the nine cells in one band of rows. */
function cellsOf(pixels: Raster["pixels"], width: number, rows: Band): number[] {
  return Array.from({ length: table.hashColumns }, (_, column) => {
    const across = band(column, table.hashColumns, width);
    let total = 0;
    for (let y = rows.from; y < rows.to; y += 1) {
      for (let x = across.from; x < across.to; x += 1) {
        total += pixels[y * width + x] ?? 0;
      }
    }
    return total / ((rows.to - rows.from) * (across.to - across.from));
  });
}

interface Band {
  readonly from: number;
  readonly to: number;
}

/** The pixels of one of so many equal bands; at least one, so those of tiny pictures share. */
function band(index: number, bands: number, length: number): Band {
  const from = Math.floor((index * length) / bands);
  return { from, to: Math.max(from + 1, Math.floor(((index + 1) * length) / bands)) };
}

/**
 * What is wrong with a picture, gravest first; `width` and `height` are of the original, upright.
 *
 * A dark or a blinded picture has no edges left: it is not called blurred as well. `earlier` are the hashes
 * of the photos that this tablet knows.
 */
export function doubts(picture: Look & Size, earlier: Iterable<string> = []): Doubt[] {
  const limits = table.thresholds;
  const found: Doubt[] = [];
  if (Math.min(picture.width, picture.height) < limits.tooSmallBelowShortEdge) {
    found.push("too_small");
  }
  if (
    picture.brightness < limits.tooDarkBelowBrightness ||
    picture.dark_share > limits.tooDarkAboveShare
  ) {
    found.push("too_dark");
  } else if (
    picture.brightness > limits.tooBrightAboveBrightness ||
    picture.bright_share > limits.tooBrightAboveShare
  ) {
    found.push("too_bright");
  } else if (picture.sharpness < limits.blurredBelowSharpness) {
    found.push("blurred");
  }
  if ([...earlier].some((hash) => looksLike(hash, picture.hash))) {
    found.push("seen_before");
  }
  return found;
}

/** Whether two hashes are of the same picture, also after resizing or saving again. */
export function looksLike(a: string, b: string): boolean {
  return isTelling(a) && isTelling(b) && hamming(a, b) <= table.samePictureBits;
}

/** Whether a hash says anything: any bare wall or even gradient gives the same bits. */
function isTelling(hash: string): boolean {
  const [from = 0, to = 0] = table.tellingBits;
  const bits = hamming(hash, "0".repeat(16));
  return bits >= from && bits < to;
}

/** How many of 64 bits differ between two hashes. By halves: a photo is compared with all that lie here. */
export function hamming(a: string, b: string): number {
  return bitsOf(half(a, 0) ^ half(b, 0)) + bitsOf(half(a, 8) ^ half(b, 8));
}

function half(hash: string, from: number): number {
  return parseInt(hash.slice(from, from + 8), 16);
}

function bitsOf(number: number): number {
  let count = 0;
  for (let rest = number; rest !== 0; rest &= rest - 1) {
    count += 1;
  }
  return count;
}

/** The raster of an upright picture, given as a canvas gives it: red, green, blue and opacity. */
export function rasterOf(rgba: Uint8ClampedArray, size: Size): Raster {
  const { width, height } = rasterSize(size);
  const across = averaged(greyOf(rgba), size.width, size.height, width);
  const down = averaged(turned(across, width, size.height), size.height, width, height);
  return { pixels: turned(down, height, width), width, height };
}

/** Grey by ITU-R 601, with Pillow's own rounding. */
function greyOf(rgba: Uint8ClampedArray): Uint8Array {
  const grey = new Uint8Array(rgba.length / 4);
  for (let at = 0, from = 0; at < grey.length; at += 1, from += 4) {
    const [red, green, blue] = [rgba[from] ?? 0, rgba[from + 1] ?? 0, rgba[from + 2] ?? 0];
    grey[at] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return grey;
}

/** Each row averaged down to `to` pixels, as Pillow's BOX filter does. */
function averaged(grey: Uint8Array, width: number, height: number, to: number): Uint8Array {
  const boxes = Array.from({ length: to }, (_, x) => box(x, width / to, width));
  const narrow = new Uint8Array(to * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (const { from, to: end, share } of boxes) {
      let total = 0;
      for (let each = y * width + from; each < y * width + end; each += 1) {
        total += grey[each] ?? 0;
      }
      narrow[at] = (2 ** 21 + total * share) >> 22;
      at += 1;
    }
  }
  return narrow;
}

/** The pixels whose middle lies in the new one; the arithmetic is Pillow's, so that ties fall as there. */
function box(x: number, scale: number, width: number): Band & { readonly share: number } {
  const middle = (x + 0.5) * scale;
  const isIn = (pixel: number) => {
    const away = (pixel - middle + 0.5) * (1 / scale);
    return away > -0.5 && away <= 0.5;
  };
  const first = Math.max(0, Math.floor(middle - scale * 0.5 + 0.5));
  const end = Math.min(width, Math.floor(middle + scale * 0.5 + 0.5));
  const [from, to] = [isIn(first) ? first : first + 1, isIn(end - 1) ? end : end - 1];
  return { from, to, share: Math.floor(0.5 + 2 ** 22 / (to - from)) };
}

/** Rows become columns. */
function turned(grey: Uint8Array, width: number, height: number): Uint8Array {
  const other = new Uint8Array(grey.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      other[x * height + y] = grey[y * width + x] ?? 0;
    }
  }
  return other;
}
