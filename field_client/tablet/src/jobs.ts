/** The jobs of a person as this tablet knows them: the pulled base, with what waits laid over it. */

import type { Base, Told } from "./base";
import { missingBeforeFinish, type Missing } from "./domain/visits";
import type { Sheet, Visit } from "./domain/documents";
import { JobReadOnly, JobUnknown } from "./errors";
import type { Json } from "./domain/json";
import type { Outbox } from "./outbox";
import { isInBase, overlay, shownVisit } from "./plan";
import type { EventRow, Standing } from "./store";

export interface Job {
  jobId: string;
  sheet: Sheet;
  visit: Visit;
  standing: Standing;
  reason: string | null;
}

/** All jobs of the person, the next appointment first. */
export async function jobsOf(base: Base, outbox: Outbox): Promise<Job[]> {
  const { rows, beyond } = await base.store.reading(["base", "events", "lanes"], async () => {
    const rows = await base.rows("job");
    const versions = new Map(rows.map((row) => [row.id, row.version]));
    return { rows, beyond: await outbox.beyond(versions) };
  });
  const jobs = await Promise.all(
    rows.map(async (row) => shown(outbox, await base.opened(row), beyond.get(row.id) ?? [])),
  );
  const times = new Map(jobs.map((job) => [job, timeOf(job)]));
  return jobs.sort((one, other) => compared(times.get(one), times.get(other)));
}

/** Raises JobUnknown. */
export async function jobOf(base: Base, outbox: Outbox, jobId: string): Promise<Job> {
  const told = await base.one("job", jobId);
  if (!told || told.standing === "gone") throw new JobUnknown({ job: jobId });
  return shown(outbox, told, await outbox.rows(jobId));
}

/** A job that may get more facts. Raises JobUnknown, JobReadOnly. */
export async function writable(base: Base, outbox: Outbox, jobId: string): Promise<Job> {
  const job = await jobOf(base, outbox, jobId);
  if (isReadOnly(job)) throw new JobReadOnly({ job: jobId, reason: job.reason ?? "removed" });
  return job;
}

export function isReadOnly(job: Job): boolean {
  return job.standing !== "mine";
}

const OFFICE_STATES = new Set(["cancelled", "verified", "rework"]);

/** The office's word where it has one, else where the visit stands. */
export function stateOf(job: Job): string {
  return OFFICE_STATES.has(job.sheet.state) ? job.sheet.state : job.visit.state;
}

/** What the visit lacks before it can be finished as completed. */
export function missingOf(job: Job): Missing[] {
  return missingBeforeFinish(job.sheet, job.visit);
}

/** By what the base says of a job, the job as it was shown last: the same one, while nothing is new. */
const shownBefore = new WeakMap<Json, { from: string; job: Job }>();

/** Only what the base does not hold is unsealed: of a year's work that is next to nothing. */
async function shown(outbox: Outbox, told: Told, rows: EventRow[]): Promise<Job> {
  const { id: jobId, version, standing, reason, data } = told;
  const open = rows.filter((row) => !isInBase(facts(row), version));
  const from = JSON.stringify([standing, reason, ...open.map((row) => row.eventId)]);
  const before = shownBefore.get(data);
  if (before?.from === from) return before.job;
  const bodies = await Promise.all(
    open.map(async (row) => ({ ...facts(row), body: await outbox.body(row) })),
  );
  const sheet = data as unknown as Sheet;
  const visit = shownVisit(sheet.visit, overlay(bodies, version));
  const job = { jobId, sheet, visit, standing, reason };
  shownBefore.set(data, { from, job });
  return job;
}

function facts(row: EventRow) {
  return { state: row.state, status: row.status, effect_version: row.effectVersion };
}

function timeOf(job: Job): string {
  return `${job.sheet.window?.start ?? "9999"} ${job.jobId}`;
}

/** By code units: these are times and numbers, and a language's own order takes fifty times as long. */
function compared(one = "", other = ""): number {
  return one < other ? -1 : Number(one > other);
}
