/** A locked tablet: it counts what waits, hears the office's word without anybody's key, and does what it says. */

import { afterEach, beforeEach, expect, it } from "vitest";

import { Conversation } from "../../field_client/tablet/src/conversation";
import { NetworkDown, ServerSaid } from "../../field_client/tablet/src/errors";
import { content } from "../../field_client/tablet/src/files";
import { askAtDoor, waitingBehind, type Word } from "../../field_client/tablet/src/locked";
import { Memory } from "../../field_client/tablet/src/memory";
import * as people from "../../field_client/tablet/src/people";
import type { Store } from "../../field_client/tablet/src/store";
import { httpTransport } from "../../field_client/tablet/src/transport";
import { FakeServer } from "./network";
import { ALICE, CAROL, FACTS, newStore, notes, outboxOf, signsIn } from "./tablets";

let server: FakeServer;
let store: Store;
let status: string;

beforeEach(async () => {
  status = "active";
  server = await FakeServer.opens();
  server.answers(() => ({ status: 200, body: { device: { id: "d", status }, time: "" } }));
  store = await newStore();
});

afterEach(async () => {
  store.close();
  await server.closes();
});

async function asks(mayLeave = true): Promise<Word> {
  const memory = await Memory.of(store, null);
  const talk = new Conversation(httpTransport(server.origin), memory, store.clock, "en");
  return askAtDoor(store, talk, () => mayLeave);
}

async function writesANote(who = ALICE): Promise<void> {
  await (await outboxOf(store, who)).add("J-1001", notes("Ring twice"), FACTS);
}

it("shows itself by the secret of the installation, and by nobody's token", async () => {
  await signsIn(store);
  expect(await asks()).toEqual({ status: "active", hasLeft: false });
  const [heard] = server.heard;
  const { deviceId, installSecret } = await store.installation();
  expect(JSON.parse(String(heard?.body))).toMatchObject({
    device_id: deviceId,
    install_secret: installSecret,
    outbox: { events: 0, blobs: 0, bytes: 0 },
  });
  expect(heard?.headers["authorization"]).toBeUndefined();
});

it("counts what waits of each person, and says the sum", async () => {
  await writesANote(ALICE);
  await writesANote(CAROL);
  const alice = await outboxOf(store);
  const photo = await content(alice, new Uint8Array(9), "image/jpeg", "photo");
  await alice.add("J-1001", notes("with a photo"), { ...FACTS, contents: [photo] });
  const behind = await waitingBehind(store);
  expect(behind.get(ALICE.id)).toEqual({ photos: 1, entries: 2, bytes: 9 });
  expect(behind.get(CAROL.id)).toEqual({ photos: 0, entries: 1, bytes: 0 });
  await asks();
  const { outbox } = JSON.parse(String(server.heard[0]?.body)) as { outbox: object };
  expect(outbox).toEqual({ events: 3, oldest: null, blobs: 1, bytes: 9 });
});

it("empties itself when it is collected and nothing waits", async () => {
  await signsIn(store);
  status = "draining";
  expect(await asks()).toEqual({ status: "draining", hasLeft: true });
  expect(await people.everybody(store)).toEqual([]);
  expect((await store.installation()).farewell).toBe("emptied");
});

it("keeps everything while anything of anybody's waits", async () => {
  await signsIn(store);
  await writesANote(CAROL);
  status = "draining";
  expect(await asks()).toEqual({ status: "draining", hasLeft: false });
  expect(await people.everybody(store)).toHaveLength(2);
});

it("keeps what was captured when it was lost, and nobody's PIN opens it", async () => {
  await writesANote();
  status = "revoked";
  expect(await asks()).toEqual({ status: "revoked", hasLeft: true });
  expect(await store.tables.events.count()).toBe(1);
  expect(await people.everybody(store)).toMatchObject([{ byPin: null, tokens: null }]);
  expect((await store.installation()).farewell).toBe("lost");
});

it("does nothing to a tablet that somebody has opened meanwhile", async () => {
  await signsIn(store);
  status = "draining";
  expect(await asks(false)).toEqual({ status: "draining", hasLeft: false });
  expect(await people.everybody(store)).toHaveLength(1);
});

it("does nothing on the word of somebody else", async () => {
  await signsIn(store);
  server.answers(() => ({ status: 200, isStrange: true, body: { device: { status: "revoked" } } }));
  await expect(asks()).rejects.toThrow(NetworkDown);
  server.answers(() => ({ status: 403, body: { code: "device_unknown" } }));
  await expect(asks()).rejects.toThrow(ServerSaid);
  expect(await people.everybody(store)).toMatchObject([{ personId: ALICE.id }]);
});
