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
import { StorageFull, StoreLost, ofStore, type Failure } from "./errors";
import { hasJournal, turnPage } from "./journals";
import { LEAVES, Reserve } from "./reserves";
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

/**
 * Everything was with the office and the tablet was emptied; or it was lost, and what waits is locked up; or
 * the browser has thrown away all that was here, asked by somebody or because the tablet was full.
 */
export type Farewell = "emptied" | "lost" | "evicted";

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
  readonly reserve = new Reserve();
  private wasThere = false;
  private isNew = false;
  private opening: Promise<void> | undefined;
  private connections = 0;
  /** Nothing is saved before it; see journals.ts. */
  private page: Promise<void> | undefined;
  /** Room that was given up has helped: then the disk is full, whatever the browser calls it. */
  private wasFull = false;

  constructor(
    readonly clock: Clock,
    name = "doorstep",
  ) {
    this.tables = new Tables(name);
    this.tables.on("ready", (tables) => this.beBorn(tables as Tables), true);
  }

  async open(): Promise<this> {
    await this.translated(() => this.tables.open());
    if (!this.isNew) this.page = this.turnPage().finally(() => (this.page = undefined));
    return this;
  }

  /** Where there is room for it beside all that is held back: what is never refused comes first. */
  private async turnPage(): Promise<void> {
    if (hasJournal() && (await this.reserve.isWhole())) await turnPage();
  }

  /** Opens the store again where the system has closed it: whoever reads afterwards finds it open. */
  async wake(): Promise<void> {
    await this.reading(["installation"], () => this.tables.installation.get(1));
  }

  /**
   * Whenever the store is opened: a new one, and one that the browser has thrown away under us. Two tabs may do
   * this at once; the first one's word counts.
   */
  private async beBorn(tables: Tables): Promise<void> {
    const { installation } = tables;
    if (await installation.get(1)) {
      this.wasThere = true;
      return;
    }
    this.isNew = true;
    const farewell = this.wasThere ? "evicted" : null;
    const row: Installation = {
      ...newborn(this.clock),
      browserKey: await newBrowserKey(),
      farewell,
    };
    await tables.transaction("rw", installation, async () => {
      if (!(await installation.get(1))) await installation.add(row);
    });
    this.wasThere = true;
  }

  close(): void {
    this.tables.close();
  }

  /**
   * One transaction, all or nothing, on the disk when the promise resolves. Nests. Where nothing fits any
   * more, what is held back is given up for it; `leave` is how many pieces of that must stay.
   */
  async writing<T>(
    names: Named[],
    act: (transaction: Transaction) => Promise<T>,
    leave: number = LEAVES.entries,
  ): Promise<T> {
    const tables = names.map((name) => this.tables[name] as Table);
    if (this.page && !Dexie.currentTransaction) await this.page;
    return this.translated(() => this.tables.transaction("rw", tables, act), leave);
  }

  async reading<T>(names: Named[], act: () => Promise<T>): Promise<T> {
    const tables = names.map((name) => this.tables[name] as Table);
    return this.translated(() => this.tables.transaction("r", tables, act));
  }

  /**
   * The browser's complaints as failures that a person understands, once all has been tried: a connection that
   * the system took away (the tablet slept, the storage process died) is opened again, and room that is held
   * back is given up. No browser says "full" of a disk that fills up between two looks at it: then it only
   * fails to write, or to open.
   */
  private async translated<T>(
    act: () => PromiseLike<T>,
    leave: number = LEAVES.entries,
  ): Promise<T> {
    let [isCutOff, given] = [false, 0];
    for (;;) {
      const connection = this.connections;
      try {
        if (isCutOff) await this.openAgain();
        const done = await act();
        this.wasFull ||= given > 0;
        return done;
      } catch (problem) {
        if (Dexie.currentTransaction || !isOfStore(problem)) throw problem;
        const wasOpen = !isCutOff;
        isCutOff = isLost(problem);
        if (isCutOff && (wasOpen || connection !== this.connections)) continue;
        const failure = ofStore(problem);
        if (!this.mayBeFull(failure, given)) throw failure;
        given += 1;
        if (await this.reserve.giveUp(isCutOff ? LEAVES.entries : leave)) continue;
        throw this.wasFull ? new StorageFull(failure.details, { cause: problem }) : failure;
      }
    }
  }

  /** A failure that does not say so is tried with more room once; on and on where that has helped before. */
  private mayBeFull(failure: Failure, given: number): boolean {
    if (failure instanceof StorageFull) return true;
    return failure instanceof StoreLost && (given === 0 || this.wasFull);
  }

  /** One for all who find themselves cut off: whoever closes it anew would cut off the others. */
  private async openAgain(): Promise<void> {
    if (this.tables.isOpen()) return;
    this.opening ??= this.openAnew().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async openAnew(): Promise<void> {
    this.tables.close({ disableAutoOpen: false });
    await this.tables.open();
    this.connections += 1;
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

/** What our own code means by a failure of its own passes. */
function isOfStore(problem: unknown): boolean {
  return problem instanceof Dexie.DexieError || problem instanceof DOMException;
}

const LOST = new Set(["DatabaseClosedError", "InvalidStateError", "UnknownError"]);

function isLost(problem: unknown): boolean {
  return problem instanceof Error && LOST.has(problem.name);
}
