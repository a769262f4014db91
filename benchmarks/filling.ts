/**
 * Runs in the page of the tablet app: a store as after a year of work, written and sealed by the app's own
 * modules. All of it is with the office: the base holds it, and every file is stored.
 */

import { Base } from "../field_client/tablet/src/base";
import { browserClock, newId, reading } from "../field_client/tablet/src/clock";
import { content } from "../field_client/tablet/src/files";
import { jobOf, jobsOf, type Job } from "../field_client/tablet/src/jobs";
import { Outbox, type Said } from "../field_client/tablet/src/outbox";
import * as people from "../field_client/tablet/src/people";
import { chance, type Bytes } from "../field_client/tablet/src/safes";
import { Store, type BaseRow } from "../field_client/tablet/src/store";

const SIZE = { width: 2048, height: 1536 };
const HASH_BYTES = 8;
const OWN_BYTES = 32;

/** On each job so many photos, each with a note before it. Returns the numbers of jobs, events and files. */
export async function fill(pin: string, photosEach: number): Promise<number[]> {
  const store = await new Store(browserClock).open();
  const [row] = await people.everybody(store);
  const who = await people.open(store, row?.personId ?? "", pin);
  const [base, outbox, picture] = [new Base(store, who), new Outbox(store, who), await drawn()];
  for (const job of await jobsOf(base, outbox)) {
    for (let number = 0; number < photosEach; number += 1) {
      await addPhoto(outbox, job, number, picture);
    }
    await bringIn(base, outbox, job.jobId);
  }
  const { blobs, events, base: told } = store.tables;
  await store.writing(["blobs"], () => blobs.toCollection().modify({ state: "stored" }));
  const jobs = await told.filter(({ kind }) => kind === "job").count();
  const counts = [jobs, await events.count(), await blobs.count()];
  store.close();
  return counts;
}

async function drawn(): Promise<Bytes> {
  const canvas = new OffscreenCanvas(SIZE.width, SIZE.height);
  const brush = canvas.getContext("2d");
  for (let at = 0; brush && at < 400; at += 1) {
    const [x = 0, y = 0, hue = 0] = chance(3);
    brush.fillStyle = `hsl(${hue} 60% 50%)`;
    brush.fillRect(x * 8, y * 6, 160, 120);
  }
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
  return new Uint8Array(await jpeg.arrayBuffer());
}

/** The same picture each time with bytes of its own at the end, which no decoder looks at. */
async function addPhoto(outbox: Outbox, job: Job, number: number, picture: Bytes): Promise<void> {
  const bytes = new Uint8Array(picture.length + OWN_BYTES);
  bytes.set(picture);
  bytes.set(chance(OWN_BYTES), picture.length);
  const hash = Array.from(chance(HASH_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
  const look = JSON.stringify({ brightness: 120, hash: hash.join("") });
  const kept = await content(outbox, bytes, "image/jpeg", "photo", look);
  const slot = job.sheet.slots[number % job.sheet.slots.length]?.slot ?? "before";
  const { sha256, size, mime } = kept;
  const photo = { photo_id: newId(browserClock), slot, sha256, size, mime, ...SIZE };
  const said: Said[] = [
    { kind: "note.added", data: { text: `Photo ${number} shows the hinge`, audience: "office" } },
    { kind: "photo.taken", data: { ...photo, source: "camera" } },
  ];
  const facts = { baseRev: job.sheet.rev, clock: reading(browserClock, null), contents: [kept] };
  await outbox.add(job.jobId, () => said, facts);
}

/** As if the server had answered and told of it. */
async function bringIn(base: Base, outbox: Outbox, jobId: string): Promise<void> {
  const { sheet, visit } = await jobOf(base, outbox, jobId);
  const row = (await base.row("job", jobId)) as BaseRow;
  await base.put({ ...row, content: await base.seal({ ...sheet, visit }) });
  const results = (await outbox.rows(jobId)).map((event) => ({
    event_id: event.eventId,
    status: "applied",
    custody: true,
    effect_version: row.version,
  }));
  await outbox.settle(results);
}
