/** A tablet that the office takes out of service: emptied once all is with the office, never before. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Base } from "../../field_client/tablet/src/base";
import { Conversation } from "../../field_client/tablet/src/conversation";
import { Drafts } from "../../field_client/tablet/src/drafts";
import { content } from "../../field_client/tablet/src/files";
import { Memory } from "../../field_client/tablet/src/memory";
import { Outbox } from "../../field_client/tablet/src/outbox";
import * as people from "../../field_client/tablet/src/people";
import type { Store } from "../../field_client/tablet/src/store";
import { Sync, type Report, type Surroundings } from "../../field_client/tablet/src/sync";
import { httpTransport } from "../../field_client/tablet/src/transport";
import { FakeServer, SERVER_TIME, type Heard, type Reply } from "./network";
import { ALICE, CAROL, FACTS, newStore, notes, outboxOf, PIN, signsIn } from "./tablets";

const JOB = "J-1001";
const NO_MEDIA = { onCellular: false, withMedia: false };

let server: FakeServer;
let store: Store;
/** What the office says of this tablet, and whether its pushes come through. */
let office: { status: string; isTaking: boolean; isSignedOut: boolean; epoch: string };

beforeEach(async () => {
  office = { status: "active", isTaking: true, isSignedOut: false, epoch: "e1" };
  server = await FakeServer.opens();
  server.answers(answered);
  store = await newStore();
});

afterEach(async () => {
  store.close();
  await server.closes();
});

function answered(heard: Heard): Reply {
  if (office.isSignedOut) {
    return { status: 401, body: { code: "token_revoked", details: { device: "revoked" } } };
  }
  if (heard.path === "/sync/v1/hello") return { status: 200, body: hello() };
  if (heard.path === "/sync/v1/push") return office.isTaking ? taken(heard) : { status: 503 };
  if (office.status !== "active") return { status: 403, body: { code: "device_revoked" } };
  const page = { changes: [], cursor: "c1", more: false, epoch: office.epoch, time: SERVER_TIME };
  return { status: 200, body: page };
}

function hello() {
  const device = { id: "d", status: office.status };
  return { epoch: office.epoch, limits: {}, policy: {}, time: SERVER_TIME, device };
}

function taken(heard: Heard): Reply {
  const { events } = JSON.parse(heard.body.toString()) as { events: { event_id: string }[] };
  const results = events.map(({ event_id }) => ({ event_id, status: "recorded", custody: true }));
  return { status: 200, body: { results, time: SERVER_TIME, epoch: office.epoch } };
}

async function syncs(outbox: Outbox, around: Partial<Surroundings> = {}): Promise<Report> {
  const memory = await Memory.of(store, outbox.who);
  const talk = new Conversation(httpTransport(server.origin), memory, store.clock, "en");
  return new Sync(outbox, talk, memory, { ...NO_MEDIA, ...around }).run(0);
}

async function hasJob(outbox: Outbox): Promise<void> {
  const base = new Base(store, outbox.who);
  const sealed = await base.seal({ id: JOB });
  const blank = { reason: null, mark: 0, completeSince: null, standing: "mine" as const };
  await base.put({ ...blank, kind: "job", id: JOB, version: 1, content: sealed });
}

async function counts(): Promise<Record<string, number>> {
  const named = ["people", "base", "events", "blobs", "bytes", "drafts"] as const;
  const found = await Promise.all(
    named.map(async (name) => [name, await store.tables[name].count()] as const),
  );
  return Object.fromEntries(found.filter(([, count]) => count > 0));
}

