/**
 * Envelopes: the outer form of a field event. The tablet writes only what has no problems.
 */

import * as limits from "../generated/sync.json";
import { isId, isInteger, isText } from "./events";
import { asObject, isObject } from "./json";
import { clean, depth } from "./sync";

/** The entries of an envelope that are not what the protocol says, in a fixed order. */
export function problems(envelope: object): string[] {
  const event = asObject(envelope);
  const checks = {
    seq: isInteger(event.seq, 0, Number.MAX_SAFE_INTEGER),
    kind: isText(event.kind, 64),
    v: isInteger(event.v, 1, 1_000_000),
    job_id: isText(event.job_id, 64),
    actor: isText(event.actor, 64),
    captured_at: moment(event.captured_at) !== null,
    after: isLeftOut(event.after) || isId(event.after),
    base_rev: isLeftOut(event.base_rev) || isInteger(event.base_rev, 0, 2 ** 31 - 1),
    clock: isLeftOut(event.clock) || isObject(event.clock),
    position: isLeftOut(event.position) || isObject(event.position),
    depth: depth(event) <= limits.maxEventDepth,
    text: [event.kind, event.job_id, event.actor, event.captured_at].every(isPlain),
  };
  return Object.entries(checks).flatMap(([name, isFine]) => (isFine ? [] : [name]));
}

function isLeftOut(value: unknown): boolean {
  return (value ?? null) === null;
}

/** A short text that every database takes as it is. */
function isPlain(value: unknown): boolean {
  return isText(value, 64) && clean(value) === value;
}

const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The moment that a text of RFC 3339 names, or null; it lies in the years 1 to 9999 by UTC, too.
 *
 * The server reads some other forms as well; the tablet never writes them.
 */
export function moment(text: unknown): Date | null {
  const parts = typeof text === "string" ? MOMENT.exec(text) : null;
  if (parts === null) {
    return null;
  }
  const [whole, year, month, day] = parts;
  const at = new Date(whole);
  const utcYear = at.getUTCFullYear();
  const isReal = isDay(Number(year), Number(month), Number(day)) && 1 <= utcYear && utcYear <= 9999;
  return isReal ? at : null;
}

/** Whether the calendar has this day; ECMAScript makes 1 March of 29 February by itself. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
