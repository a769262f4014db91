/** The jobs of a person as this tablet knows them: the pulled base, with what waits laid over it. */

import type { Base, Told } from "./base";
import { missingBeforeFinish, type Missing } from "./domain/visits";
import type { Sheet, Visit } from "./domain/documents";
import { JobReadOnly, JobUnknown } from "./errors";
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
  const told = await base.all("job");
  const jobs = await Promise.all(told.map((each) => withWaiting(outbox, each)));
  return jobs.sort((one, other) => timeOf(one).localeCompare(timeOf(other)));
}

/** Raises JobUnknown. */
export async function jobOf(base: Base, outbox: Outbox, jobId: string): Promise<Job> {
  const told = await base.one("job", jobId);
  if (!told || told.standing === "gone") throw new JobUnknown({ job: jobId });
  return withWaiting(outbox, told);
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

async function withWaiting(outbox: Outbox, told: Told): Promise<Job> {
  const rows = await outbox.rows(told.id);
  const shown = overlay(await withBodies(outbox, rows, told.version), told.version);
  const sheet = told.data as unknown as Sheet;
  return {
    jobId: told.id,
    sheet,
    visit: shownVisit(sheet.visit, shown),
    standing: told.standing,
    reason: told.reason,
  };
}

/** Only what the base does not hold is unsealed: of a year's work that is next to nothing. */
async function withBodies(outbox: Outbox, rows: EventRow[], baseVersion: number) {
  const told = rows.map((row) => ({ row, facts: { ...row, effect_version: row.effectVersion } }));
  const open = told.filter(({ facts }) => !isInBase(facts, baseVersion));
  return Promise.all(
    open.map(async ({ row, facts }) => ({ ...facts, body: await outbox.body(row) })),
  );
}

function timeOf(job: Job): string {
  return `${job.sheet.window?.start ?? "9999"} ${job.jobId}`;
}
