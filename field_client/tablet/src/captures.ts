/** What an installer says and does on site, as field events: each is on the disk when its promise resolves. */

import type { Base } from "./base";
import { reading, newId } from "./clock";
import { digest } from "./domain/canonical";
import { problem } from "./domain/checklists";
import type { Position, Receipt, Sheet, Step } from "./domain/documents";
import { clean } from "./domain/sync";
import * as receipts from "./domain/receipts";
import { NotHere, NotValid, SomethingMissing } from "./errors";
import { content } from "./files";
import { missingOf, writable, type Job } from "./jobs";
import type { Compose, Content, Envelope, Outbox, Said } from "./outbox";
import { manifest } from "./plan";
import type { Shot } from "./photos";
import type { Bytes } from "./safes";
import type { Json } from "./domain/json";

export interface PartUse {
  sku: string;
  quantity: number;
  from: "van" | "site";
  charge: "warranty" | "goodwill" | "customer";
  unitPrice?: number;
  currency?: string;
  serial?: string;
}

export type Language = "en" | "zh";

export interface Signing {
  name: string;
  relation: string;
  picture: Bytes;
  language?: Language;
  stars?: number;
  words?: string;
  reservation?: string;
}

/**
 * The verbs of one person on this tablet. Each may raise JobUnknown, JobReadOnly, NotValid, StorageFull
 * and StoreLost, and has then written nothing.
 */
export class Captures {
  position: Position | undefined;

  constructor(
    private readonly base: Base,
    private readonly outbox: Outbox,
  ) {}

  private async add(job: Job, said: Said[] | Compose, contents: Content[] = []): Promise<void> {
    const { store } = this.outbox;
    const { offset } = await store.installation();
    await this.outbox.add(job.jobId, typeof said === "function" ? said : () => said, {
      baseRev: job.sheet.rev,
      clock: reading(store.clock, offset),
      position: this.position,
      contents,
    });
  }

  private async job(jobId: string): Promise<Job> {
    return writable(this.base, this.outbox, jobId);
  }

  private async say(jobId: string, kind: string, data: Json = {}): Promise<void> {
    await this.add(await this.job(jobId), [{ kind, data }]);
  }

  private newId(): string {
    return newId(this.outbox.store.clock);
  }

  // The way there. What was said before is not said twice.

  async accept(jobId: string): Promise<void> {
    const job = await this.job(jobId);
    if (!job.visit.accepted_at) await this.add(job, [{ kind: "job.accepted", data: {} }]);
  }

  async decline(jobId: string, reason: string): Promise<void> {
    await this.say(jobId, "job.declined", { reason });
  }

  async travel(jobId: string): Promise<void> {
    const job = await this.job(jobId);
    if (!job.visit.travel_started_at) await this.add(job, [{ kind: "travel.started", data: {} }]);
  }

  async arrive(jobId: string): Promise<void> {
    const job = await this.job(jobId);
    if (!job.visit.arrived_at) await this.add(job, [{ kind: "visit.arrived", data: {} }]);
  }

  // The work.

  async assess(jobId: string, severity: string, findings: string[], words?: string): Promise<void> {
    await this.say(jobId, "visit.assessed", { severity, findings, words });
  }

  /** Raises NotHere for a step that the checklist does not have, NotValid for an answer that will not do. */
  async check(jobId: string, stepId: string, answer: unknown, words?: string): Promise<void> {
    const job = await this.job(jobId);
    const step = stepOf(job.sheet, stepId);
    if (!step) throw new NotHere({ what: "step", subject: stepId });
    const code = problem(step, answer);
    if (code) throw new NotValid({ fields: [{ field: stepId, code }] });
    await this.add(job, [{ kind: "checklist.answered", data: { step_id: stepId, answer, words } }]);
  }

  /** Takes one picture into proof; its doubts have been told, and it is kept all the same. */
  async photo(
    jobId: string,
    slot: string,
    shot: Shot,
    more: { reason?: string; drawnOn?: string } = {},
  ): Promise<string> {
    const job = await this.job(jobId);
    const kept = await content(
      this.outbox,
      shot.bytes,
      shot.mime,
      "photo",
      JSON.stringify(shot.look),
    );
    const photoId = this.newId();
    const data = {
      photo_id: photoId,
      slot,
      sha256: kept.sha256,
      size: kept.size,
      mime: shot.mime,
      width: shot.width,
      height: shot.height,
      source: more.reason ? "gallery" : "camera",
      reason: more.reason,
      drawn_on: more.drawnOn,
    };
    await this.add(job, [{ kind: "photo.taken", data }], [kept]);
    return photoId;
  }

  /** Takes a photo back; its bytes stay evidence. */
  async discard(jobId: string, photoId: string, reason: string): Promise<void> {
    const job = await this.job(jobId);
    if (!job.visit.photos[photoId]) throw new NotHere({ what: "photo", subject: photoId });
    await this.add(job, [{ kind: "photo.discarded", data: { photo_id: photoId, reason } }]);
  }

  /** Notes a part as used. A price that nobody says comes from the job's plan, then the catalogue. */
  async part(jobId: string, use: PartUse): Promise<void> {
    const job = await this.job(jobId);
    const price = await this.priceOf(job.sheet, use);
    const { sku, quantity, from, charge, serial } = use;
    const data = { line_id: this.newId(), sku, quantity, from, charge, ...price, serial };
    await this.add(job, [{ kind: "part.used", data }]);
  }

