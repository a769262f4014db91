/** The fold: field events, in whatever order they come, tell one visit. */

import { describe, expect, it } from "vitest";
import type { Envelope, Visit } from "../../field_client/tablet/src/domain/documents";
import * as envelopes from "../../field_client/tablet/src/domain/envelopes";
import * as events from "../../field_client/tablet/src/domain/events";
import * as visits from "../../field_client/tablet/src/domain/visits";
import { vectors } from "./vectors";

interface Golden {
  readonly name: string;
  readonly events: readonly Envelope[];
  readonly changed: Partial<Visit>;
}

const GOLDEN = vectors<{ empty: Visit; golden: Golden[] }>("kinds");

const AT = "2026-11-21T16:02:11.480+08:00";

function event(number: number, kind: string, data: Envelope["data"] = {}) {
  return { event_id: ident(number), kind, v: 1, captured_at: AT, data };
}

function ident(number: number): string {
  return `01980000-0000-7000-8000-0000000000${number.toString(16).padStart(2, "0")}`;
}

function photo(number: number, slot: string, more: Envelope["data"] = {}) {
  const facts = { size: 9, mime: "image/jpeg", width: 4, height: 3, source: "camera" };
  const sha256 = number.toString(16).padStart(64, "0");
  return event(number, "photo.taken", { photo_id: ident(number), slot, sha256, ...facts, ...more });
}

describe("every kind ever released", () => {
  it("begins with nothing", () => {
    expect(visits.empty()).toEqual(GOLDEN.empty);
  });

  it.each(GOLDEN.golden)("$name", ({ events: lane, changed }) => {
    const expected = { ...GOLDEN.empty, ...changed };
    for (const each of lane) {
      expect(envelopes.problems(each)).toEqual([]);
      expect(events.check(each.kind, each.v, each.data)).toEqual([]);
    }
    expect(visits.fold(lane)).toEqual(expected);
    const before = visits.fold(lane.slice(0, -1));
    const kept = structuredClone(before);
    expect(lane.slice(-1).reduce(visits.apply, before)).toEqual(expected);
    expect(before).toEqual(kept);
  });
});

describe("what is announced", () => {
  it("is the photo and the signature, by hash, size and type", () => {
    const signature = { sha256: "1".repeat(64), size: 3, mime: "image/png", more: true };
    const told = { sha256: "1".repeat(64), size: 3, mime: "image/png" };
    expect(events.blobsOf("receipt.signed", { signature })).toEqual([told]);
    expect(events.blobsOf("photo.taken", { ...signature, slot: "after" })).toEqual([told]);
    expect(events.blobsOf("note.added", signature)).toEqual([]);
  });
});

describe("a visit", () => {
  it("is left as it was by a kind of the future", () => {
    const visit = visits.fold([event(1, "visit.arrived")]);
    expect(visits.apply(visit, event(2, "kettle.boiled"))).toBe(visit);
    expect(visits.apply(visit, event(3, "constructor"))).toBe(visit);
  });

  it("never goes back, and a decline after the finish changes no state", () => {
    const manifest = { events: [], blobs: [], digest: "0".repeat(64) };
    const finished = event(1, "visit.finished", { outcome: "completed", manifest });
    const told = [
      finished,
      event(2, "visit.arrived"),
      event(3, "job.declined", { reason: "ill" }),
      finished,
    ];
    const visit = visits.fold(told);
    expect(visit.state).toBe("finished");
    expect(visit.declined_reason).toBe("ill");
    expect(visits.isLateMove(visit, "travel.started")).toBe(true);
    expect(visits.isLateMove(visit, "photo.taken")).toBe(false);
  });

  it("keeps a step with the name of a member of every object", () => {
    const given = ["__proto__", "constructor"].map((step_id, number) =>
      event(number, "checklist.answered", { step_id, answer: true }),
    );
    const answers = visits.answersOf(visits.fold(given));
    expect(Object.keys(answers)).toEqual(["__proto__", "constructor"]);
  });
});

describe("what is missing before finishing", () => {
  const sheet = {
    slots: [
      { slot: "before", minimum: 1 },
      { slot: "after", minimum: 2 },
    ],
    checklist: {
      name: "repair",
      version: 1,
      steps: [{ step_id: "level", kind: "yes_no", required: true }],
    },
  };

  it("is everything at first, in the order of work", () => {
    expect(visits.missingBeforeFinish(sheet, visits.empty())).toEqual([
      { code: "arrival", subject: "" },
      { code: "photo_slot", subject: "before" },
      { code: "photo_slot", subject: "after" },
      { code: "checklist_step", subject: "level" },
      { code: "receipt", subject: "" },
    ]);
  });

  it("is nothing in the end; drawings, refused and discarded photos fill no slot", () => {
    const visit = visits.fold([
      event(1, "visit.arrived"),
      photo(2, "before"),
      photo(3, "after"),
      photo(4, "after"),
      photo(5, "after", { drawn_on: ident(4) }),
      event(6, "photo.discarded", { photo_id: ident(3), reason: "dark" }),
      event(7, "checklist.answered", { step_id: "level", answer: false }),
      event(8, "receipt.unsigned", { reason: "absent" }),
    ]);
    expect(visits.missingBeforeFinish(sheet, visit)).toEqual([
      { code: "photo_slot", subject: "after" },
    ]);
    const whole = visits.apply(visit, photo(9, "after"));
    expect(visits.missingBeforeFinish(sheet, whole)).toEqual([]);
    expect(visits.missingSlots(sheet.slots, whole, new Set([ident(2)]))).toEqual(["before"]);
  });
});
