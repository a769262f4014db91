/** What waits, by job: counted from the rows, also when much is long with the office. */

import { expect, test } from "vitest";

import { figuresOf, NOTHING_WAITS } from "../../field_client/tablet/src/figures";
import { content } from "../../field_client/tablet/src/files";
import type { Outbox } from "../../field_client/tablet/src/outbox";
import { CAROL, FACTS, newStore, notes, outboxOf } from "./tablets";

async function takesPhoto(outbox: Outbox, jobId: string, size: number): Promise<string> {
  const kept = await content(outbox, new Uint8Array(size).fill(size % 251), "image/jpeg", "photo");
  const data = {
    photo_id: `01990000-0000-7000-8000-${String(size).padStart(12, "0")}`,
    slot: "after",
    sha256: kept.sha256,
    size,
    mime: "image/jpeg",
    width: 4,
    height: 3,
    source: "camera",
  };
  await outbox.add(jobId, () => [{ kind: "photo.taken", data }], { ...FACTS, contents: [kept] });
  return kept.sha256;
}

test("nothing waits on a new tablet", async () => {
  const outbox = await outboxOf(await newStore());
  const figures = await figuresOf(outbox);
  expect(figures.waiting).toEqual(NOTHING_WAITS);
  expect(figures.byJob.size).toBe(0);
});

test("events and files wait, each with its job", async () => {
  const outbox = await outboxOf(await newStore());
  await outbox.add("J-1001", notes("one"), FACTS);
  await takesPhoto(outbox, "J-1001", 500);
  const other = await takesPhoto(outbox, "J-1002", 700);

  const { waiting, byJob } = await figuresOf(outbox);
  expect(waiting).toEqual({ events: 3, files: 2, bytes: 1200 });
  expect(byJob.get("J-1001")).toMatchObject({ events: 2, files: 1, bytes: 500 });
  expect([...(byJob.get("J-1002")?.blobs ?? [])]).toEqual([[other, "waiting"]]);
});

test("what is with the office is told only where somebody has to look", async () => {
  const outbox = await outboxOf(await newStore());
  const rows: [string, string][] = [
    ["J-1001", "applied"],
    ["J-1002", "recorded"],
    ["J-1003", "held"],
    ["J-1004", "quarantined"],
  ];
  for (const [jobId, status] of rows) {
    const [said] = await outbox.add(jobId, notes(status), FACTS);
    await outbox.settle([{ event_id: said?.event_id, status, custody: true }]);
  }
  const { waiting, byJob } = await figuresOf(outbox);
  expect(waiting).toEqual(NOTHING_WAITS);
  expect([...byJob.keys()].sort()).toEqual(["J-1002", "J-1003", "J-1004"]);
  expect(byJob.get("J-1002")).toMatchObject({ recorded: 1, held: 0, quarantined: 0 });
  expect(byJob.get("J-1003")).toMatchObject({ held: 1 });
  expect(byJob.get("J-1004")).toMatchObject({ quarantined: 1 });
});

test("a file that is with the office waits no more", async () => {
  const outbox = await outboxOf(await newStore());
  const sha256 = await takesPhoto(outbox, "J-1001", 500);
  await outbox.store.tables.blobs.update([outbox.personId, sha256], { state: "stored" });
  expect((await figuresOf(outbox)).waiting).toEqual({ events: 1, files: 0, bytes: 0 });
});

test("each has figures of their own", async () => {
  const store = await newStore();
  const alices = await outboxOf(store);
  await alices.add("J-1001", notes("hers"), FACTS);
  expect((await figuresOf(await outboxOf(store, CAROL))).waiting).toEqual(NOTHING_WAITS);
});