  private async priceOf(sheet: Sheet, use: PartUse): Promise<Json> {
    if (use.unitPrice !== undefined || use.charge !== "customer") {
      return { unit_price: use.unitPrice, currency: use.currency };
    }
    const planned = sheet.planned_parts.filter((line) => line.sku === use.sku);
    const known = (await this.base.one("part", use.sku))?.data;
    const priced = [...planned, known].find((each) => typeof each?.unit_price === "number");
    return { unit_price: priced?.unit_price, currency: priced?.currency ?? use.currency };
  }

  async void(jobId: string, lineId: string, reason: string): Promise<void> {
    const job = await this.job(jobId);
    if (!job.visit.parts[lineId]) throw new NotHere({ what: "line", subject: lineId });
    await this.add(job, [{ kind: "part.voided", data: { line_id: lineId, reason } }]);
  }

  async request(
    jobId: string,
    asked: { sku?: string; quantity: number; reason: string; words?: string },
  ): Promise<void> {
    await this.say(jobId, "part.requested", { request_id: this.newId(), ...asked });
  }

  async swap(jobId: string, oldSerial: string, newSerial: string, lineId?: string): Promise<void> {
    const data = { line_id: lineId, old_serial: oldSerial, new_serial: newSerial };
    await this.say(jobId, "serial.swapped", data);
  }

  async note(jobId: string, text: string, audience: "office" | "customer"): Promise<void> {
    await this.say(jobId, "note.added", { text, audience });
  }

  async lead(jobId: string, text: string, product?: string): Promise<void> {
    await this.say(jobId, "lead.noted", { text, product });
  }

  // The receipt.

  /** The receipt as it would be signed now. Writes nothing. */
  async receipt(job: Job, language?: Language, reservation?: string): Promise<Receipt> {
    return receiptOf(job, await this.outbox.lane(job.jobId), language, reservation);
  }

  /** Notes that the customer was shown the receipt, once for each version of it. */
  async present(jobId: string, language?: Language): Promise<Receipt> {
    const job = await this.job(jobId);
    await this.add(job, (lane) => presenting(lane, receiptOf(job, lane, language)));
    return this.receipt(job, language);
  }

  /** The customer's signature under the receipt with its reservation, presented and signed in one go. */
  async sign(jobId: string, signing: Signing): Promise<Receipt> {
    const job = await this.job(jobId);
    const { language, reservation } = signing;
    const mark = await content(this.outbox, signing.picture, "image/png", "signature");
    const data = {
      signer_name: signing.name,
      relation: signing.relation,
      signature: { sha256: mark.sha256, size: mark.size, mime: mark.mime },
      stars: signing.stars,
      words: signing.words,
      reservation,
    };
    await this.add(
      job,
      async (lane) => {
        const receipt_digest = await digest(receiptOf(job, lane, language, reservation));
        const shown = await presenting(lane, receiptOf(job, lane, language));
        return [...shown, { kind: "receipt.signed", data: { receipt_digest, ...data } }];
      },
      [mark],
    );
    return this.receipt(job, language, reservation);
  }

  /** Why nobody signs now: refused, absent, or later by link. */
  async unsigned(jobId: string, reason: string, words?: string): Promise<void> {
    await this.say(jobId, "receipt.unsigned", { reason, words });
  }

  /**
   * Ends the visit and announces all that was captured. Raises SomethingMissing before finishing as
   * completed what is not complete, unless `anyway`: a fact from the field is never refused.
   */
  async finish(
    jobId: string,
    ending: { outcome: string; cause?: string; words?: string; anyway?: boolean },
  ): Promise<void> {
    const job = await this.job(jobId);
    const { anyway, ...said } = ending;
    const missing = missingOf(job);
    if (ending.outcome === "completed" && missing.length > 0 && !anyway) {
      throw new SomethingMissing({ items: missing });
    }
    await this.add(job, async (lane) => [
      { kind: "visit.finished", data: { ...said, manifest: await manifest(lane) } },
    ]);
  }
}

/** The receipt of these events. */
export function receiptOf(
  job: Job,
  lane: Envelope[],
  language: Language = customerLanguage(job.sheet),
  reservation?: string,
): Receipt {
  const noted = reservation ? (clean(reservation) as string) : null;
  return receipts.build(job.sheet, lane, { language, reservation: noted });
}

async function presenting(lane: Envelope[], receipt: Receipt): Promise<Said[]> {
  const receipt_digest = await digest(receipt);
  const shown = lane.filter((event) => event.kind === "receipt.presented").at(-1);
  if (shown?.data["receipt_digest"] === receipt_digest) return [];
  const data = { receipt_digest, language: receipt.language };
  return [{ kind: "receipt.presented", data }];
}

/** The customer's own language, in which the receipt is written. */
export function customerLanguage(sheet: Sheet): Language {
  return sheet.customer?.language?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function stepOf(sheet: Sheet, stepId: string): Step | undefined {
  return sheet.checklist?.steps.find((step) => step.step_id === stepId);
}
