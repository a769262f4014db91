/** How far it is, and in which order one drives where the windows leave it open. */

import { describe, expect, it } from "vitest";

import { metresBetween, stopsOf, type Point } from "../../field_client/tablet/src/distances";
import type { Job } from "../../field_client/tablet/src/jobs";
import { distance } from "../../field_client/tablet/src/times";
import { jobAfter, SHEET } from "./sheets";

const CENTRE: Point = { lat: 30.66, lon: 104.06 };

/** A site so many kilometres north of the centre. */
function north(km: number): Point {
  return { lat: CENTRE.lat + km / 111.195, lon: CENTRE.lon };
}

function job(
  id: string,
  at: Point | null,
  hour: number | null,
  facts: [string, object][] = [],
): Job {
  const site = { ...SHEET.site, lat: at?.lat ?? null, lon: at?.lon ?? null };
  const start = hour === null ? null : `2026-11-25T0${hour}:00:00Z`;
  const window = { start, end: null, time_zone: "Asia/Shanghai" };
  return jobAfter(facts, { id, site, window });
}

function order(jobs: Job[], here: Point | null): string[] {
  return stopsOf(jobs, here).map((stop) => stop.job.jobId);
}

function kilometres(jobs: Job[], here: Point | null): (number | null)[] {
  return stopsOf(jobs, here).map(({ metres }) => metres && Math.round(metres / 100) / 10);
}

it("is measured along the great circle", () => {
  expect(metresBetween(CENTRE, CENTRE)).toBe(0);
  expect(Math.round(metresBetween({ lat: 0, lon: 0 }, { lat: 0, lon: 180 }) / 1000)).toBe(20015);
  expect(Math.round(metresBetween(CENTRE, { lat: 90, lon: -7 }) / 1000)).toBe(6598); // 59.34 degrees
});

describe("with a position", () => {
  it("the nearest comes first among those with the same window, and windows are never turned round", () => {
    const jobs = [job("a", north(9), 1), job("b", north(2), 1), job("c", north(1), 2)];
    expect(order(jobs, CENTRE)).toEqual(["b", "a", "c"]);
    expect(kilometres(jobs, CENTRE)).toEqual([2, 9, 1]);
  });

  it("those without an appointment are put in the order of their distance", () => {
    const jobs = [job("a", north(9), null), job("b", null, null), job("c", north(1), null)];
    expect(order(jobs, CENTRE)).toEqual(["c", "a", "b"]);
    expect(kilometres(jobs, CENTRE)).toEqual([1, 9, null]);
  });

  it("what is over stays before the rest, and nobody drives there", () => {
    const done = job("z", north(1), 1, [["job.declined", { reason: "ill" }]]);
    expect(kilometres([job("a", north(5), 1), done], CENTRE)).toEqual([null, 5]);
  });
});

describe("without one", () => {
  it("each time the one that is nearest to the stop before comes next", () => {
    const jobs = [
      job("a", CENTRE, 1),
      job("b", north(9), 2),
      job("c", north(3), 2),
      job("d", north(4), 2),
    ];
    expect(order(jobs, null)).toEqual(["a", "c", "d", "b"]);
    expect(kilometres(jobs, null)).toEqual([null, 3, 1, 5]);
  });

  it("a site that nobody has placed is passed over", () => {
    const jobs = [job("a", CENTRE, 1), job("b", null, 2), job("c", north(3), 3)];
    expect(kilometres(jobs, null)).toEqual([null, null, 3]);
  });

  it("the first one is as the office has it", () => {
    expect(order([job("b", north(9), 1), job("a", CENTRE, 1)], null)).toEqual(["b", "a"]);
  });
});

it.each([
  [12, "50 m", "50米"],
  [849, "850 m", "850米"],
  [949, "950 m", "950米"],
  [1234, "1.2 km", "1.2公里"],
  [9940, "9.9 km", "9.9公里"],
  [12_600, "13 km", "13公里"],
])("%d metres are said as people say them", (metres, en, zh) => {
  expect([distance(metres, "en"), distance(metres, "zh")]).toEqual([en, zh]);
});
