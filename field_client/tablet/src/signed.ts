/** The receipt that was signed, found again: the same bytes, and whether something of it changed since. */

import { receiptOf } from "./captures";
import type { Desk } from "./desks";
import { digest } from "./domain/canonical";
import type { Receipt } from "./domain/documents";
import table from "./generated/visits.json";
import type { Job } from "./jobs";

export interface Signed {
  /** As it was signed on this tablet; null where there is none, or something changed since. */
  receipt: Receipt | null;
  isOutdated: boolean;
}

const NONE: Signed = { receipt: null, isOutdated: false };
const CHANGING: ReadonlySet<string> = new Set(table.receiptKinds);

/**
 * What another tablet has signed cannot be built here: its events are not on this one. A photo after the
 * signature proves the same work and asks for no new one.
 */
export async function signedOf(desk: Desk, job: Job): Promise<Signed> {
  const { receipt } = job.visit;
  if (receipt?.state !== "signed") return NONE;
  const lane = await desk.outbox.lane(job.jobId);
  const at = lane.findIndex(
    ({ kind, data }) => kind === "receipt.signed" && data["receipt_digest"] === receipt.digest,
  );
  if (at < 0) return NONE;
  const { language, reservation } = receipt;
  const built = (events: typeof lane) =>
    receiptOf(job, events, language ?? undefined, reservation ?? undefined);
  const then = built(lane.slice(0, at));
  const now = built(lane.filter(({ kind }, place) => place < at || CHANGING.has(kind)));
  const [signed, wouldBe] = await Promise.all([digest(then), digest(now)]);
  const isOutdated = signed !== wouldBe;
  return { receipt: !isOutdated && signed === receipt.digest ? then : null, isOutdated };
}
