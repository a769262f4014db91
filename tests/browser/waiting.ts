/** Runs in the page of the tablet app: work that waits, captured and sealed by the app's own modules. */

import { Base } from "../../field_client/tablet/src/base";
import { browserClock, newId, reading } from "../../field_client/tablet/src/clock";
import { content } from "../../field_client/tablet/src/files";
import { jobOf } from "../../field_client/tablet/src/jobs";
import { Outbox, type Said } from "../../field_client/tablet/src/outbox";
import * as people from "../../field_client/tablet/src/people";
import { chance, type Bytes } from "../../field_client/tablet/src/safes";
import { Store } from "../../field_client/tablet/src/store";

const SIZE = { width: 1024, height: 768 };
const AT_ONCE = 25;

/** So many notes and photos more on the job, each photo with other bytes. */
export async function add(
  pin: string,
  jobId: string,
  notes: number,
  photos: number,
): Promise<void> {
  const store = await new Store(browserClock).open();
  const [row] = await people.everybody(store);
  const outbox = new Outbox(store, await people.open(store, row?.personId ?? "", pin));
  const job = await jobOf(new Base(store, outbox.who), outbox, jobId);
  const facts = { baseRev: job.sheet.rev, clock: reading(browserClock, null) };
  for (let said = 0; said < notes; said += AT_ONCE) {
    const count = Math.min(AT_ONCE, notes - said);
    await outbox.add(jobId, () => Array.from({ length: count }, (_, at) => note(said + at)), facts);
  }
  for (let taken = 0; taken < photos; taken += 1) {
    const kept = await content(outbox, await drawn(), "image/jpeg", "photo");
    const { sha256, size, mime } = kept;
    const photo = { photo_id: newId(browserClock), slot: "before", sha256, size, mime, ...SIZE };
    const said = [{ kind: "photo.taken", data: { ...photo, source: "camera" } }];
    await outbox.add(jobId, () => said, { ...facts, contents: [kept] });
  }
  store.close();
}

function note(number: number): Said {
  return {
    kind: "note.added",
    data: { text: `Hinge ${number} sits tight again`, audience: "office" },
  };
}

/** A picture that the office can open: tiles in colours of their own. */
async function drawn(): Promise<Bytes> {
  const canvas = new OffscreenCanvas(SIZE.width, SIZE.height);
  const brush = canvas.getContext("2d");
  for (const [at, hue] of chance(192).entries()) {
    if (brush) brush.fillStyle = `hsl(${hue * 1.4} 60% 50%)`;
    brush?.fillRect((at % 16) * 64, Math.floor(at / 16) * 64, 64, 64);
  }
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
  return new Uint8Array(await jpeg.arrayBuffer());
}
