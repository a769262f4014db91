/**
 * Taking a tablet out of service: what leaves it when the office collects it, or reports it as lost.
 *
 * Captured work that is not with the office is never deleted here, whoever it belongs to.
 */

import { newBrowserKey } from "./safes";
import type { EventRow, Store } from "./store";

const EVERYTHING = [
  "installation",
  "people",
  "base",
  "events",
  "lanes",
  "blobs",
  "bytes",
  "uses",
  "drafts",
  "pictures",
] as const;

/** Whether something of anybody on this tablet is not with the office yet. */
export async function anythingWaits(store: Store): Promise<boolean> {
  const { events, blobs } = store.tables;
  if (await blobs.filter((row) => row.state === "waiting").count()) return true;
  return (await events.filter(isOnlyHere).count()) > 0;
}

/** What the server would not even take raw lies nowhere else: it can leave with the black box only. */
function isOnlyHere(row: EventRow): boolean {
  return row.state === "waiting" || row.code === "undeliverable";
}

/**
 * Empties the tablet and gives it a new identity, as if nobody had ever worked on it. False, and nothing
 * is touched, while anything of anybody's waits.
 */
export async function wipe(store: Store): Promise<boolean> {
  const browserKey = await newBrowserKey();
  return store.writing([...EVERYTHING], async () => {
    if (await anythingWaits(store)) return false;
    for (const name of EVERYTHING) await store.tables[name].clear();
    await store.beBornAgain(browserKey);
    return true;
  });
}

/**
 * Takes away all but captured work that only this tablet has: jobs, drafts, pictures, and what is with the
 * office. The work stays sealed.
 */
export async function strip(store: Store): Promise<void> {
  await store.writing([...EVERYTHING], async () => {
    const { base, drafts, pictures, people } = store.tables;
    for (const table of [base, drafts, pictures]) await table.clear();
    await people.toCollection().modify({ cursor: null });
    await dropWhatIsSent(store);
  });
}

/** Nobody's PIN opens the tablet any more, only signing in does. Then what stayed here goes out. */
export async function signEverybodyOut(store: Store): Promise<void> {
  await store.writing(["people", "installation", "drafts"], async () => {
    await store.tables.drafts.clear(); // also what was written down since the jobs were taken away
    await store.tables.people.toCollection().modify({ tokens: null, byPin: null });
    await store.setInstallation({ farewell: "lost" });
  });
}

async function dropWhatIsSent(store: Store): Promise<void> {
  const { blobs, bytes, uses, events } = store.tables;
  const sent = await blobs.filter((row) => row.state !== "waiting").primaryKeys();
  await blobs.bulkDelete(sent);
  await bytes.bulkDelete(sent);
  const waiting = new Set((await blobs.toArray()).map((row) => row.sha256));
  await uses.filter((use) => !waiting.has(use.sha256)).delete();
  const announcing = new Set((await uses.toArray()).map((use) => use.eventId));
  await events.filter((row) => !isOnlyHere(row) && !announcing.has(row.eventId)).delete();
}
