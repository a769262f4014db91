/**
 * Envelopes as the vectors have them: what is right, and each way to be wrong.
 *
 * Left out: `batches`, bodies that only the server has to read.
 */

import { describe, expect, it } from "vitest";
import * as envelopes from "../../field_client/tablet/src/domain/envelopes";
import * as events from "../../field_client/tablet/src/domain/events";
import type { Json } from "../../field_client/tablet/src/domain/json";
import { vectors } from "./vectors";

interface EnvelopeCase {
  readonly name: string;
  readonly change: Json;
  readonly without: readonly string[];
  readonly expect: { readonly problems: string[]; readonly code: string | null };
}

const { base, events: CASES } = vectors<{ base: Json; events: EnvelopeCase[] }>("envelopes");
const OWN = { event_id: "01980000-0000-7000-8000-00000000e001", seq: 1, job_id: "J-1" };

/** The event that a case is about: the base, changed, with an id, a number and a job of its own. */
function envelope({ change, without }: EnvelopeCase): Json {
  const whole = { ...base, ...OWN, ...change };
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !without.includes(name)));
}

// What only the server can know of an event that has no problems.
const SERVERS_OWN = new Set<unknown>(["actor_mismatch", "job_unknown"]);

/** What the server will say of it, as far as a tablet can know. */
function code(event: Json): string | null {
  if (envelopes.problems(event).length > 0) {
    return "envelope_invalid";
  }
  const [problem] = events.check(event.kind, event.v, event.data);
  if (problem === undefined) {
    return null;
  }
  return problem.code === "unknown_kind" ? problem.code : "data_invalid";
}

describe("an envelope", () => {
  it.each(CASES)("$name", (each) => {
    const event = envelope(each);
    expect(envelopes.problems(event)).toEqual(each.expect.problems);
    expect(code(event)).toBe(SERVERS_OWN.has(each.expect.code) ? null : each.expect.code);
  });
});

describe("a moment", () => {
  it.each([
    "2026-02-29T10:00:00Z",
    "2026-13-01T10:00:00Z",
    "2026-11-21T24:00:00Z",
    "2026-11-21T10:00:60Z",
    "9999-12-31T23:30:00-01:00",
    "2026-11-21 10:00",
    "2026-11-21",
  ])("is not %s", (text) => {
    expect(envelopes.moment(text)).toBeNull();
  });

  it.each([
    ["2028-02-29T10:00:00Z", "2028-02-29T10:00:00.000Z"],
    ["2026-11-21T16:02:11.480+08:00", "2026-11-21T08:02:11.480Z"],
    ["0001-01-01T14:00:00+14:00", "0001-01-01T00:00:00.000Z"],
  ])("%s is one", (text, utc) => {
    expect(envelopes.moment(text)?.toISOString()).toBe(utc);
  });
});
