/**
 * What waits to be sent: the field events of one person, in the order in which they were captured.
 *
 * An event is sealed text from the moment it is captured and is never rewritten, whatever version of the
 * app comes later. Only `seq` stands beside it, because a tablet that gets a new identity numbers anew
 * what waits. Nothing is ever marked "in flight": whoever dies while sending was simply not answered.
 */

import { captured, newId } from "./clock";
import type { Clock, Envelope, Position } from "./domain/documents";
import { check } from "./domain/events";
import { clean } from "./domain/sync";
import { NoRoomForPhoto, NotValid, StorageFull } from "./errors";
import { person } from "./people";
import { batch, eventStep, settled, type Limits, type Settled } from "./plan";
import { sealText, unsealText, type Sealed } from "./safes";
import type { Json } from "./domain/json";
import { LEAVES } from "./reserves";
import type { EventRow, Store } from "./store";

export type { Envelope };

/** As it is captured: its number stands beside it. */
type Unnumbered = Omit<Envelope, "seq">;

export interface Opened {
  personId: string;
  key: CryptoKey;
}

/** The bytes that an event announces, already hashed and sealed: they go into its transaction. */
export interface Content {
  sha256: string;
  size: number;
  mime: string;
  purpose: "photo" | "signature";
  sealed: Sealed;
  look?: string;
}

export interface Facts {
  baseRev: number | null;
  clock: Clock;
  position?: Position | undefined;
  contents?: Content[];
}

export interface Said {
  kind: string;
  data: Json;
}

/** What is to be said after all that this person said on this job; nothing is an answer, too. */
export type Compose = (lane: Envelope[]) => Said[] | Promise<Said[]>;

const WRITTEN = ["events", "lanes", "installation", "blobs", "bytes", "uses", "people"] as const;

/** The outbox of one person. Another person on the same tablet neither sees nor loses it. */
export class Outbox {
  /** Bodies that were opened once: they never change. */
  private readonly read = new Map<string, string>();

  constructor(
    readonly store: Store,
    readonly who: Opened,
  ) {}

  get personId(): string {
    return this.who.personId;
  }

  /**
   * Captures one fact, or several that belong together; on the disk when the promise resolves. What is
   * said may depend on what was said before (a receipt, a manifest): it is composed anew where another
   * tab was faster.
   *
   * Raises NotValid before anything is written, SignInNeeded where the tablet was emptied, StorageFull and StoreLost with nothing written.
   */
  async add(jobId: string, compose: Compose, facts: Facts): Promise<Envelope[]> {
    for (;;) {
      const head = await this.laneHead(jobId);
      const said = await compose(await this.lane(jobId));
      if (said.length === 0) return [];
      const told = said.map(({ kind, data }) => ({ kind, data: checked(kind, data) }));
      const envelopes = this.envelopes(jobId, told, facts, head);
      const bodies = await Promise.all(envelopes.map((each) => this.sealed(each)));
      const written = await this.write(jobId, head, envelopes, bodies, facts.contents ?? []);
      if (written) return written;
    }
  }

  private envelopes(jobId: string, told: Said[], facts: Facts, head: string | null): Unnumbered[] {
    const { clock } = this.store;
    let after = head;
    return told.map(({ kind, data }) => {
      const event_id = newId(clock);
      const envelope: Unnumbered = {
        event_id,
        kind,
        v: 1,
        job_id: jobId,
        base_rev: facts.baseRev,
        after,
        actor: this.personId,
        captured_at: captured(clock),
        tz: clock.zone,
        clock: facts.clock,
        ...(facts.position ? { position: facts.position } : {}),
        data,
      };
      after = event_id;
      return envelope;
    });
  }

  private async sealed(envelope: Unnumbered): Promise<Sealed> {
    return sealText(this.who.key, JSON.stringify(envelope));
  }

