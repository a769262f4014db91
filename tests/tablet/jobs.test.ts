/** The jobs as they are shown: what the office told, with what it does not know yet laid over it. */

import Dexie from "dexie";
import { expect, test } from "vitest";

import { Base } from "../../field_client/tablet/src/base";
import { jobOf, jobsOf } from "../../field_client/tablet/src/jobs";
import { Outbox } from "../../field_client/tablet/src/outbox";
import { SHEET } from "./sheets";
import { FACTS, newStore, notes, outboxOf } from "./tablets";

const OTHER = "J-1002";

async function told(outbox: Outbox, jobId: string, version: number): Promise<Base> {
  const base = new Base(outbox.store, outbox.who);
  const content = await base.seal({ ...SHEET, id: jobId });
  const facts = { standing: "mine", reason: null, mark: 0, completeSince: null } as const;
  await base.put({ kind: "job", id: jobId, version, content, ...facts });
  return base;
}

/** The notes on each job, as its screen shows them. */
async function shown(base: Base, outbox: Outbox): Promise<Record<string, string[]>> {
  const jobs = await jobsOf(base, outbox);
  for (const job of jobs) expect(await jobOf(base, outbox, job.jobId)).toEqual(job);
  return Object.fromEntries(
    jobs.map((job) => [job.jobId, job.visit.notes.map((note) => String(note.text))]),
  );
}

async function says(outbox: Outbox, jobId: string, text: string): Promise<string> {
  const [event] = await outbox.add(jobId, notes(text), FACTS);
  return String(event?.event_id);
}

test("what waits is shown on its job, in the order in which it was said", async () => {
  const outbox = await outboxOf(await newStore());
  const base = await told(outbox, SHEET.id, 5);
  await told(outbox, OTHER, 6);
  await says(outbox, SHEET.id, "first");
  await says(outbox, OTHER, "elsewhere");
  await says(outbox, SHEET.id, "second");
  expect(await shown(base, outbox)).toEqual({
    [SHEET.id]: ["first", "second"],
    [OTHER]: ["elsewhere"],
  });
});

test("what the office has is shown from here until its word of the job has come", async () => {
  const outbox = await outboxOf(await newStore());
  const base = await told(outbox, SHEET.id, 5);
  await told(outbox, OTHER, 90); // pulled already, and younger than what follows
  const applied = await says(outbox, SHEET.id, "applied");
  await says(outbox, SHEET.id, "waits");
  await outbox.settle([{ event_id: applied, status: "applied", custody: true, effect_version: 7 }]);
  expect(await shown(base, outbox)).toMatchObject({ [SHEET.id]: ["applied", "waits"] });

  await told(outbox, SHEET.id, 7);
  expect(await shown(base, outbox)).toMatchObject({ [SHEET.id]: ["waits"] });
});

test("what is held is shown, what is parked is not", async () => {
  const outbox = await outboxOf(await newStore());
  const base = await told(outbox, SHEET.id, 5);
  const [held, parked] = [
    await says(outbox, SHEET.id, "held"),
    await says(outbox, SHEET.id, "parked"),
  ];
  await outbox.settle([
    { event_id: held, status: "held", custody: true },
    { event_id: parked, status: "quarantined", custody: true, code: "bad_data" },
  ]);
  expect(await shown(base, outbox)).toEqual({ [SHEET.id]: ["held"] });
});

test("a job of which nothing is new stays the very same, one with news does not", async () => {
  const outbox = await outboxOf(await newStore());
  const base = await told(outbox, SHEET.id, 5);
  await told(outbox, OTHER, 6);
  await says(outbox, OTHER, "before");
  const before = await jobsOf(base, outbox);
  const otherTab = new Outbox(outbox.store, outbox.who);
  await says(otherTab, OTHER, "from another tab");

  const after = await jobsOf(base, outbox);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
  expect(after[1]?.visit.notes).toHaveLength(2);
});

test("a job that is no longer ours says so", async () => {
  const outbox = await outboxOf(await newStore());
  const base = await told(outbox, SHEET.id, 5);
  await jobsOf(base, outbox);
  await base.letGo("job", SHEET.id, "leaving", 6, "reassigned");
  expect(await jobsOf(base, outbox)).toMatchObject([{ standing: "leaving", reason: "reassigned" }]);
});

test("a store of before learns how far its lanes reach", async () => {
  const name = "tablet-of-before";
  const old = new Dexie(name);
  old.version(2).stores({
    installation: "id",
    people: "personId, &username",
    base: "[personId+kind+id], [personId+kind+standing]",
    events: "++place, &eventId, &seq, [personId+state], [personId+jobId], [personId+status]",
    lanes: "[personId+jobId]",
    blobs: "[personId+sha256], [personId+state]",
    bytes: "[personId+sha256]",
    uses: "[sha256+eventId], [personId+jobId], [personId+sha256]",
    drafts: "[personId+name]",
    pictures: "[personId+photoId], [personId+jobId]",
  });
  const lane = { personId: "p_alice", jobId: SHEET.id };
  const event = { ...lane, state: "acknowledged", status: "applied" };
  await old.table("lanes").bulkAdd([
    { ...lane, lastEventId: "e2" },
    { ...lane, jobId: OTHER },
  ]);
  await old.table("events").bulkAdd([
    { ...event, eventId: "e1", seq: 1, effectVersion: 9 },
    { ...event, eventId: "e2", seq: 2, effectVersion: null },
  ]);
  old.close();

  const { lanes } = (await newStore(name)).tables;
  expect(await lanes.toArray()).toMatchObject([
    { jobId: SHEET.id, lastEventId: "e2", effectVersion: 9 },
    { jobId: OTHER, effectVersion: 0 },
  ]);
});
