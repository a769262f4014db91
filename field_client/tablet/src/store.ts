/**
 * The store on the tablet: one IndexedDB, durable before anybody is told "saved".
 *
 * Every transaction is strict: it has ended only when the bytes are on the disk (by its default
 * Chromium lost every write of the last seconds in a power cut). What people said, wrote and
 * photographed lies in it sealed; what is needed to find it lies open: ids, states and sizes.
 */

import Dexie, { type EntityTable, type Table, type Transaction } from "dexie";

import { newId, newSecret, type Clock, type Offset } from "./clock";
import type { Json } from "./domain/json";
import { StoreLost, ofStore } from "./errors";
import { newBrowserKey, type Locked, type Sealed } from "./safes";

export interface Installation {
  id: 1;
  deviceId: string;
  installSecret: string;
  name: string;
  nextSeq: number;
  hello: Json;
  offset: Offset | null;
  browserKey: CryptoKey;
  /** Why what was here has gone; said at the door until somebody signs in. */
  farewell?: Farewell | null;
}

/** Everything was with the office and the tablet was emptied; or it was lost, and what waits is locked up. */
export type Farewell = "emptied" | "lost";

export interface PersonRow {
  personId: string;
  username: string;
  name: string;
  role: string;
  language: "en" | "zh";
  deviceId: string;
  byPin: Locked | null;
  bySignIn: Locked;
  wrongPins: number;
  tokens: Sealed | null;
  cursor: string | null;
  epoch: string | null;
  snapshotMark: number;
  serverTime: string | null;
  syncedAt: string | null;
}

export type Standing = "mine" | "leaving" | "gone";

/** One entity as the server last told it; a tombstone has no content. */
export interface BaseRow {
  personId: string;
  kind: string;
  id: string;
  version: number;
  standing: Standing;
  reason: string | null;
  content: Sealed | null;
  mark: number;
  completeSince: string | null;
}

/** A field event. `body` is the text of the wire envelope as captured, and is never written again. */
export interface EventRow {
  place?: number;
  eventId: string;
  personId: string;
  jobId: string;
  kind: string;
  seq: number;
  body: Sealed;
  state: "waiting" | "acknowledged" | "parked";
  status: string | null;
  code: string | null;
  effectVersion: number | null;
}

export interface LaneRow {
  personId: string;
  jobId: string;
  lastEventId: string;
  /** The highest version of the base that an event of this lane has an effect in; 0 where none has. */
  effectVersion: number;
}

export interface BlobRow {
  sha256: string;
  personId: string;
  size: number;
  mime: string;
  purpose: "photo" | "signature";
  state: "waiting" | "stored" | "lost";
  problem: string | null;
  isLocal: boolean;
  look: string | null;
}

export interface BytesRow {
  personId: string;
  sha256: string;
  content: Sealed;
}

export interface UseRow {
  sha256: string;
  eventId: string;
  personId: string;
  jobId: string;
}

/** What was typed and is not said yet: it comes back after a crash, a reload, a lock. */
export interface DraftRow {
  personId: string;
  name: string;
  content: Sealed;
}

/** A small picture of an earlier trip, brought along so that it is there without a network. */
export interface PictureRow {
  personId: string;
  photoId: string;
  jobId: string;
  content: Sealed;
}

export class Tables extends Dexie {
  installation!: EntityTable<Installation, "id">;
  people!: EntityTable<PersonRow, "personId">;
  base!: Table<BaseRow, [string, string, string]>;
  events!: EntityTable<EventRow, "place">;
  lanes!: Table<LaneRow, [string, string]>;
  blobs!: Table<BlobRow, [string, string]>;
  bytes!: Table<BytesRow, [string, string]>;
  uses!: Table<UseRow, [string, string]>;
  drafts!: Table<DraftRow, [string, string]>;
  pictures!: Table<PictureRow, [string, string]>;

  constructor(name: string) {
    super(name, { chromeTransactionDurability: "strict" });
    // A version that was shipped is never edited: the next one is added.
    this.version(1).stores({
      installation: "id",
      people: "personId, &username",
      base: "[personId+kind+id], [personId+kind+standing]",
      events: "++place, &eventId, &seq, [personId+state], [personId+jobId]",
      lanes: "[personId+jobId]",
      blobs: "[personId+sha256], [personId+state]",
      bytes: "[personId+sha256]",
      uses: "[sha256+eventId], [personId+jobId], [personId+sha256]",
      drafts: "[personId+name]",
    });
    this.version(2).stores({
      events: "++place, &eventId, &seq, [personId+state], [personId+jobId], [personId+status]",
      pictures: "[personId+photoId], [personId+jobId]",
    });
    this.version(3).stores({ lanes: "[personId+jobId]" }).upgrade(noteEffects);
  }
}

