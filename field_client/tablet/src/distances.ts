/** How far the next site is, and in which order to drive where the windows leave it open. Pure. */

import { earthRadiusM } from "./generated/photos.json";
import type { Job } from "./jobs";
import { isOver } from "./order";

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** A job in its place of the day; `metres` from where one is, or from the stop before. Null: nobody knows. */
export interface Stop {
  readonly job: Job;
  readonly metres: number | null;
}

/** Along the great circle (haversine), in metres. */
export function metresBetween(one: Point, other: Point): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [north, south] = [radians(one.lat), radians(other.lat)];
  const half = (from: number, to: number) => Math.sin((to - from) / 2) ** 2;
  const across = Math.cos(north) * Math.cos(south) * half(radians(one.lon), radians(other.lon));
  return 2 * earthRadiusM * Math.asin(Math.sqrt(Math.min(1, half(north, south) + across)));
}

export function pointOf(job: Job): Point | null {
  const { lat, lon } = job.sheet.site;
  return lat === null || lon === null ? null : { lat, lon };
}

/**
 * The jobs of a day, which come by their windows. Those with the same window are put in the order of their
 * distance: from `here`, or where that is not known each time the nearest to the stop before.
 */
export function stopsOf(jobs: readonly Job[], here: Point | null): Stop[] {
  if (here) return runsOf(jobs).flatMap((run) => nearestFirst(run, here));
  const stops: Stop[] = [];
  let from: Point | null = null;
  for (const run of runsOf(jobs)) {
    const waiting = [...run];
    while (waiting.length > 0) {
      const job: Job = waiting.splice(nearestTo(from, waiting), 1)[0] as Job;
      stops.push({ job, metres: metresTo(job, from) });
      from = pointOf(job) ?? from;
    }
  }
  return stops;
}

/** Neighbours with the same window, or with none. */
function runsOf(jobs: readonly Job[]): Job[][] {
  const runs: Job[][] = [];
  let before: string | null = null;
  for (const job of jobs) {
    const { start, end } = job.sheet.window;
    const window = JSON.stringify([start && Date.parse(start), end && Date.parse(end)]);
    if (window === before) runs.at(-1)?.push(job);
    else runs.push([job]);
    before = window;
  }
  return runs;
}

/** What is over is driven to no more; a site that nobody has placed comes last. */
function nearestFirst(run: readonly Job[], here: Point): Stop[] {
  const stops = run.map((job) => ({ job, metres: metresTo(job, here) }));
  return stops.sort((one, other) => weight(one) - weight(other));
}

function weight({ job, metres }: Stop): number {
  return isOver(job) ? -1 : (metres ?? Infinity);
}

function nearestTo(from: Point | null, jobs: readonly Job[]): number {
  const over = jobs.findIndex(isOver);
  if (over >= 0) return over;
  const far = jobs.map((job) => (from && metresTo(job, from)) ?? Infinity);
  return Math.max(0, far.indexOf(Math.min(...far)));
}

function metresTo(job: Job, from: Point | null): number | null {
  const to = pointOf(job);
  return from && to && !isOver(job) ? metresBetween(from, to) : null;
}
