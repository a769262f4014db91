/** What is measured of a picture, and when it raises a doubt: to the letter as the server does. */

import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../field_client/tablet/src/domain/canonical";
import * as looks from "../../field_client/tablet/src/looks";
import { vectors } from "./vectors";

interface Measured {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
  readonly look: looks.Look;
}

type Pair = readonly [number, number];

const VECTORS = vectors<{
  measures: Measured[];
  raster_sizes: [Pair, Pair][];
  same_picture: [string, string, boolean][];
}>("photos");

const TELLING = "0f1e2d3c4b5a6978";
const GOOD = {
  width: 2048,
  height: 1536,
  brightness: 128,
  dark_share: 0.02,
  bright_share: 0.02,
  sharpness: 600,
  hash: TELLING,
};

describe("as the vectors say", () => {
  it.each(VECTORS.measures)("$name", ({ width, height, pixels, look }) => {
    expect(looks.measure({ pixels: Buffer.from(pixels, "base64"), width, height })).toEqual(look);
  });

  it.each(VECTORS.raster_sizes)("%j is measured at %j", ([width, height], [x, y]) => {
    expect(looks.rasterSize({ width, height })).toEqual({ width: x, height: y });
  });

  it.each(VECTORS.same_picture)("%s and %s are of the same picture: %s", (a, b, isSame) => {
    expect(looks.looksLike(a, b)).toBe(isSame);
  });
});

describe("measuring", () => {
  it("wants exactly as many pixels as it was told", () => {
    const pixels = new Uint8Array(11);
    expect(() => looks.measure({ pixels, width: 4, height: 3 })).toThrow(RangeError);
    expect(() => looks.measure({ pixels: pixels.subarray(11), width: 0, height: 3 })).toThrow();
  });

  it.each([
    [[0, 0, 0, 0, 0, 0, 0, 1], 0.12],
    [[0, 0, 0, 0, 0, 0, 0, 3], 0.38],
    [[0, 0, 0, 0, 0, 0, 0, 5], 0.62],
  ])("rounds the half of %j to the even side", (pixels, brightness) => {
    const raster = { pixels: Uint8Array.from(pixels), width: 8, height: 1 };
    expect(looks.measure(raster).brightness).toBe(brightness);
  });

  it("knows the worst picture of all without a loss of digits", () => {
    const [width, height] = [512, 512];
    const pixels = Uint8Array.from({ length: width * height }, (_, at) =>
      (at + Math.floor(at / width)) % 2 ? 255 : 0,
    );
    expect(looks.measure({ pixels, width, height }).sharpness).toBe(1020 ** 2);
  });
});

describe("the raster", () => {
  it("is the one that the server makes of the same pixels", async () => {
    const [width, height] = [1023, 767];
    const rgba = new Uint8ClampedArray(width * height * 4);
    for (let y = 0, at = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, at += 4) {
        rgba.set([(7 * x + 3 * y) & 255, (x * y) & 255, (x ^ y) & 255, 255], at);
      }
    }
    const raster = looks.rasterOf(rgba, { width, height });
    expect([raster.width, raster.height]).toEqual([512, 384]);
    expect(await sha256Hex(Uint8Array.from(raster.pixels))).toBe(
      "cdba74363d8681a0e5e74bd74e66c21be7fc3f3066c66514decbf191a712df70",
    );
  });

  it("of a small picture is the picture, grey", () => {
    const rgba = Uint8ClampedArray.from([
      255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 9, 9, 0,
    ]);
    const raster = looks.rasterOf(rgba, { width: 2, height: 2 });
    expect({ ...raster, pixels: [...raster.pixels] }).toEqual({
      pixels: [76, 150, 29, 9],
      width: 2,
      height: 2,
    });
  });
});

describe("a doubt", () => {
  it.each([
    [{}, []],
    [{ width: 479 }, ["too_small"]],
    [{ height: 480 }, []],
    [{ brightness: 37.99 }, ["too_dark"]],
    [{ dark_share: 0.81 }, ["too_dark"]],
    [{ brightness: 38, dark_share: 0.8 }, []],
    [{ brightness: 238.01 }, ["too_bright"]],
    [{ bright_share: 0.71 }, ["too_bright"]],
    [{ sharpness: 29.99 }, ["blurred"]],
    [{ brightness: 10, sharpness: 0 }, ["too_dark"]],
    [{ height: 300, brightness: 250, sharpness: 0 }, ["too_small", "too_bright"]],
  ])("%j: %j", (changes, doubts) => {
    expect(looks.doubts({ ...GOOD, ...changes })).toEqual(doubts);
  });

  it("is a picture that was taken before", () => {
    const near = "0f1e2d3c4b5a6947";
    expect(looks.doubts(GOOD, ["f0f0f0f0f0f0f0f0", near])).toEqual(["seen_before"]);
    expect(looks.doubts(GOOD, ["f0f0f0f0f0f0f0f0"])).toEqual([]);
    expect(looks.doubts({ ...GOOD, hash: "0".repeat(16) }, ["0".repeat(16)])).toEqual([]);
  });
});
