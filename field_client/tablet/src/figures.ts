/** What waits on this tablet and what became of the rest: the figures that every screen can show. */

import type { Offset } from "./clock";
import type { Json } from "./domain/json";
import type { Opened } from "./outbox";
import type { BlobRow, EventRow, Store } from "./store";

/** Whose figures. */
interface Desk {
  readonly store: Store;
  readonly who: Opened;
}

export interface Waiting {
  events: number;
  files: number;
  bytes: number;
}

export const NOTHING_WAITS: Waiting = { events: 0, files: 0, bytes: 0 };

/** What is not simply with the office of one job: what waits, and what the office has to look at. */
export interface JobFigures extends Waiting {
  recorded: number;
  held: number;
  quarantined: number;
  /** Files that are not with the office; every other one is. */
  blobs: Map<string, BlobRow["state"]>;
}

export interface Figures {
  waiting: Waiting;
  byJob: Map<string, JobFigures>;
}

/**
 * Read from the rows alone, nothing is unsealed; and only from rows that are worth telling, so that it costs
 * the same after a year as after a day.
 */
export async function figuresOf(desk: Desk): Promise<Figures> {
  const byJob = new Map<string, JobFigures>();
  const events = await tellingEvents(desk);
  for (const row of events) count(row, of(byJob, row.jobId));
  const files = await unsentFiles(desk);
  await countFiles(desk, files, byJob);
  const waiting = files.filter((file) => file.state === "waiting");
  return {
    byJob,
    waiting: {
      events: events.filter((row) => row.state === "waiting").length,
      files: waiting.length,
      bytes: waiting.reduce((total, file) => total + file.size, 0),
    },
  };
}

async function tellingEvents(desk: Desk): Promise<EventRow[]> {
  const { events } = desk.store.tables;
  const { personId } = desk.who;
  const waiting = events.where({ personId, state: "waiting" }).toArray();
  const told = ["recorded", "held", "quarantined"].map((status) => [personId, status]);
  const kept = events.where("[personId+status]").anyOf(told).toArray();
  return [...(await waiting), ...(await kept).filter((row) => row.state !== "waiting")];
}

function count(row: EventRow, job: JobFigures): void {
  if (row.state === "waiting") job.events += 1;
  else if (row.status === "recorded") job.recorded += 1;
  else if (row.status === "held") job.held += 1;
  else job.quarantined += 1;
}

async function unsentFiles(desk: Desk): Promise<BlobRow[]> {
  const { personId } = desk.who;
  const states = ["waiting", "lost"].map((state) => [personId, state]);
  return desk.store.tables.blobs.where("[personId+state]").anyOf(states).toArray();
}

async function countFiles(
  desk: Desk,
  files: readonly BlobRow[],
  byJob: Map<string, JobFigures>,
): Promise<void> {
  const { personId } = desk.who;
  const known = new Map(files.map((file) => [file.sha256, file]));
  const names = files.map((file) => [personId, file.sha256]);
  const uses = await desk.store.tables.uses.where("[personId+sha256]").anyOf(names).toArray();
  for (const use of uses) {
    const file = known.get(use.sha256);
    const job = of(byJob, use.jobId);
    if (!file || job.blobs.has(file.sha256)) continue;
    job.blobs.set(file.sha256, file.state);
    if (file.state !== "waiting") continue;
    job.files += 1;
    job.bytes += file.size;
  }
}

function of(byJob: Map<string, JobFigures>, jobId: string): JobFigures {
  const known = byJob.get(jobId);
  if (known) return known;
  const blank = { ...NOTHING_WAITS, recorded: 0, held: 0, quarantined: 0, blobs: new Map() };
  byJob.set(jobId, blank);
  return blank;
}

export interface Machine {
  isPersisted: boolean | null;
  usedBytes: number | null;
  quotaBytes: number | null;
  /** Room that is held back cannot be had: what the browser says of the rest is not so. */
  isShort: boolean;
  offset: Offset | null;
  deviceId: string;
}

/** What the browser says of its storage, and the clock's last comparison with the server. */
export async function machineOf(desk: Desk): Promise<Machine> {
  const here = await desk.store.installation();
  const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
  return {
    isPersisted: (await navigator.storage?.persisted?.().catch(() => null)) ?? null,
    usedBytes: estimate?.usage ?? null,
    quotaBytes: estimate?.quota ?? null,
    isShort: desk.store.reserve.isShort,
    offset: here.offset,
    deviceId: here.deviceId,
  };
}

/** From here on the app warns: new photos might soon find no room. */
export const FULL_SHARE = 0.7;

export function isNearlyFull({ usedBytes, quotaBytes, isShort }: Machine): boolean {
  return isShort || (usedBytes !== null && !!quotaBytes && usedBytes / quotaBytes > FULL_SHARE);
}

interface Battery {
  level: number;
  charging: boolean;
}

/** What the office hears of the machine. Only Chromium knows of a battery. */
export async function toldOf({
  usedBytes,
  quotaBytes,
  isPersisted,
  offset,
}: Machine): Promise<Json> {
  const here = navigator as Navigator & { getBattery?: () => Promise<Battery> };
  const battery = await here.getBattery?.().catch(() => undefined);
  return {
    clock_offset_ms: offset && Math.round(offset.offset_ms),
    storage: { used_bytes: usedBytes, quota_bytes: quotaBytes, is_persisted: isPersisted },
    ...(battery && { battery: { level: battery.level, is_charging: battery.charging } }),
  };
}
