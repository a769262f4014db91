import { expect, test } from "vitest";

import { limitsOf } from "../../field_client/tablet/src/plan";
import { seal } from "../../field_client/tablet/src/safes";
import { CAROL, FACTS, newStore, notes, outboxOf } from "./tablets";

const JOB = "J-1001";
const LIMITS = limitsOf({});

test("what is captured waits, numbered, each after the one before", async () => {
  const outbox = await outboxOf(await newStore());
  await outbox.add(JOB, notes("first"), FACTS);
  await outbox.add(JOB, notes("second"), FACTS);

  const [first, second] = await outbox.lane(JOB);
  expect([first?.after, second?.after]).toEqual([null, first?.event_id]);
  expect([first?.seq, second?.seq]).toEqual([1, 2]);
  expect(first?.data).toEqual({ text: "first", audience: "office" });
  expect(first?.captured_at).toMatch(/^2026-11-25T16:00:\d\d\.000\+08:00$/);
});

test("what belongs together is written together, in order", async () => {
  const outbox = await outboxOf(await newStore());
  const both = () => [...notes("one")(), ...notes("two")()];
  await outbox.add(JOB, both, FACTS);
  const [one, two] = await outbox.lane(JOB);
  expect(two?.after).toBe(one?.event_id);
});

test("two tabs that capture at once lose nothing and keep one order", async () => {
  const store = await newStore();
  const outbox = await outboxOf(store);
  const texts = Array.from({ length: 12 }, (_, at) => `note ${at}`);
  await Promise.all(texts.map((text) => outbox.add(JOB, notes(text), FACTS)));

  const lane = await outbox.lane(JOB);
  expect(lane.map((event) => event.data["text"]).sort()).toEqual([...texts].sort());
  lane.forEach((event, at) => expect(event.after).toBe(lane[at - 1]?.event_id ?? null));
  expect(new Set(lane.map((event) => event.seq)).size).toBe(12);
});

test("what would not be understood is refused before anything is written", async () => {
  const outbox = await outboxOf(await newStore());
  const nonsense = () => [{ kind: "note.added", data: { text: "", audience: "the moon" } }];
  await expect(outbox.add(JOB, nonsense, FACTS)).rejects.toMatchObject({ code: "not_valid" });
  expect(await outbox.lane(JOB)).toEqual([]);
});

test("nothing of it can be read in the store", async () => {
  const store = await newStore();
  const outbox = await outboxOf(store);
  await outbox.add(JOB, notes("the key is under the mat"), FACTS);
  const [row] = await store.tables.events.toArray();
  const bytes = new TextDecoder("latin1").decode(row?.body.bytes);
  expect(bytes).not.toContain("mat");
  expect(JSON.stringify(row)).not.toContain("mat");
});

test("a file is there with its event or not at all", async () => {
  const store = await newStore();
  const outbox = await outboxOf(store);
  const sealed = await seal(outbox.who.key, new Uint8Array([1, 2, 3]));
  const file = { sha256: "a".repeat(64), size: 3, mime: "image/png", purpose: "photo" as const };
  const broken = () => [{ kind: "no.such.kind", data: {} }];
  const withFile = { ...FACTS, contents: [{ ...file, sealed }] };

  await expect(outbox.add(JOB, broken, withFile)).rejects.toBeDefined();
  expect(await store.tables.bytes.count()).toBe(0);

  await outbox.add(JOB, notes("with a picture"), withFile);
  expect(await store.tables.blobs.get([outbox.personId, file.sha256])).toMatchObject({
    state: "waiting",
    isLocal: true,
  });
  expect(await outbox.hasUnsent(JOB)).toBe(true);
});

test("Carol on the same tablet sees nothing of Alice's work, and her numbers go on", async () => {
  const store = await newStore();
  const alice = await outboxOf(store);
  await alice.add(JOB, notes("hers"), FACTS);
  const carol = await outboxOf(store, CAROL);
  expect(await carol.lane(JOB)).toEqual([]);
  expect(await carol.waiting()).toEqual([]);
  const [note] = await carol.add(JOB, notes("hers too"), FACTS);
  expect(note).toMatchObject({ seq: 2, after: null, actor: CAROL.id });
});

test("the server's word is written down, and only what it keeps stops waiting", async () => {
  const outbox = await outboxOf(await newStore());
  for (const text of ["a", "b", "c"]) await outbox.add(JOB, notes(text), FACTS);
  const [a, b, c] = (await outbox.lane(JOB)).map((event) => event.event_id);
  const told = await outbox.settle([
    { event_id: a, status: "applied", custody: true, effect_version: 7 },
    { event_id: b, status: "quarantined", custody: true, code: "bad_data" },
    { event_id: c, status: "retry", retry_after_s: 3 },
  ]);
  expect(told.byStatus).toEqual({ applied: 1, quarantined: 1 });
  expect((await outbox.waiting()).map((row) => row.eventId)).toEqual([c]);
  const rows = await outbox.rows(JOB);
  expect(rows[0]).toMatchObject({ state: "acknowledged", effectVersion: 7 });
  expect(rows[1]).toMatchObject({ state: "parked", code: "bad_data" });
});

test("a batch leaves out the lanes in which an event rests", async () => {
  const outbox = await outboxOf(await newStore());
  const [resting] = await outbox.add(JOB, notes("later"), FACTS);
  await outbox.add(JOB, notes("after it"), FACTS);
  const [other] = await outbox.add("J-1002", notes("elsewhere"), FACTS);
  const batch = await outbox.nextBatch(LIMITS, 100, new Set([String(resting?.event_id)]));
  expect(batch.map((event) => event.event_id)).toEqual([other?.event_id]);
});

test("a new identity of the tablet numbers anew what waits, and rewrites nothing", async () => {
  const outbox = await outboxOf(await newStore());
  await outbox.add(JOB, notes("one"), FACTS);
  await outbox.add(JOB, notes("two"), FACTS);
  const before = await outbox.lane(JOB);
  await outbox.renumber();
  const after = await outbox.lane(JOB);
  expect(after.map((event) => event.seq)).toEqual([3, 4]);
  expect(after.map(({ seq: _, ...rest }) => rest)).toEqual(
    before.map(({ seq: _, ...rest }) => rest),
  );
});