describe("a tablet that is collected", () => {
  it("delivers what waits, says that nothing waits, and is as new", async () => {
    const alice = await outboxOf(store);
    const before = (await store.installation()).deviceId;
    await hasJob(alice);
    await alice.add(JOB, notes("hers"), FACTS);
    office.status = "draining";

    expect((await syncs(alice)).hasLeft).toBe(true);
    expect(server.heard.filter(({ path }) => path.endsWith("/push"))).toHaveLength(1);
    const told = server.heard.filter(({ path }) => path.endsWith("/hello"));
    expect(JSON.parse(String(told.at(-1)?.body)).outbox).toMatchObject({ events: 0, blobs: 0 });
    expect(await counts()).toEqual({});
    const here = await store.installation();
    expect(here.deviceId).not.toBe(before);
    expect(here.farewell).toBe("emptied");
  });

  it("keeps everything while her work does not come through", async () => {
    const alice = await outboxOf(store);
    await hasJob(alice);
    await alice.add(JOB, notes("hers"), FACTS);
    [office.status, office.isTaking] = ["draining", false];
    expect((await syncs(alice)).hasLeft).toBe(false);
    expect(await counts()).toEqual({ people: 1, base: 1, events: 1 });
  });

  it("keeps everything while a file of hers waits", async () => {
    const alice = await outboxOf(store);
    const photo = await content(alice, new Uint8Array([1, 2, 3]), "image/jpeg", "photo");
    await alice.add(JOB, notes("hers"), { ...FACTS, contents: [photo] });
    office.status = "draining";
    const report = await syncs(alice);
    expect(report.hasLeft).toBe(false);
    expect([...report.notices], "and says why no new jobs come").toEqual(["device_revoked"]);
    expect(await counts()).toEqual({ people: 1, events: 1, blobs: 1, bytes: 1 });
  });

  it("waits for Carol, too, and is emptied for both", async () => {
    const alice = await outboxOf(store);
    const carol = await outboxOf(store, CAROL);
    await carol.add(JOB, notes("hers"), FACTS);
    office.status = "draining";
    expect((await syncs(alice)).hasLeft).toBe(false);
    expect(await counts()).toEqual({ people: 2, events: 1 });
    expect((await syncs(carol)).hasLeft).toBe(true);
    expect(await counts()).toEqual({});
  });

  it("offers a restored server what Carol had sent before, too", async () => {
    const alice = await outboxOf(store);
    const carol = await outboxOf(store, CAROL);
    await carol.add(JOB, notes("hers"), FACTS);
    for (const each of [carol, alice]) await syncs(each);
    [office.status, office.epoch] = ["draining", "e2"];
    expect((await syncs(alice)).hasLeft, "the server of now does not have it").toBe(false);
    expect(await carol.waiting()).toHaveLength(1);
    expect((await syncs(carol)).hasLeft).toBe(true);
    expect(server.heard.filter(({ path }) => path.endsWith("/push"))).toHaveLength(2);
  });

  it("keeps what the server would not even take raw: it has gone nowhere else", async () => {
    const alice = await outboxOf(store);
    const [event] = await alice.add(JOB, notes("hers"), FACTS);
    await alice.park(String(event?.event_id), "undeliverable");
    office.status = "draining";
    expect((await syncs(alice)).hasLeft).toBe(false);
    expect(await counts()).toEqual({ people: 1, events: 1 });
  });

  it("waits for the customer who is signing", async () => {
    const alice = await outboxOf(store);
    office.status = "draining";
    expect((await syncs(alice, { isCapturing: () => true })).hasLeft).toBe(false);
    expect((await syncs(alice)).hasLeft).toBe(true);
  });

  it("takes nothing more from a window that was left open", async () => {
    const alice = await outboxOf(store);
    const drafts = await new Drafts(store, alice.who).open();
    office.status = "draining";
    await syncs(alice);
    const late = alice.add(JOB, notes("under a key that is gone"), FACTS);
    await expect(late).rejects.toMatchObject({ code: "sign_in_needed" });
    drafts.write("words", "typed in the other window");
    await drafts.settled();
    expect(await counts()).toEqual({});
  });

  it("is a new device for whoever signs in on it", async () => {
    const alice = await outboxOf(store);
    office.status = "draining";
    await syncs(alice);
    office.status = "active";
    const again = await outboxOf(store);
    await again.add(JOB, notes("new"), FACTS);
    const report = await syncs(again);
    expect([report.hasLeft, report.waitingEvents]).toEqual([false, 0]);
    expect(await counts()).toEqual({ people: 1, events: 1 });
  });
});

describe("a tablet that was lost", () => {
  /** One entry is with the office, one only here; then the office reports the tablet as lost. */
  async function isLost(): Promise<Outbox> {
    const alice = await outboxOf(store);
    await hasJob(alice);
    await alice.add(JOB, notes("sent"), FACTS);
    await syncs(alice);
    await alice.add(JOB, notes("only here"), FACTS);
    const drafts = await new Drafts(store, alice.who).open();
    drafts.write("words", "half a sentence");
    await drafts.settled();
    [office.status, office.isSignedOut] = ["revoked", true];
    return alice;
  }

  it("is signed out and has no jobs any more; what was not sent stays", async () => {
    const report = await syncs(await isLost());
    expect(report.problem).toMatchObject({ code: "device_lost" });
    expect(report.hasLeft).toBe(true);
    expect(await counts()).toEqual({ people: 1, events: 1 });
    expect(await people.person(store, ALICE.id)).toMatchObject({ tokens: null, byPin: null });
    expect((await store.installation()).farewell).toBe("lost");
    await expect(people.open(store, ALICE.id, PIN)).rejects.toMatchObject({
      code: "sign_in_needed",
    });
  });

  it("delivers after a sign-in, and is emptied then", async () => {
    await syncs(await isLost());
    office.isSignedOut = false;
    const again = new Outbox(store, await signsIn(store));
    expect(await again.lane(JOB)).toMatchObject([{ data: { text: "only here" } }]);
    expect((await syncs(again)).hasLeft).toBe(true);
    expect(String(server.heard.findLast(({ path }) => path.endsWith("/push"))?.body)).toContain(
      "only here",
    );
    expect(await counts()).toEqual({});
  });

  it("shows no jobs either to somebody who signed in before it heard of it", async () => {
    const alice = await isLost();
    [office.isSignedOut, office.isTaking] = [false, false];
    expect((await syncs(alice)).hasLeft).toBe(false);
    expect(await counts()).toEqual({ people: 1, events: 1 });
    expect(await people.tokensOf(store, alice.who)).not.toBeNull();
  });

  it("is not the same as a sign-in that has ended", async () => {
    const alice = await outboxOf(store);
    await hasJob(alice);
    server.answers(() => ({ status: 401, body: { code: "token_revoked" } }));
    const report = await syncs(alice);
    expect([report.problem?.code, report.hasLeft]).toEqual(["sign_in_needed", false]);
    expect(await counts()).toEqual({ people: 1, base: 1 });
  });
});
