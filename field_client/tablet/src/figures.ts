/** What waits on this tablet and what became of the rest: the figures that every screen can show. */

import type { Desk } from "./desks";
import type { Offset } from "./clock";
import type { BlobRow } from "./store";

export interface Waiting {
  events: number;
  files: number;
  bytes: number;
}

export const NOTHING_WAITS: Waiting = { events: 0, files: 0, bytes: 0 };

/** A job's own figures: what waits, and where each of its files is. */
export interface JobFigures extends Waiting {
  recorded: number;
  quarantined: number;
  held: number;
  blobs: Map<string, BlobRow["state"]>;
}

export interface Figures {
  waiting: Waiting;
  byJob: Map<string, JobFigures>;
}

/** Read from the rows alone: nothing has to be unsealed for it. */
export async function figuresOf(desk: Desk): Promise<Figures> {
  const { events, blobs, uses } = desk.store.tables;
  const { personId } = desk.who;
  const byJob = new Map<string, JobFigures>();
  const of = (jobId: string) => {
    const known = byJob.get(jobId) ?? blank();
    byJob.set(jobId, known);
    return known;
  };
  const rows = await events
    .where("[personId+state]")
    .anyOf(["waiting", "acknowledged", "parked"].map((state) => [personId, state]))
    .toArray();
  for (const row of rows) {
    const job = of(row.jobId);
    if (row.state === "waiting") job.events += 1;
    else if (row.status === "recorded") job.recorded += 1;
    else if (row.status === "held") job.held += 1;
    else if (row.state === "parked") job.quarantined += 1;
  }
  const files = new Map(
    (
      await blobs.where("[personId+state]").between([personId, ""], [personId, "\uffff"]).toArray()
    ).map((row) => [row.sha256, row]),
  );
  const named = await uses
    .where("[personId+jobId]")
    .between([personId, ""], [personId, "\uffff"])
    .toArray();
  for (const use of named) {
    const file = files.get(use.sha256);
    const job = of(use.jobId);
    if (!file || job.blobs.has(file.sha256)) continue;
    job.blobs.set(file.sha256, file.state);
    if (file.state !== "waiting") continue;
    job.files += 1;
    job.bytes += file.size;
  }
  const unsent = [...files.values()].filter((file) => file.state === "waiting");
  return {
    byJob,
    waiting: {
      events: rows.filter((row) => row.state === "waiting").length,
      files: unsent.length,
      bytes: unsent.reduce((total, file) => total + file.size, 0),
    },
  };
}

function blank(): JobFigures {
  return { ...NOTHING_WAITS, recorded: 0, quarantined: 0, held: 0, blobs: new Map() };
}

export interface Machine {
  isPersisted: boolean | null;
  usedBytes: number | null;
  quotaBytes: number | null;
  offset: Offset | null;
  deviceId: string;
}

/** What the browser says of its storage, and the clock's last comparison with the server. */
export async function machineOf(desk: Desk): Promise<Machine> {
  const here = await desk.store.installation();
  const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
  return {
    isPersisted: (await navigator.storage?.persisted?.().catch(() => null)) ?? null,
    usedBytes: estimate?.usage ?? null,
    quotaBytes: estimate?.quota ?? null,
    offset: here.offset,
    deviceId: here.deviceId,
  };
}

/** From here on the app warns: new photos might soon find no room. */
export const FULL_SHARE = 0.7;

export function isNearlyFull({ usedBytes, quotaBytes }: Machine): boolean {
  return usedBytes !== null && !!quotaBytes && usedBytes / quotaBytes > FULL_SHARE;
}
