/**
 * The canonical text of JSON (RFC 8785), and SHA-256 over it: the same bytes on every side, or none.
 */

import { isObject } from "./json";

/**
 * The canonical text of parsed JSON, for integers, text, lists and objects.
 *
 * A surrogate without its partner becomes U+FFFD, since UTF-8 has no bytes for it. Throws a TypeError
 * on a fraction or anything that is not JSON, a RangeError on an integer beyond 2^53 - 1 or on two
 * names that become the same.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  if (typeof value === "string") {
    return text(value);
  }
  if (typeof value === "number") {
    return integer(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (isObject(value)) {
    return object(Object.entries(value));
  }
  throw new TypeError(`Canonical JSON cannot carry a ${typeof value}.`);
}

/** ECMAScript's own way to write text is the one that section 3.2.2.2 asks for. */
function text(value: string): string {
  return JSON.stringify(wellFormed(value));
}

function integer(value: number): string {
  if (Number.isFinite(value) && !Number.isInteger(value)) {
    throw new TypeError("Canonical JSON cannot carry a fraction.");
  }
  if (!Number.isSafeInteger(value)) {
    throw new RangeError("An integer beyond 2^53 - 1 is not the same number everywhere.");
  }
  return String(value);
}

/** Members by the UTF-16 code units of their names (section 3.2.3), as ECMAScript sorts. */
function object(members: readonly (readonly [string, unknown])[]): string {
  const named = new Map(members.map(([name, value]) => [wellFormed(name), value]));
  if (named.size !== members.length) {
    throw new RangeError("Two names of one object are the same once they are written.");
  }
  const names = [...named.keys()].sort();
  return `{${names.map((name) => `${text(name)}:${canonical(named.get(name))}`).join(",")}}`;
}

/** Lone surrogates as U+FFFD; `toWellFormed` is younger than some tablets. */
export function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** SHA-256 of bytes, or of a text in UTF-8: 64 lower-case hexadecimal digits. */
export async function sha256Hex(content: string | BufferSource): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 of the canonical text. Rejects as `canonical` throws. */
export async function digest(value: unknown): Promise<string> {
  return sha256Hex(canonical(value));
}
