/**
 * Taking from sheets and events what a receipt can carry, whatever they hold.
 */

import * as table from "../generated/receipts.json";
import type { Language } from "../generated/words";
import { asObject, isObject, saysNothing, type Json } from "./json";

/** These fields of an object, null where it has none of the name. */
export function pick(value: unknown, names: readonly string[]): Json {
  const known = asObject(value);
  return Object.fromEntries(names.map((name) => [name, plain(known[name])]));
}

/** `name` or `name_zh`, whichever the reader understands, else the one that is there. */
export function named(thing: Json, field: string, language: string): unknown {
  const pair = [thing[field], thing[`${field}_zh`]];
  const [wanted, other] = spoken(language) === "zh" ? pair.reverse() : pair;
  return plain(saysNothing(wanted) ? other : wanted);
}

export function spoken(language: unknown): Language {
  return typeof language === "string" && language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** A safe integer, or none. */
export function whole(value: unknown): number | null {
  const known = plain(value);
  return typeof known === "number" ? known : null;
}

/** The value as a receipt may carry it: no fraction, no huge integer, no bottomless nesting. */
export function plain(value: unknown, depth = 0): unknown {
  if (typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  if (typeof value === "number") {
    return number(value);
  }
  if (depth === table.deepest) {
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((one) => plain(one, depth + 1));
  }
  if (isObject(value)) {
    const members = Object.entries(value).map(([name, one]) => [name, plain(one, depth + 1)]);
    return Object.fromEntries(members) as Json;
  }
  return null;
}

/** Safe integers as they are (-0 is 0), anything else as text, infinities null. */
function number(value: number): number | string | null {
  if (Number.isSafeInteger(value)) {
    return value + 0;
  }
  return Number.isFinite(value) ? String(value) : null;
}