  /** Undefined where another tab captured something for this job meanwhile: then it is done again. */
  private async write(
    jobId: string,
    head: string | null,
    envelopes: Unnumbered[],
    bodies: Sealed[],
    contents: Content[],
  ): Promise<Envelope[] | undefined> {
    const { tables, reserve } = this.store;
    const leave = contents.some(isPhoto) ? LEAVES.photos : LEAVES.entries;
    if (!(await reserve.has(leave))) throw new NoRoomForPhoto();
    const write = async () => {
      await person(this.store, this.personId); // never under a key that went with a tablet's emptying
      const lane = await tables.lanes.get([this.personId, jobId]);
      if ((lane?.lastEventId ?? null) !== head) return undefined;
      const first = await this.takeSeqs(envelopes.length);
      const rows = envelopes.map((each, at) => this.row(each, first + at, bodies[at] as Sealed));
      await tables.events.bulkAdd(rows);
      const lastEventId = (envelopes.at(-1) as Unnumbered).event_id;
      const effectVersion = lane?.effectVersion ?? 0;
      await tables.lanes.put({ personId: this.personId, jobId, lastEventId, effectVersion });
      await this.keep(contents, jobId, lastEventId);
      return envelopes.map((each, at) => ({ ...each, seq: first + at }));
    };
    return this.store.writing([...WRITTEN], write, leave).catch((problem: unknown) => {
      throw leave && problem instanceof StorageFull ? new NoRoomForPhoto(problem.details) : problem;
    });
  }

  private row(envelope: Unnumbered, seq: number, body: Sealed): EventRow {
    return {
      eventId: envelope.event_id,
      personId: this.personId,
      jobId: envelope.job_id,
      kind: envelope.kind,
      seq,
      body,
      state: "waiting",
      status: null,
      code: null,
      effectVersion: null,
    };
  }

  /** The next numbers of this installation; a counter, so that no number is ever used twice. */
  private async takeSeqs(count: number): Promise<number> {
    const { nextSeq } = await this.store.installation();
    await this.store.tables.installation.update(1, { nextSeq: nextSeq + count });
    return nextSeq;
  }

  private async keep(contents: Content[], jobId: string, eventId: string): Promise<void> {
    const { tables } = this.store;
    const { personId } = this;
    for (const { sha256, size, mime, purpose, sealed, look } of contents) {
      const known = await tables.blobs.get([personId, sha256]);
      if (!known || known.state === "lost") {
        const row = { personId, sha256, size, mime, purpose, look: look ?? null };
        await tables.blobs.put({ ...row, state: "waiting", problem: null, isLocal: true });
      }
      if (!known?.isLocal) await tables.bytes.put({ personId, sha256, content: sealed });
      await tables.uses.put({ sha256, eventId, personId, jobId });
    }
  }

  /** The last event of this person on this job: what the next one comes `after`. */
  async laneHead(jobId: string): Promise<string | null> {
    const lane = await this.store.tables.lanes.get([this.personId, jobId]);
    return lane?.lastEventId ?? null;
  }

  /** Every event of this person on this job with what the server said of it, oldest first. */
  async rows(jobId: string): Promise<EventRow[]> {
    const { events } = this.store.tables;
    return events.where({ personId: this.personId, jobId }).sortBy("place");
  }

  /**
   * By job, the events that its base may lack: what waits, what is held, and all of a job whose base is
   * older than an effect of theirs. `versions` are those of the bases. Three questions, however many jobs
   * and however much is long with the office. Inside the caller's transaction.
   */
  async beyond(versions: ReadonlyMap<string, number>): Promise<Map<string, EventRow[]>> {
    const { events, lanes } = this.store.tables;
    const { personId } = this;
    const [waiting, held, all] = await Promise.all([
      this.waiting(),
      events.where({ personId, status: "held" }).toArray(),
      lanes.where("[personId+jobId]").between([personId, ""], [personId, "\uffff"]).toArray(),
    ]);
    const open = new Map([...held, ...waiting].map((row) => [row.eventId, row]));
    const inOrder = [...open.values()].sort((one, other) => placeOf(one) - placeOf(other));
    const byJob = new Map<string, EventRow[]>();
    for (const row of inOrder) byJob.set(row.jobId, [...(byJob.get(row.jobId) ?? []), row]);
    for (const { jobId, effectVersion } of all) {
      if (effectVersion > (versions.get(jobId) ?? Infinity))
        byJob.set(jobId, await this.rows(jobId));
    }
    return byJob;
  }

  async lane(jobId: string): Promise<Envelope[]> {
    return this.opened(await this.rows(jobId));
  }

  /** The wire form of rows: the text as captured, and its number of today. */
  async opened(rows: EventRow[]): Promise<Envelope[]> {
    const bodies = await Promise.all(rows.map((row) => this.body(row)));
    return rows.map((row, at) => ({ ...JSON.parse(bodies[at] as string), seq: row.seq }));
  }

