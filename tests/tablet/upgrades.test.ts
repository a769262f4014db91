/** A new version of the app opens a store that an old one wrote: what waits there is never touched. */

import Dexie from "dexie";
import { expect, test } from "vitest";

import { sha256Hex } from "../../field_client/tablet/src/domain/canonical";
import { chance, seal } from "../../field_client/tablet/src/safes";
import { newStore } from "./tablets";

// The schemas as they were shipped. They are never edited.
const SHIPPED = [
  {
    installation: "id",
    people: "personId, &username",
    base: "[personId+kind+id], [personId+kind+standing]",
    events: "++place, &eventId, &seq, [personId+state], [personId+jobId]",
    lanes: "[personId+jobId]",
    blobs: "[personId+sha256], [personId+state]",
    bytes: "[personId+sha256]",
    uses: "[sha256+eventId], [personId+jobId], [personId+sha256]",
    drafts: "[personId+name]",
  },
  {
    events: "++place, &eventId, &seq, [personId+state], [personId+jobId], [personId+status]",
    pictures: "[personId+photoId], [personId+jobId]",
  },
];
const WAITING = ["events", "blobs", "bytes", "uses"];
const WHO = { personId: "p_alice", jobId: "J-1001" };

function oldStore(name: string, version: number): Dexie {
  const old = new Dexie(name);
  SHIPPED.slice(0, version).forEach((schema, at) => old.version(at + 1).stores(schema));
  return old;
}

/** 500 events and 20 photos that nobody has sent. */
async function fill(old: Dexie): Promise<void> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  for (let seq = 1; seq <= 500; seq += 1) {
    const eventId = `event-${seq}`;
    const states = { state: "waiting", status: null, code: null, effectVersion: null };
    const body = await seal(key, chance(300));
    await old.table("events").add({ ...WHO, ...states, eventId, kind: "note.added", seq, body });
    if (seq % 25 > 0) continue;
    const bytes = chance(40_000);
    const sha256 = await sha256Hex(bytes);
    const facts = { size: bytes.length, mime: "image/jpeg", purpose: "photo", state: "waiting" };
    const { personId } = WHO;
    const blob = { sha256, personId, ...facts, problem: null, isLocal: true, look: null };
    await old.table("blobs").add(blob);
    await old.table("bytes").add({ personId, sha256, content: await seal(key, bytes) });
    await old.table("uses").add({ ...WHO, sha256, eventId });
  }
  await old.table("lanes").add({ ...WHO, lastEventId: "event-500" });
}

async function waitingIn(store: Dexie): Promise<unknown[][]> {
  return Promise.all(WAITING.map((name) => store.table(name).toArray()));
}

test.each([1, 2])("from version %i of the store", async (version) => {
  const name = `shipped-${version}`;
  const old = oldStore(name, version);
  await fill(old);
  const before = await waitingIn(old);
  expect(before.map((rows) => rows.length)).toEqual([500, 20, 20, 20]);
  old.close();

  const store = await newStore(name);
  expect(store.tables.verno).toBeGreaterThanOrEqual(SHIPPED.length);
  expect(await waitingIn(store.tables)).toEqual(before);
});
