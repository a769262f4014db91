/** The files of one person on their way: which wait, where their bytes lie, and what became of each. */

import { reading } from "./clock";
import { Files } from "./files";
import type { Outbox, Said } from "./outbox";
import { person } from "./people";
import type { EventRow } from "./store";
import type { FileSource, Listener, WaitingFile } from "./uploads";

export type Progress = (file: WaitingFile, here: number) => void;

/** Files that the server does not have, with what their order depends on. */
export async function queued(outbox: Outbox): Promise<WaitingFile[]> {
  const { personId, store } = outbox;
  const { uses, events } = store.tables;
  const rows = await new Files(outbox).waiting();
  const ends = new Map<string, Promise<EventRow[]>>();
  const endsOf = (jobId: string) => {
    const known = ends.get(jobId) ?? finishes(outbox, jobId);
    ends.set(jobId, known);
    return known;
  };
  return Promise.all(
    rows.map(async (row) => {
      const named = await uses.where({ personId, sha256: row.sha256 }).toArray();
      const said = await events
        .where("eventId")
        .anyOf(named.map((use) => use.eventId))
        .toArray();
      const ended = await Promise.all(named.map((use) => endsOf(use.jobId)));
      return { ...row, place: first(said), finished_place: last(ended.flat()) };
    }),
  );
}

async function finishes(outbox: Outbox, jobId: string): Promise<EventRow[]> {
  return (await outbox.rows(jobId)).filter((event) => event.kind === "visit.finished");
}

function first(rows: { place?: number }[]): number {
  return Math.min(...rows.map((row) => row.place ?? 0));
}

function last(rows: { place?: number }[]): number | null {
  return rows.length > 0 ? Math.max(...rows.map((row) => row.place ?? 0)) : null;
}

/** One file open at a time: a photo is unsealed once, however many pieces it goes in. */
export function sourceOf(outbox: Outbox): FileSource {
  const files = new Files(outbox);
  let open: { sha256: string; bytes: Promise<Uint8Array<ArrayBuffer>> } | undefined;
  return {
    size: (sha256) => files.size(sha256),
    read: async (sha256, from, to) => {
      if (open?.sha256 !== sha256) open = { sha256, bytes: files.read(sha256) };
      return (await open.bytes).slice(from, to);
    },
  };
}

/** Writes down what became of each file. */
export function listenerOf(outbox: Outbox, progress: Progress): Listener & { files: number } {
  const { store, personId } = outbox;
  const { blobs, bytes } = store.tables;
  return {
    files: 0,
    progress,
    async stored({ sha256, size, ...file }) {
      await store.writing(["blobs", "base", "uses", "people"], async () => {
        await blobs.update([personId, sha256], { state: "stored", problem: null });
        await beginKeeping(outbox, sha256);
      });
      this.files += 1;
      progress({ sha256, size, ...file }, size);
    },
    async problem({ sha256 }, why) {
      await store.writing(["blobs"], () => blobs.update([personId, sha256], { problem: why }));
    },
    async lost({ sha256 }, why) {
      await store.writing(["blobs", "bytes"], async () => {
        await blobs.update([personId, sha256], { state: "lost", isLocal: false });
        await bytes.delete([personId, sha256]);
      });
      await sayLost(outbox, sha256, why);
    },
  };
}

/**
 * The server has had everything of these jobs only since now: one may have been complete without this file,
 * and a backup from before it came may still be restored.
 */
async function beginKeeping(outbox: Outbox, sha256: string): Promise<void> {
  const { personId, store } = outbox;
  const { base, uses } = store.tables;
  const { serverTime } = await person(store, personId);
  for (const { jobId } of await uses.where({ personId, sha256 }).toArray()) {
    const job = await base.get([personId, "job", jobId]);
    if (!job?.completeSince || !serverTime || serverTime <= job.completeSince) continue;
    await base.put({ ...job, completeSince: serverTime });
  }
}

/** Tells the office on each job that announced the file, also on one that is no longer ours. */
async function sayLost(outbox: Outbox, sha256: string, why: string): Promise<void> {
  const { personId, store } = outbox;
  const { uses, events } = store.tables;
  const named = await uses.where({ personId, sha256 }).toArray();
  const rows = await events
    .where("eventId")
    .anyOf(named.map((use) => use.eventId))
    .toArray();
  const { offset } = await store.installation();
  for (const event of await outbox.opened(rows)) {
    const baseRev = typeof event["base_rev"] === "number" ? event["base_rev"] : null;
    const clock = { ...reading(store.clock, offset) };
    await outbox.add(event.job_id, () => [lossOf(event.data["photo_id"], why)], { baseRev, clock });
  }
}

function lossOf(photoId: unknown, reason: string): Said {
  if (photoId) return { kind: "photo.lost", data: { photo_id: photoId, reason } };
  const text = `The picture of the signature is lost on the tablet (${reason}).`;
  return { kind: "note.added", data: { text, audience: "office" } };
}
