/** Ready to leave? Each thing that is looked at, and the worst of them. */

import { describe, expect, it } from "vitest";

import { checksOf, lightOf, type Facts } from "../../field_client/tablet/src/readiness";
import { jobAfter } from "./sheets";

const NOW = Date.parse("2026-11-25T06:00:00Z");
const OFFSET = { offset_ms: 400, boot: "b001", mono_ms: 0, measured_at: NOW };
const HINGES = {
  sku: "HINGE-110",
  name: "Hinge",
  name_zh: "铰链",
  quantity: 4,
  charge: "warranty",
  unit_price: 0,
  currency: "CNY",
} as const;

const READY: Facts = {
  job: jobAfter([], { planned_parts: [HINGES] }),
  van: new Map([["HINGE-110", 4]]),
  earlier: { here: 2, all: 2 },
  machine: {
    isPersisted: true,
    usedBytes: 5e6,
    quotaBytes: 2e9,
    isShort: false,
    offset: OFFSET,
    deviceId: "0197f3d0-0000-7000-8000-000000000000",
  },
  heardAt: NOW - 60_000,
  needsSignIn: false,
  now: NOW,
};

function light(what: string, changes: Partial<Facts>): string | undefined {
  return checksOf({ ...READY, ...changes }).find((each) => each.what === what)?.light;
}

describe("a tablet that has everything", () => {
  it("is ready", () => {
    expect(lightOf(checksOf(READY))).toBe("green");
  });
});

describe("what is looked at", () => {
  it("names the parts that the van lacks", () => {
    const [parts] = checksOf({ ...READY, van: new Map([["HINGE-110", 1]]) });
    expect(parts).toEqual({
      what: "parts",
      light: "red",
      short: [{ sku: "HINGE-110", missing: 3 }],
    });
  });

  it("counts a van below zero as empty", () => {
    const [parts] = checksOf({ ...READY, van: new Map([["HINGE-110", -2]]) });
    expect(parts).toMatchObject({ short: [{ missing: 4 }] });
  });

  it("warns while earlier photos are on their way", () => {
    expect(light("earlier", { earlier: { here: 1, all: 2 } })).toBe("amber");
  });

  it.each([
    [1.99e9, "red"],
    [1.9e9, "amber"],
    [1e9, "green"],
  ])("of %d used bytes out of two gigabytes it says %s", (usedBytes, told) => {
    expect(light("storage", { machine: { ...READY.machine, usedBytes } })).toBe(told);
  });

  it("believes no promise of room where not even what is held back can be had", () => {
    expect(light("storage", { machine: { ...READY.machine, isShort: true } })).toBe("red");
  });

  it("warns where the browser does not promise to keep what is saved", () => {
    const unsafe = { ...READY.machine, isPersisted: false };
    expect(light("kept", { machine: unsafe })).toBe("amber");
    expect(light("kept", { machine: { ...unsafe, isShort: true } })).toBe("red");
  });

  it("stops at a wrong clock", () => {
    const offset = { ...OFFSET, offset_ms: -90 * 24 * 3600_000 };
    expect(light("clock", { machine: { ...READY.machine, offset } })).toBe("red");
  });

  it("warns after a day without contact, and stops without a sign-in", () => {
    expect(light("contact", { heardAt: NOW - 25 * 3600_000 })).toBe("amber");
    expect(light("contact", { needsSignIn: true })).toBe("red");
  });

  it("is as red as its worst light", () => {
    const checks = checksOf({ ...READY, needsSignIn: true, earlier: { here: 0, all: 1 } });
    expect(lightOf(checks)).toBe("red");
  });
});
