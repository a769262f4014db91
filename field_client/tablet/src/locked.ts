/**
 * What a tablet can do while it is locked. Without anybody's key nothing of theirs can be read or sent; but
 * how much waits can be counted, and the office can say that the tablet is out of service.
 */

import { APP, expected, type Conversation } from "./conversation";
import { isObject, type Json } from "./domain/json";
import type { Store } from "./store";
import { alone } from "./sync";
import { signEverybodyOut, strip, wipe } from "./wiping";

/** What waits of one person. */
export interface Behind {
  photos: number;
  /** Events, and signatures, which belong to one each. */
  entries: number;
  bytes: number;
}

/** By person; only those of whom something waits. */
export async function waitingBehind(store: Store): Promise<Map<string, Behind>> {
  const { people, events, blobs } = store.tables;
  const found = new Map<string, Behind>();
  for (const personId of await people.toCollection().primaryKeys()) {
    const said = await events.where({ personId, state: "waiting" }).count();
    const files = await blobs.where({ personId, state: "waiting" }).toArray();
    const photos = files.filter((file) => file.purpose === "photo").length;
    if (said + files.length === 0) continue;
    const bytes = files.reduce((total, file) => total + file.size, 0);
    found.set(personId, { photos, entries: said + files.length - photos, bytes });
  }
  return found;
}

/** How the office sees this tablet, and whether it has been emptied or stripped for that. */
export interface Word {
  status: string;
  hasLeft: boolean;
}

/**
 * Asks the office with the secret of the installation, and does what it says, as long as `mayLeave`: a
 * tablet that is collected is emptied once nothing of anybody's waits; from one that was lost everything goes
 * but captured work, which stays sealed. Raises NetworkDown, ServerBusy, ServerSaid.
 */
export async function askAtDoor(
  store: Store,
  talk: Conversation,
  mayLeave: () => boolean,
): Promise<Word> {
  const answer = await talk.ask("POST", "/sync/v1/devices/state", await aboutThis(store));
  const { device } = expected(answer, "device");
  const status = isObject(device) ? String(device["status"]) : "";
  let hasLeft = false;
  await alone(async () => {
    if (mayLeave()) hasLeft = await done(store, status);
  });
  return { status, hasLeft };
}

async function done(store: Store, status: string): Promise<boolean> {
  if (status === "draining") return wipe(store);
  if (status !== "revoked") return false;
  await strip(store);
  await signEverybodyOut(store);
  return true;
}

async function aboutThis(store: Store): Promise<Json> {
  const { deviceId, installSecret } = await store.installation();
  const all = [...(await waitingBehind(store)).values()];
  const sum = (one: (each: Behind) => number) => all.reduce((total, each) => total + one(each), 0);
  const outbox = {
    events: sum((each) => each.entries),
    oldest: null,
    blobs: sum((each) => each.photos),
    bytes: sum((each) => each.bytes),
  };
  return { device_id: deviceId, install_secret: installSecret, app: APP, outbox };
}