/** Each lane learns how far the effects of its events reach. */
async function noteEffects(upgrade: Transaction): Promise<void> {
  const reach = new Map<string, number>();
  await upgrade.table<EventRow>("events").each(({ personId, jobId, effectVersion }) => {
    const lane = JSON.stringify([personId, jobId]);
    reach.set(lane, Math.max(reach.get(lane) ?? 0, effectVersion ?? 0));
  });
  await upgrade
    .table<LaneRow>("lanes")
    .toCollection()
    .modify((lane) => {
      lane.effectVersion = reach.get(JSON.stringify([lane.personId, lane.jobId])) ?? 0;
    });
}

type Named = Exclude<keyof Tables, keyof Dexie>;

/** An open store. Raises StorageFull, StoreLost and StoreTooNew, with nothing written. */
export class Store {
  readonly tables: Tables;

  constructor(
    readonly clock: Clock,
    name = "doorstep",
  ) {
    this.tables = new Tables(name);
  }

  async open(): Promise<this> {
    await this.translated(() => this.tables.open());
    if (!(await this.tables.installation.get(1))) await this.beBorn();
    return this;
  }

  /** Two tabs may do this at once; the first one's word counts. */
  private async beBorn(): Promise<void> {
    const browserKey = await newBrowserKey();
    await this.writing(["installation"], async () => {
      if (await this.tables.installation.get(1)) return;
      await this.tables.installation.add({ ...newborn(this.clock), browserKey });
    });
  }

  close(): void {
    this.tables.close();
  }

  /** One transaction, all or nothing, on the disk when the promise resolves. Nests. */
  async writing<T>(names: Named[], act: (transaction: Transaction) => Promise<T>): Promise<T> {
    const tables = names.map((name) => this.tables[name] as Table);
    return this.translated(() => this.tables.transaction("rw", tables, act));
  }

  async reading<T>(names: Named[], act: () => Promise<T>): Promise<T> {
    const tables = names.map((name) => this.tables[name] as Table);
    return this.translated(() => this.tables.transaction("r", tables, act));
  }

  /**
   * The browser's complaints as failures that a person understands. A connection that the system took
   * away (the tablet slept, the storage process died) is opened once more before anybody hears of it.
   */
  private async translated<T>(act: () => PromiseLike<T>): Promise<T> {
    try {
      return await act();
    } catch (problem) {
      if (Dexie.currentTransaction) throw problem;
      if (!isLost(problem)) throw meaning(problem);
    }
    try {
      this.tables.close({ disableAutoOpen: false });
      await this.tables.open();
      return await act();
    } catch (problem) {
      throw meaning(problem);
    }
  }

  async installation(): Promise<Installation> {
    const row = await this.tables.installation.get(1);
    if (!row) throw new StoreLost();
    return row;
  }

  /** A tablet that nobody has worked on: a new identity, and no key of before. Inside the caller's transaction. */
  async beBornAgain(browserKey: CryptoKey): Promise<void> {
    const row = { ...newborn(this.clock), browserKey, farewell: "emptied" as const };
    await this.tables.installation.put(row);
  }

  async setInstallation(values: Partial<Omit<Installation, "id">>): Promise<void> {
    await this.writing(["installation"], () => this.tables.installation.update(1, values));
  }
}

function newborn(clock: Clock): Omit<Installation, "browserKey"> {
  return {
    id: 1,
    deviceId: newId(clock),
    installSecret: newSecret(clock),
    name: nameOfBrowser(),
    nextSeq: 1,
    hello: {},
    offset: null,
  };
}

/** How the office tells this tablet from others until somebody gives it a better name. */
function nameOfBrowser(): string {
  const said = typeof navigator === "undefined" ? "" : navigator.userAgent;
  const kind = /iPad|iPhone|Android|Windows|Mac OS|Linux|CrOS/.exec(said)?.[0];
  return kind ? `${kind} tablet` : "tablet";
}

const LOST = new Set(["DatabaseClosedError", "InvalidStateError", "UnknownError"]);

function isLost(problem: unknown): boolean {
  return problem instanceof Error && LOST.has(problem.name);
}

/** The store's own failures; what our code means by a failure of its own passes. */
function meaning(problem: unknown): unknown {
  return problem instanceof Dexie.DexieError || problem instanceof DOMException
    ? ofStore(problem)
    : problem;
}
