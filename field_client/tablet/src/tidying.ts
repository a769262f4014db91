/** What may leave the tablet after a sync, and nothing else: see `plan.mayDrop`. */

import { parse } from "./clock";
import type { Outbox } from "./outbox";
import { person } from "./people";
import { isPastKeeping, mayDrop } from "./plan";
import { isObject } from "./domain/json";
import type { BlobRow } from "./store";

const KEEP_DAYS = 14;

export async function tidy(outbox: Outbox): Promise<void> {
  await letSentJobsGo(outbox);
  await dropFiles(outbox);
}

/** A job that is no longer ours goes away once everything of it is sent. */
async function letSentJobsGo(outbox: Outbox): Promise<void> {
  const { store, personId } = outbox;
  const { base } = store.tables;
  await store.writing(["base", "events", "uses", "blobs"], async () => {
    const leaving = await base
      .where("[personId+kind+standing]")
      .equals([personId, "job", "leaving"])
      .toArray();
    for (const row of leaving) {
      if (await outbox.hasUnsent(row.id)) continue;
      await base.put({ ...row, standing: "gone", content: null });
    }
  });
}

/**
 * Expiry goes by the server's time only; without one nothing is dropped. A year's photos are looked through
 * without keeping anybody from writing; only what seems ripe is looked at once more, and dropped.
 */
async function dropFiles(outbox: Outbox): Promise<void> {
  const { store, personId } = outbox;
  const { blobs, bytes } = store.tables;
  const now = parse((await person(store, personId)).serverTime);
  const policy = (await store.installation()).hello["policy"];
  const keepDays = isObject(policy) ? (policy["keep_days"] ?? KEEP_DAYS) : KEEP_DAYS;
  if (now === null || typeof keepDays !== "number") return;
  const ripe = await inJobsThat(outbox, (since) => isPastKeeping(since, now, keepDays));
  if (ripe.length === 0) return;
  await store.writing(["base", "events", "uses", "blobs", "bytes"], async () => {
    for (const { sha256 } of ripe) {
      const row = await blobs.get([personId, sha256]);
      if (!row || !mayDrop(row.state, await usesOf(outbox, row), now, keepDays)) continue;
      await blobs.update([personId, sha256], { isLocal: false });
      await bytes.delete([personId, sha256]);
    }
  });
}

/** The files here that the server has, and of which each job passes: three questions, however many. */
async function inJobsThat(
  outbox: Outbox,
  pass: (completeSince: number | null) => boolean,
): Promise<BlobRow[]> {
  const { store, personId } = outbox;
  const { blobs, uses, base } = store.tables;
  const of = (...kind: string[]): [string[], string[]] => [
    [personId, ...kind, ""],
    [personId, ...kind, "\uffff"],
  ];
  return store.reading(["base", "uses", "blobs"], async () => {
    const stored = await blobs.where({ personId, state: "stored" }).toArray();
    const here = stored.filter((row) => row.isLocal);
    if (here.length === 0) return [];
    const jobs = await base
      .where("[personId+kind+id]")
      .between(...of("job"))
      .toArray();
    const named = await uses
      .where("[personId+sha256]")
      .between(...of())
      .toArray();
    const passing = new Set(
      jobs.filter((job) => pass(parse(job.completeSince))).map(({ id }) => id),
    );
    const kept = new Set(named.filter((use) => !passing.has(use.jobId)).map((use) => use.sha256));
    return here.filter((row) => !kept.has(row.sha256));
  });
}

async function usesOf(outbox: Outbox, row: BlobRow) {
  const { personId, store } = outbox;
  const { uses, events, base } = store.tables;
  const named = await uses.where({ personId, sha256: row.sha256 }).toArray();
  return Promise.all(
    named.map(async (use) => {
      const event = await events.where({ eventId: use.eventId }).first();
      const job = await base.get([personId, "job", use.jobId]);
      return {
        eventState: event?.state ?? "waiting",
        completeSince: parse(job?.completeSince ?? null),
      };
    }),
  );
}
