/** Pictures of earlier trips: brought along once, kept sealed, let go of with their job. */

import { afterEach, beforeEach, expect, test } from "vitest";

import { EarlierPhotos } from "../../field_client/tablet/src/earlier";
import type { Trip } from "../../field_client/tablet/src/domain/documents";
import { talkWith } from "./devices";
import { FakeServer } from "./network";
import { jobAfter } from "./sheets";
import { newStore, signsIn } from "./tablets";

const PICTURE = Buffer.from("a small picture");
const NEVER = new AbortController().signal;

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.opens();
});
afterEach(() => server.closes());

function jobWith(...photos: string[]) {
  const trip: Trip = {
    job_id: "J-0900",
    finished_at: "2026-11-01T08:00:00Z",
    outcome: "completed",
    cause: null,
    words: null,
    photos: photos.map((photo_id) => ({
      photo_id,
      slot: "after",
      sha256: "0".repeat(64),
      size: 9,
      mime: "image/jpeg",
    })),
  };
  return jobAfter([], { history: [trip] });
}

async function countOf(photos: EarlierPhotos, job: ReturnType<typeof jobWith>) {
  return (await photos.counts([job])).get(job.jobId);
}

async function album() {
  const store = await newStore();
  const who = await signsIn(store);
  return { store, photos: new EarlierPhotos(store, who, talkWith(server)) };
}

test("each picture is fetched once and read without a network", async () => {
  const { photos } = await album();
  server.answers(() => ({ status: 200, body: PICTURE }));
  const job = jobWith("p1", "p2");
  await photos.fetch([job], NEVER);
  await photos.fetch([job], NEVER);
  expect(server.heard.map((heard) => heard.path)).toEqual([
    "/api/v1/photos/p1/file/thumb",
    "/api/v1/photos/p2/file/thumb",
  ]);
  expect(Buffer.from((await photos.read("p1")) ?? [])).toEqual(PICTURE);
  expect(await countOf(photos, job)).toEqual({ here: 2, all: 2 });
});

test("what the customer sent comes first, by its own address", async () => {
  const { photos } = await album();
  server.answers(() => ({ status: 200, body: PICTURE }));
  const { history } = jobWith("p1").sheet;
  const job = jobAfter([], { history, from_customer: [{ photo_id: "c1", note: "It drips" }] });
  await photos.fetch([job], NEVER);
  expect(server.heard.map((heard) => heard.path)).toEqual([
    "/api/v1/customer-photos/c1/file/thumb",
    "/api/v1/photos/p1/file/thumb",
  ]);
  expect(await countOf(photos, job)).toEqual({ here: 2, all: 2 });
});

test("they lie sealed", async () => {
  const { photos, store } = await album();
  server.answers(() => ({ status: 200, body: PICTURE }));
  await photos.fetch([jobWith("p1")], NEVER);
  const [row] = await store.tables.pictures.toArray();
  expect(Buffer.from(row?.content.bytes ?? new ArrayBuffer()).includes(PICTURE)).toBe(false);
});

test("one that is not ready is tried again at the next sync, the others are brought", async () => {
  const { photos } = await album();
  server.answersInTurn(
    { status: 409, body: { code: "picture_not_ready" } },
    { status: 200, body: PICTURE },
  );
  const job = jobWith("p1", "p2");
  await photos.fetch([job], NEVER);
  expect(await countOf(photos, job)).toEqual({ here: 1, all: 2 });
  await photos.fetch([job], NEVER);
  expect(await countOf(photos, job)).toEqual({ here: 2, all: 2 });
});

test("what answers in the server's place is no picture", async () => {
  const { photos } = await album();
  server.answers(() => ({ status: 200, body: "Hotel Wi-Fi", isStrange: true }));
  await photos.fetch([jobWith("p1", "p2")], NEVER);
  expect(server.heard).toHaveLength(1);
  expect(await photos.read("p1")).toBeNull();
});

test("they go when no open job shows them any more", async () => {
  const { photos, store } = await album();
  server.answers(() => ({ status: 200, body: PICTURE }));
  await photos.fetch([jobWith("p1", "p2")], NEVER);
  await photos.fetch([jobWith("p2")], NEVER);
  expect((await store.tables.pictures.toArray()).map((row) => row.photoId)).toEqual(["p2"]);
});
