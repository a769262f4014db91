/** Ready to leave? The looks by their vectors, and the jobs that are looked at. */

import { describe, expect, it } from "vitest";

import type { PlannedPart } from "../../field_client/tablet/src/domain/documents";
import {
  checksOf,
  comingJobs,
  lightOf,
  type Check,
  type Facts,
} from "../../field_client/tablet/src/readiness";
import { jobAfter, SHEET } from "./sheets";
import { vectors, type Case } from "./vectors";

const NOW = Date.parse("2026-11-25T06:00:00Z");

interface Given {
  planned: { sku: string; quantity: number }[];
  used: string[];
  van: Record<string, number>;
  earlier: [number, number];
  free_bytes: number | null;
  is_kept: boolean;
  clock_offset_ms: number | null;
  silent_s: number | null;
  needs_sign_in: boolean;
}

const LOOKS = vectors<{ looks: Case<Given, { light: string; checks: Check[] }>[] }>("readiness");

function factsOf(given: Given): Facts {
  const use = (sku: string): [string, object] => [
    "part.used",
    { line_id: `line-${sku}`, sku, quantity: 1, from: "van", charge: "warranty" },
  ];
  const planned_parts = given.planned as unknown as PlannedPart[];
  const { free_bytes: free, clock_offset_ms: offset_ms, silent_s: silentS } = given;
  return {
    job: jobAfter(given.used.map(use), { planned_parts }),
    van: new Map(Object.entries(given.van)),
    earlier: { here: given.earlier[0], all: given.earlier[1] },
    machine: {
      isPersisted: given.is_kept,
      usedBytes: 5e6,
      quotaBytes: free === null ? null : free + 5e6,
      isShort: false,
      offset: offset_ms === null ? null : { offset_ms, boot: "b", mono_ms: 0, measured_at: NOW },
      deviceId: "0197f3d0-0000-7000-8000-000000000000",
    },
    heardAt: silentS === null ? null : NOW - silentS * 1000,
    needsSignIn: given.needs_sign_in,
    now: NOW,
  };
}

describe("a look", () => {
  it.each(LOOKS.looks.map((each) => [each.name, each] as const))(
    "%s",
    (_, { given, expect: so }) => {
      const checks = checksOf(factsOf(given));
      expect(checks).toEqual(so.checks);
      expect(lightOf(checks)).toBe(so.light);
    },
  );
});

describe("a tablet on which not even what is held back can be had", () => {
  const ready = factsOf(LOOKS.looks[0]!.given);
  const light = (what: string, machine: Partial<Facts["machine"]>) =>
    checksOf({ ...ready, machine: { ...ready.machine, ...machine } }).find(
      (each) => each.what === what,
    )?.light;

  it("believes no promise of room", () => {
    expect(light("storage", { isShort: true })).toBe("red");
  });

  it("may lose all of it where nothing was promised", () => {
    expect(light("kept", { isPersisted: false })).toBe("amber");
    expect(light("kept", { isPersisted: false, isShort: true })).toBe("red");
  });
});

describe("the jobs that are looked at", () => {
  const at = (start: string | null) =>
    jobAfter([], { window: { start, end: null, time_zone: "Asia/Shanghai" } });
  const coming = (job: ReturnType<typeof jobAfter>) =>
    comingJobs([job], "p_alice", NOW).length === 1;

  it.each([
    ["2026-11-24T15:59:00Z", false], // yesterday, where the site is
    ["2026-11-24T16:00:00Z", true],
    ["2026-11-26T15:59:00Z", true],
    ["2026-11-26T16:00:00Z", false], // the day after tomorrow
    [null, false],
  ])("are those of today and tomorrow: %s", (start, isComing) => {
    expect(coming(at(start))).toBe(isComing);
  });

  it("are not those on which somebody has set out, or that are over", () => {
    expect(coming(jobAfter([["job.accepted", {}]]))).toBe(true);
    expect(coming(jobAfter([["travel.started", {}]]))).toBe(false);
    expect(coming(jobAfter([["visit.arrived", {}]]))).toBe(false);
    expect(coming(jobAfter([["job.declined", { reason: "ill" }]]))).toBe(false);
    expect(coming({ ...jobAfter([]), standing: "leaving" })).toBe(false);
  });

  it("are one's own, also as crew, and not all those of the team", () => {
    const other = { id: "p_lena", name: "Lena" };
    expect(coming(jobAfter([], { assignee: other }))).toBe(false);
    expect(coming(jobAfter([], { assignee: other, crew: [SHEET.assignee] }))).toBe(true);
  });
});
