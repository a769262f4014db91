/**
 * Another life of the server: it was restored from a backup, and may not have what it once took.
 *
 * What anybody on this tablet still holds is then offered again, also by those who sync later: until they
 * have, a tablet that the office takes out of service is not emptied.
 */

import { everybody, note } from "./people";
import { isNewEpoch } from "./plan";
import type { Store } from "./store";

export async function adopt(store: Store, epoch: string): Promise<void> {
  await store.writing(["events", "lanes", "blobs", "base", "people"], async () => {
    for (const known of await everybody(store)) {
      if (!isNewEpoch(known.epoch, epoch)) continue;
      await offerEverything(store, known.personId);
      await note(store, known.personId, { epoch, cursor: null });
    }
  });
}

async function offerEverything(store: Store, personId: string): Promise<void> {
  const { events, lanes, blobs, base } = store.tables;
  await events
    .where("[personId+state]")
    .anyOf([
      [personId, "acknowledged"],
      [personId, "parked"],
    ])
    .modify({ state: "waiting" });
  await lanes
    .where("[personId+jobId]")
    .between([personId, ""], [personId, "\uffff"])
    .modify({ effectVersion: 0 });
  await blobs
    .where({ personId, state: "stored" })
    .filter((row) => row.isLocal)
    .modify({ state: "waiting" });
  await base
    .where("[personId+kind+id]")
    .between([personId, "", ""], [personId, "\uffff", ""])
    .modify({ version: 0, completeSince: null });
}