  async body(row: EventRow): Promise<string> {
    const known = this.read.get(row.eventId);
    if (known !== undefined) return known;
    const text = await unsealText(this.who.key, row.body);
    this.read.set(row.eventId, text);
    return text;
  }

  /** What to send next. Lanes in which an event rests are left out, so nothing overtakes it. */
  async nextBatch(limits: Limits, atMost: number, resting: Set<string>): Promise<Envelope[]> {
    const waiting = await this.waiting();
    const rows = await Promise.all(
      waiting.map(async (row) => ({
        event_id: row.eventId,
        job_id: row.jobId,
        seq: row.seq,
        body: await this.body(row),
      })),
    );
    return batch(rows, limits, { atMost, resting });
  }

  /** Every event that the server has not taken into custody, oldest first. */
  async waiting(): Promise<EventRow[]> {
    const { events } = this.store.tables;
    return events.where({ personId: this.personId, state: "waiting" }).sortBy("place");
  }

  /** Events that the server keeps until their predecessor comes. */
  async heldIds(): Promise<string[]> {
    const { events } = this.store.tables;
    const kept = events.where({ personId: this.personId, state: "acknowledged" });
    return (await kept.filter((row) => row.status === "held").toArray()).map((row) => row.eventId);
  }

  /** Writes down what the server said of events, all in one transaction. */
  async settle(results: Json[]): Promise<Settled> {
    await this.store.writing(["events", "lanes"], async () => {
      for (const result of results) {
        const step = eventStep(result);
        if (step.state === null) continue;
        const effectVersion = result["effect_version"];
        await this.note(String(result["event_id"]), {
          state: step.state,
          status: step.status,
          code: typeof result["code"] === "string" ? result["code"] : null,
          ...(typeof effectVersion === "number" ? { effectVersion } : {}),
        });
      }
    });
    return settled(results);
  }

  private async note(eventId: string, told: Partial<EventRow>): Promise<void> {
    const { events, lanes } = this.store.tables;
    const row = await events.where({ eventId }).first();
    if (row?.personId !== this.personId) return;
    await events.update(placeOf(row), told);
    const { effectVersion } = told;
    if (!effectVersion) return;
    const lane = await lanes.get([this.personId, row.jobId]);
    if (lane && lane.effectVersion < effectVersion) await lanes.put({ ...lane, effectVersion });
  }

  /** Stops sending one event; it stays here, is shown, and travels with the black box. */
  async park(eventId: string, code: string): Promise<void> {
    await this.settle([{ event_id: eventId, status: "quarantined", custody: true, code }]);
  }

  /** Puts events that the server once had back into the queue. */
  async offerAgain(eventIds: string[]): Promise<void> {
    const { events } = this.store.tables;
    const wanted = new Set(eventIds);
    await this.store.writing(["events"], () =>
      events
        .where("[personId+state]")
        .anyOf([
          [this.personId, "acknowledged"],
          [this.personId, "parked"],
        ])
        .filter((row) => wanted.has(row.eventId))
        .modify({ state: "waiting" }),
    );
  }

  /** New numbers for what waits, in the same order, after the tablet got a new identity. */
  async renumber(): Promise<void> {
    await this.store.writing(["events", "installation"], async () => {
      for (const row of await this.waiting()) {
        const seq = await this.takeSeqs(1);
        await this.store.tables.events.update(row.place as number, { seq });
      }
    });
  }

  /** Whether something of this job is not with the server yet: an event or a file. */
  async hasUnsent(jobId: string): Promise<boolean> {
    const { events, uses, blobs } = this.store.tables;
    const { personId } = this;
    const said = events.where({ personId, jobId }).filter((row) => row.state === "waiting");
    if (await said.count()) return true;
    const files = await uses.where({ personId, jobId }).toArray();
    const rows = await blobs.bulkGet(files.map((use) => [personId, use.sha256]));
    return rows.some((row) => row?.state === "waiting");
  }
}

function isPhoto({ purpose }: Content): boolean {
  return purpose === "photo";
}

function placeOf(row: EventRow): number {
  return row.place as number;
}

/** Raises NotValid for what the server could not take as said. */
function checked(kind: string, data: Json): Json {
  const said = Object.entries(data).filter(([, value]) => value !== null && value !== undefined);
  const kept = clean(Object.fromEntries(said)) as Json;
  const problems = check(kind, 1, kept);
  if (problems.length > 0) throw new NotValid({ fields: problems });
  return kept;
}
