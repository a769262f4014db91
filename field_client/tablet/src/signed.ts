/** The receipt that was signed, found again: the same bytes, or something changed since. */

import type { Desk } from "./desks";
import { digest } from "./domain/canonical";
import type { Receipt } from "./domain/documents";
import type { Job } from "./jobs";

export interface Signed {
  /** As it was signed on this tablet; null where there is none, or it reads otherwise by now. */
  receipt: Receipt | null;
  isOutdated: boolean;
}

const NONE: Signed = { receipt: null, isOutdated: false };

/** What another tablet has signed cannot be built here: its events are not on this one. */
export async function signedOf(desk: Desk, job: Job): Promise<Signed> {
  const { receipt } = job.visit;
  if (receipt?.state !== "signed") return NONE;
  const lane = await desk.outbox.lane(job.jobId);
  const isOurs = lane.some((event) => event.data["receipt_digest"] === receipt.digest);
  if (!isOurs) return NONE;
  const { language, reservation } = receipt;
  const now = await desk.captures.receipt(job, language ?? undefined, reservation ?? undefined);
  const isSame = (await digest(now)) === receipt.digest;
  return { receipt: isSame ? now : null, isOutdated: !isSame };
}
