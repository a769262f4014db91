/** The order of work: what the biggest button of the visit does next. */

import { describe, expect, it } from "vitest";

import { isOver, nextOf, openRetakes, slotsOf } from "../../field_client/tablet/src/order";
import { jobAfter, photoOf } from "./sheets";

type Facts = [string, object][];

const ARRIVED: Facts = [
  ["job.accepted", {}],
  ["travel.started", {}],
  ["visit.arrived", {}],
];
const ASSESSED: Facts = [...ARRIVED, ["visit.assessed", { severity: "minor", findings: [] }]];
const LEVEL: Facts = [["checklist.answered", { step_id: "level", answer: true }]];
const SIGNED: Facts = [
  [
    "receipt.signed",
    {
      receipt_digest: "0".repeat(64),
      signer_name: "王小明",
      relation: "self",
      signature: { sha256: "1".repeat(64), size: 9, mime: "image/png" },
    },
  ],
];
const FINISHED: Facts = [
  [
    "visit.finished",
    { outcome: "completed", manifest: { events: [], blobs: [], digest: "0".repeat(64) } },
  ],
];

describe("what comes next", () => {
  it("leads through the whole visit", () => {
    const facts: Facts = [];
    const after = (...more: Facts) => {
      facts.push(...more);
      const next = nextOf(jobAfter(facts));
      return next.does === "photo" ? `photo of ${next.slot}` : next.does;
    };
    expect(after()).toBe("accept");
    expect(after(["job.accepted", {}])).toBe("travel");
    expect(after(["travel.started", {}])).toBe("arrive");
    expect(after(["visit.arrived", {}])).toBe("assess");
    expect(after(["visit.assessed", { severity: "minor", findings: [] }])).toBe("photo of before");
    expect(after(photoOf("before"))).toBe("answer");
    expect(after(...LEVEL)).toBe("photo of after");
    expect(after(photoOf("after"))).toBe("photo of old_part");
    expect(after(photoOf("old_part"))).toBe("receipt");
    expect(after(...SIGNED)).toBe("finish");
    expect(after(...FINISHED)).toBe("nothing");
  });

  it("does not ask for setting out where somebody is already there", () => {
    const facts: Facts = [
      ["job.accepted", {}],
      ["visit.arrived", {}],
    ];
    expect(nextOf(jobAfter(facts)).does).toBe("assess");
  });

  it("is the photo that the office wants again, also after the finish", () => {
    const retakes = [{ photo_id: "p", slot: "after", reason: "blurred" }];
    const job = jobAfter([...ASSESSED, ...FINISHED], { retakes });
    expect(nextOf(job)).toEqual({ does: "photo", slot: "after" });
  });

  it("asks once for each photo that is wanted again, whether the answer is sent or not", () => {
    const retakes = ["p", "q"].map((photo_id) => ({ photo_id, slot: "after", reason: "blurred" }));
    const once = jobAfter([...ASSESSED, ...FINISHED, photoOf("after")], { retakes });
    expect(openRetakes(once).map((each) => each.photo_id)).toEqual(["q"]);
    expect(nextOf(once)).toEqual({ does: "photo", slot: "after" });

    const facts = [...ASSESSED, ...FINISHED, photoOf("after"), photoOf("after")];
    const twice = jobAfter(facts, { retakes });
    expect(nextOf(twice).does).toBe("nothing");

    const sheet = { ...twice.sheet, visit: twice.visit };
    expect(openRetakes({ ...twice, sheet })).toEqual(retakes); // the office knew these, and asks again
  });

  it("is nothing for a job that is no longer ours", () => {
    const job = { ...jobAfter(ASSESSED), standing: "leaving" as const };
    expect(nextOf(job).does).toBe("nothing");
    expect(isOver(job)).toBe(true);
  });

  it("is nothing for a job that the office cancelled", () => {
    expect(nextOf(jobAfter(ASSESSED, { state: "cancelled" })).does).toBe("nothing");
  });
});

describe("photo slots", () => {
  it("are those of the job, then those that only a step asks for", () => {
    const { sheet, visit } = jobAfter([photoOf("before")]);
    expect(slotsOf(sheet, visit).map((each) => [each.slot, each.have, each.minimum])).toEqual([
      ["before", 1, 1],
      ["after", 0, 1],
      ["old_part", 0, 1],
    ]);
  });
});
