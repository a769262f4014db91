/**
 * Ready to leave? What is looked at before the van moves, and what is not right yet. Pure.
 *
 * The same rules as `server/domain/readiness.py`; the vectors hold both to the same results.
 */

import { isSuspect } from "./clock";
import { grouped } from "./days";
import type { Visit } from "./domain/documents";
import type { Machine } from "./figures";
import table from "./generated/readiness.json";
import type { Light } from "./generated/words";
import type { Job } from "./jobs";
import { isOver } from "./order";

/** One thing that was looked at, in the form in which the office hears of it. */
export type Check =
  | { what: "parts"; light: Light; short: readonly Shortage[] }
  | { what: "earlier"; light: Light; here: number; all: number }
  | { what: "storage"; light: Light; free_bytes: number | null }
  | { what: "kept"; light: Light }
  | { what: "clock"; light: Light }
  | { what: "contact"; light: Light };

export interface Shortage {
  sku: string;
  missing: number;
}

export interface Facts {
  job: Job;
  /** What lies in the van by the ledger. */
  van: ReadonlyMap<string, number>;
  earlier: { here: number; all: number };
  machine: Machine;
  heardAt: number | null;
  needsSignIn: boolean;
  now: number;
}

export function checksOf(facts: Facts): Check[] {
  return [parts(facts), earlier(facts), storage(facts), kept(facts), clock(facts), contact(facts)];
}

/** The worst of them is what the job shows. */
export function lightOf(checks: readonly Check[]): Light {
  const lights = checks.map((each) => each.light);
  if (lights.includes("red")) return "red";
  return lights.includes("amber") ? "amber" : "green";
}

function parts({ job, van }: Facts): Check {
  const used = Object.values(job.visit.parts).filter((line) => !line.voided);
  const short = job.sheet.planned_parts
    .filter((planned) => !used.some((line) => line.sku === planned.sku))
    .map(({ sku, quantity }) => ({ sku, missing: quantity - Math.max(0, van.get(sku) ?? 0) }))
    .filter(({ missing }) => missing > 0);
  return { what: "parts", light: short.length > 0 ? "red" : "green", short };
}

function earlier({ earlier: { here, all } }: Facts): Check {
  return { what: "earlier", light: here < all ? "amber" : "green", here, all };
}

/** What a browser says of room that was not taken is a promise: Chromium's is the same on a full disk. */
function storage({ machine: { usedBytes, quotaBytes, isShort } }: Facts): Check {
  if (isShort) return { what: "storage", light: "red", free_bytes: null };
  if (usedBytes === null || quotaBytes === null) {
    return { what: "storage", light: "amber", free_bytes: null };
  }
  const free = Math.max(0, quotaBytes - usedBytes);
  const light = free < table.hardlyAnyBytes ? "red" : free < table.littleBytes ? "amber" : "green";
  return { what: "storage", light, free_bytes: free };
}

/** A browser that has promised nothing empties the app when the tablet is full. */
function kept({ machine: { isPersisted, isShort } }: Facts): Check {
  return { what: "kept", light: isPersisted ? "green" : isShort ? "red" : "amber" };
}

function clock({ machine: { offset } }: Facts): Check {
  return { what: "clock", light: offset && isSuspect(offset) ? "red" : offset ? "green" : "amber" };
}

/** A sign-in is good for weeks; a day without contact only means that news may be missing. */
function contact({ heardAt, now, needsSignIn }: Facts): Check {
  if (needsSignIn || heardAt === null) return { what: "contact", light: "red" };
  const silentS = Math.floor((now - heardAt) / 1000);
  return { what: "contact", light: silentS > table.silentS ? "amber" : "green" };
}

/** From here on the look is what it was: some only say that they have arrived. */
export function hasSetOut(visit: Visit): boolean {
  return visit.travel_started_at !== null || visit.arrived_at !== null;
}

/** The jobs of today and tomorrow that this person may still get ready for; the team's are not theirs. */
export function comingJobs(jobs: readonly Job[], personId: string, now: number): Job[] {
  const groups = grouped(jobs, now);
  const near = [...(groups.get("today") ?? []), ...(groups.get("tomorrow") ?? [])];
  return near.filter((job) => isOwn(job, personId) && !isOver(job) && !hasSetOut(job.visit));
}

function isOwn({ sheet }: Job, personId: string): boolean {
  return [sheet.assignee, ...sheet.crew].some((each) => each.id === personId);
}
