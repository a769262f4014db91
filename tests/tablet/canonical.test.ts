/**
 * Canonical forms and the digests over them: the same bytes on every side, or none.
 *
 * Left out: `fingerprints`, by which the server alone tells a repeat from a contradiction.
 */

import { describe, expect, it } from "vitest";
import { canonical, digest, sha256Hex } from "../../field_client/tablet/src/domain/canonical";
import { clean, depth, manifestDigest } from "../../field_client/tablet/src/domain/sync";
import { vectors, type Case } from "./vectors";

interface Canonical {
  readonly canonical: string;
  readonly sha256: string;
}

const VECTORS = vectors<{
  canonical: Case<{ json: string }, Canonical | { refused: true }>[];
  manifests: Case<{ events: string[]; blobs: string[] }, { over: string[]; sha256: string }>[];
}>("canonical");

describe("canonical JSON", () => {
  it.each(VECTORS.canonical)("$name", async ({ given, expect: expected }) => {
    const value: unknown = JSON.parse(given.json);
    if ("refused" in expected) {
      expect(() => canonical(value)).toThrow();
      await expect(digest(value)).rejects.toThrow();
      return;
    }
    expect(canonical(value)).toBe(expected.canonical);
    expect(await digest(value)).toBe(expected.sha256);
  });

  it.each([undefined, 1n, Symbol("s"), Infinity, NaN, { a: undefined }])(
    "refuses what is not JSON: %s",
    (value) => {
      expect(() => canonical(value)).toThrow();
    },
  );

  it("keeps a member of the name __proto__", () => {
    expect(canonical(JSON.parse('{"__proto__":1,"a":2}'))).toBe('{"__proto__":1,"a":2}');
  });
});

describe("a manifest's digest", () => {
  it.each(VECTORS.manifests)("$name", async ({ given, expect: expected }) => {
    expect(await manifestDigest(given.events, given.blobs)).toBe(expected.sha256);
    expect(await sha256Hex(expected.over.join("\n"))).toBe(expected.sha256);
  });
});

describe("SHA-256", () => {
  it("takes bytes as well as text", async () => {
    const text = "门 door";
    expect(await sha256Hex(new TextEncoder().encode(text))).toBe(await sha256Hex(text));
  });
});

describe("cleaning", () => {
  it("replaces NUL and half characters, in names, too", () => {
    const told = { "a\0": ["\ud83d", "\ud83d\ude00", 1, true, null], b: { "\udc00": "x" } };
    const cleaned = { "a\ufffd": ["\ufffd", "\ud83d\ude00", 1, true, null], b: { "\ufffd": "x" } };
    expect(clean(told)).toEqual(cleaned);
  });
});

describe("depth", () => {
  it.each([
    [1, 0],
    [[], 0],
    [[1], 1],
    [{ a: [{ b: 1 }], c: 2 }, 3],
  ])("%j nests %i deep", (value, expected) => {
    expect(depth(value)).toBe(expected);
  });
});
