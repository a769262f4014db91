/** Sending what waits, batch by batch, until nothing is left that may go now. */

import { newId, stamp } from "./clock";
import { expected, refusal, type Conversation } from "./conversation";
import type { Answer } from "./transport";
import { ForeignAnswer } from "./errors";
import type { Envelope, Outbox } from "./outbox";
import { person } from "./people";
import { isNewEpoch, pushStep, type Limits } from "./plan";
import type { Json } from "./domain/json";
import type { Store } from "./store";

const MOST_STATUS_IDS = 200;
const MOST_STUMBLES = 3;

/** The server knows this tablet's number under another event: somebody copied the store. */
export class DeviceForked extends Error {}

/** The server does not know this tablet (any more). */
export class DeviceUnknown extends Error {}

/** The server is not the one that answered before: it was restored from a backup. */
export class EpochChanged extends Error {
  constructor(readonly epoch: string) {
    super(epoch);
  }
}

/**
 * Drains the outbox of one person. Raises NetworkDown, ServerBusy, SignInNeeded, and the three above.
 * `resting` is what the server asked to send later, with the seconds that it named.
 */
export class Push {
  readonly resting = new Map<string, number>();
  readonly byStatus = new Map<string, number>();

  constructor(
    private readonly outbox: Outbox,
    private readonly talk: Conversation,
    private readonly limits: Limits,
  ) {}

  async run(): Promise<void> {
    let size = this.limits.max_events;
    let failures = 0;
    for (;;) {
      const resting = new Set(this.resting.keys());
      const batch = await this.outbox.nextBatch(this.limits, size, resting);
      if (batch.length === 0) return;
      const answer = await this.send(batch);
      switch (pushStep(answer.status, codeOf(answer), batch.length, failures)) {
        case "settle":
          await this.settle(batch, answer);
          size = Math.min(this.limits.max_events, size * 2);
          failures = 0;
          break;
        case "halve":
          size = Math.max(1, Math.floor(batch.length / 2));
          failures = 0;
          break;
        case "quarantine":
          await this.quarantine(batch[0] as Envelope);
          failures = 0;
          break;
        case "enrol":
          throw new DeviceUnknown();
        default:
          if (answer.status !== 500 || failures >= MOST_STUMBLES) throw refusal(answer);
          failures += 1;
      }
    }
  }

  private async send(events: Envelope[]): Promise<Answer> {
    const { clock } = this.outbox.store;
    return this.talk.ask("POST", "/sync/v1/push", {
      device_id: this.talk.deviceId,
      batch_id: newId(clock),
      sent_at: stamp(clock.now()),
      events,
    });
  }

  private async settle(batch: Envelope[], answer: Answer): Promise<void> {
    const page = expected(answer, "results");
    const sent = new Set(batch.map((event) => event.event_id));
    const told = resultsOf(page).filter((each) => sent.has(String(each["event_id"])));
    const settled = await this.outbox.settle(told);
    for (const [status, count] of Object.entries(settled.byStatus)) this.count(status, count);
    const answered = new Set(told.map((each) => each["event_id"]));
    for (const id of sent) if (!answered.has(id)) this.resting.set(id, 0);
    for (const [id, seconds] of settled.resting) this.resting.set(id, seconds);
    await mustBeSameEpoch(this.outbox.store, this.outbox.personId, page);
    if (settled.forked) throw new DeviceForked();
  }

  /** Hands over raw what the server cannot read; what it will not even take so is parked here. */
  private async quarantine(event: Envelope): Promise<void> {
    const answer = await this.talk.ask("POST", "/sync/v1/quarantine", event);
    const id = event.event_id;
    if (answer.status === 200) {
      expected(answer);
      await this.outbox.park(id, "bad_envelope");
    } else if ([400, 413, 422].includes(answer.status)) {
      await this.outbox.park(id, "undeliverable");
    } else {
      throw refusal(answer);
    }
    this.count("quarantined", 1);
  }

  private count(status: string, more: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + more);
  }

  /** Asks what became of events whose predecessor was missing, and sends again what was lost. */
  async heal(): Promise<void> {
    const ids = await this.outbox.heldIds();
    for (let start = 0; start < ids.length; start += MOST_STATUS_IDS) {
      const asked = ids.slice(start, start + MOST_STATUS_IDS);
      const answer = await this.talk.ask("POST", "/sync/v1/events/status", { event_ids: asked });
      const results = resultsOf(expected(answer, "results"));
      const ours = results.filter((each) => asked.includes(String(each["event_id"])));
      await this.outbox.settle(ours);
      const lost = ours.filter((each) => each["status"] === "unknown");
      if (lost.length > 0)
        await this.outbox.offerAgain(lost.map((each) => String(each["event_id"])));
    }
  }
}

function codeOf(answer: Answer): string | null {
  if (answer.status === 200) return null;
  const code = answer.json()?.["code"];
  return typeof code === "string" ? code : null;
}

function resultsOf(page: Json): Json[] {
  const results = page["results"];
  if (
    !Array.isArray(results) ||
    results.some((each) => typeof each !== "object" || each === null)
  ) {
    throw new ForeignAnswer({ why: "not the expected object" });
  }
  return results as Json[];
}

/** Raises EpochChanged when this answer comes from another life of the server. */
export async function mustBeSameEpoch(store: Store, personId: string, told: Json): Promise<void> {
  const { epoch } = await person(store, personId);
  if (isNewEpoch(epoch, told["epoch"])) throw new EpochChanged(String(told["epoch"]));
}
