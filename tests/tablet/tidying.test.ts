/** What may leave the tablet after a sync: only what the server has, has in full, and has had for long enough. */

import { beforeEach, expect, test } from "vitest";

import { Base } from "../../field_client/tablet/src/base";
import { content } from "../../field_client/tablet/src/files";
import type { Outbox } from "../../field_client/tablet/src/outbox";
import { note } from "../../field_client/tablet/src/people";
import { tidy } from "../../field_client/tablet/src/tidying";
import { SHEET } from "./sheets";
import { FACTS, newStore, notes, outboxOf } from "./tablets";

const LONG_AGO = "2026-10-01T08:00:00.000Z";
const LATELY = "2026-11-20T08:00:00.000Z";
const NOW = "2026-11-25T08:00:00.000Z";

let outbox: Outbox;
let base: Base;

beforeEach(async () => {
  outbox = await outboxOf(await newStore());
  base = new Base(outbox.store, outbox.who);
  await note(outbox.store, outbox.personId, { serverTime: NOW });
});

async function job(id: string, completeSince: string | null): Promise<void> {
  const sealed = await base.seal({ ...SHEET, id });
  const facts = { standing: "mine", reason: null, mark: 0 } as const;
  await base.put({ kind: "job", id, version: 5, content: sealed, completeSince, ...facts });
}

/** A file that the office has, on these jobs; its events as well, unless they wait. */
async function file(jobs: string[], { waits = false } = {}): Promise<string> {
  const kept = await content(outbox, new Uint8Array([1, 2, jobs.length]), "image/jpeg", "photo");
  for (const jobId of jobs) {
    const contents = [kept];
    const [event] = await outbox.add(jobId, notes("see the photo"), { ...FACTS, contents });
    const applied = { event_id: event?.event_id, status: "applied", custody: true };
    if (!waits) await outbox.settle([{ ...applied, effect_version: 5 }]);
  }
  const { blobs } = outbox.store.tables;
  await blobs.update([outbox.personId, kept.sha256], { state: "stored" });
  return kept.sha256;
}

async function isHere(sha256: string): Promise<boolean> {
  const key: [string, string] = [outbox.personId, sha256];
  const { blobs, bytes } = outbox.store.tables;
  const [row, kept] = [await blobs.get(key), await bytes.get(key)];
  expect(row?.isLocal, "what is said of it is so").toBe(kept !== undefined);
  return kept !== undefined;
}

test("a file goes once its job has been complete for the keep time, and is still known", async () => {
  await job("J-1", LONG_AGO);
  const sha256 = await file(["J-1"]);
  await tidy(outbox);
  expect(await isHere(sha256)).toBe(false);
});

test("a file of a job that is complete since lately, or not yet, stays", async () => {
  await job("J-1", LATELY);
  await job("J-2", null);
  const [lately, open] = [await file(["J-1"]), await file(["J-2", "J-2"])];
  await tidy(outbox);
  expect([await isHere(lately), await isHere(open)]).toEqual([true, true]);
});

test("a file that two jobs name stays until both are done with it", async () => {
  await job("J-1", LONG_AGO);
  await job("J-2", LATELY);
  const sha256 = await file(["J-1", "J-2"]);
  await tidy(outbox);
  expect(await isHere(sha256)).toBe(true);
  await job("J-2", LONG_AGO);
  await tidy(outbox);
  expect(await isHere(sha256)).toBe(false);
});

test("a file whose event still waits, or that the office does not have, stays", async () => {
  await job("J-1", LONG_AGO);
  const named = await file(["J-1"], { waits: true });
  const unsent = await file(["J-1", "J-1"]);
  const { blobs } = outbox.store.tables;
  await blobs.update([outbox.personId, unsent], { state: "waiting" });
  await tidy(outbox);
  expect([await isHere(named), await isHere(unsent)]).toEqual([true, true]);
});

test("without the server's time nothing goes", async () => {
  await note(outbox.store, outbox.personId, { serverTime: null });
  await job("J-1", LONG_AGO);
  const sha256 = await file(["J-1"]);
  await tidy(outbox);
  expect(await isHere(sha256)).toBe(true);
});

test("a job that is no longer ours goes when all of it is sent", async () => {
  await job("J-1", null);
  await file(["J-1"], { waits: true });
  await base.letGo("job", "J-1", "leaving", 6, "reassigned");
  await tidy(outbox);
  expect(await base.row("job", "J-1")).toMatchObject({ standing: "leaving" });

  const [waiting] = await outbox.waiting();
  await outbox.settle([{ event_id: waiting?.eventId, status: "applied", custody: true }]);
  await tidy(outbox);
  expect(await base.row("job", "J-1")).toMatchObject({ standing: "gone", content: null });
});
