/**
 * Ready to leave? Each look at a coming job is written down, and the office hears of it when it is news.
 *
 * What was last seen before somebody set out stays as it was, and goes out with the next contact.
 */

import { stamp } from "./clock";
import { isObject, type Json } from "./domain/json";
import type { Drafts } from "./drafts";
import type { EarlierPhotos } from "./earlier";
import type { Machine } from "./figures";
import type { Job } from "./jobs";
import type { Opened } from "./outbox";
import { person } from "./people";
import { checksOf, comingJobs, hasSetOut, type Check } from "./readiness";
import type { Store } from "./store";

/** Whose departures. */
interface Desk {
  readonly store: Store;
  readonly who: Opened;
  readonly drafts: Drafts;
  readonly earlier: EarlierPhotos;
  jobs(): Promise<Job[]>;
  vanStock(): Promise<Map<string, number>>;
  machine(): Promise<Machine>;
}

/** What the office is told of one job. */
export interface Look {
  job_id: string;
  checked_at: string;
  checks: readonly Check[];
}

/** The last look, for which revision of the sheet, and what of it the office knows since when. */
interface Note extends Look {
  rev: number;
  told?: { what: string; at: string };
}

const AGAIN_AFTER_MS = 3600_000; // the same is said again, so that the office knows how old it is

export class Departures {
  constructor(private readonly desk: Desk) {}

  /** Looks at jobs on which nobody has set out, and writes down what it sees. */
  async look(jobs: readonly Job[], needsSignIn: boolean): Promise<Map<string, Check[]>> {
    if (jobs.length === 0) return new Map();
    const { store, who } = this.desk;
    const [van, earlier, machine, { syncedAt }] = await Promise.all([
      this.desk.vanStock(),
      this.desk.earlier.counts(jobs),
      this.desk.machine(),
      person(store, who.personId),
    ]);
    const now = store.clock.now();
    const heardAt = syncedAt === null ? null : Date.parse(syncedAt);
    const found = new Map<string, Check[]>();
    for (const job of jobs) {
      const photos = earlier.get(job.jobId) ?? { here: 0, all: 0 };
      const facts = { job, van, earlier: photos, machine, heardAt, needsSignIn, now };
      const checks = checksOf(facts);
      found.set(job.jobId, checks);
      if (!hasSetOut(job.visit)) this.keep(job, checks, now);
    }
    return found;
  }

  /** Written only when something is new, or what is written is old: each write costs a flush. */
  private keep(job: Job, checks: readonly Check[], now: number): void {
    const before = this.note(job.jobId);
    const note = { job_id: job.jobId, checked_at: stamp(now), checks, rev: job.sheet.rev };
    if (before && essence(before) === essence(note) && !isOld(before.checked_at, now)) return;
    this.write(before?.told ? { ...note, told: before.told } : note);
  }

  /** What the office does not know yet of the coming jobs, and of those on which somebody has set out. */
  async news(): Promise<Look[]> {
    const { clock } = this.desk.store;
    const jobs = await this.desk.jobs();
    await this.look(comingJobs(jobs, this.desk.who.personId, clock.now()), false);
    const notes = jobs.map((job) => this.note(job.jobId)).filter((note) => note !== null);
    return notes
      .filter((note) => isNews(note, clock.now()))
      .map(({ job_id, checked_at, checks }) => ({ job_id, checked_at, checks }));
  }

  /** The office has heard this. What was seen meanwhile is news again. */
  told(looks: readonly Look[]): void {
    for (const look of looks) {
      const note = this.note(look.job_id);
      if (!note) continue;
      const what = essence({ ...look, rev: note.rev });
      this.write({ ...note, told: { what, at: look.checked_at } });
    }
  }

  /** The server was restored: it may know nothing of what it was told. */
  async forgetWhatWasTold(): Promise<void> {
    for (const { jobId } of await this.desk.jobs()) {
      const note = this.note(jobId);
      if (!note?.told) continue;
      const { told: _, ...rest } = note;
      this.write(rest);
    }
  }

  private note(jobId: string): Note | null {
    const text = this.desk.drafts.read(nameOf(jobId));
    const found: unknown = text === undefined ? null : JSON.parse(text);
    return isObject(found) ? (found as unknown as Note) : null;
  }

  private write(note: Note): void {
    this.desk.drafts.write(nameOf(note.job_id), JSON.stringify(note));
  }
}

function nameOf(jobId: string): string {
  return `${jobId}/ready`;
}

function isNews(note: Note, now: number): boolean {
  if (note.told?.what !== essence(note)) return true;
  return note.told.at !== note.checked_at && isOld(note.told.at, now);
}

function isOld(at: string, now: number): boolean {
  return Math.abs(now - Date.parse(at)) > AGAIN_AFTER_MS;
}

/** Free bytes change with every photo; the light says what matters of them. */
function essence({ rev, checks }: Pick<Note, "rev" | "checks">): string {
  const telling = (check: Check): Json => ({ ...check, free_bytes: undefined });
  return JSON.stringify([rev, ...checks.map(telling)]);
}
