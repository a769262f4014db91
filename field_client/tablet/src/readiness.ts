/** Ready to leave? What is looked at before the van moves, and what is not right yet. Pure. */

import { isSuspect } from "./clock";
import type { Machine } from "./figures";
import type { Job } from "./jobs";

export type Light = "green" | "amber" | "red";

/** One thing that was looked at. What the words need stands beside it. */
export type Check =
  | { what: "parts"; light: Light; short: readonly { sku: string; missing: number }[] }
  | { what: "earlier"; light: Light; here: number; all: number }
  | { what: "storage"; light: Light; freeBytes: number | null }
  | { what: "kept"; light: Light }
  | { what: "clock"; light: Light }
  | { what: "contact"; light: Light };

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

const DAY_MS = 24 * 3600_000;
const LITTLE_BYTES = 200e6; // some 400 photos
const HARDLY_ANY_BYTES = 40e6; // one visit with many photos

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
  if (isShort) return { what: "storage", light: "red", freeBytes: null };
  if (usedBytes === null || quotaBytes === null) {
    return { what: "storage", light: "amber", freeBytes: null };
  }
  const freeBytes = Math.max(0, quotaBytes - usedBytes);
  const light = freeBytes < HARDLY_ANY_BYTES ? "red" : freeBytes < LITTLE_BYTES ? "amber" : "green";
  return { what: "storage", light, freeBytes };
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
  return { what: "contact", light: now - heardAt > DAY_MS ? "amber" : "green" };
}
