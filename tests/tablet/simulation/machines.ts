/**
 * Tablets that may die between any two steps of their store, over an IndexedDB in memory.
 *
 * The store is fake-indexeddb, entered where it takes its steps (each request and each end of a transaction).
 * A machine that dies undoes what was not committed, and from then on nothing of that life is ever answered:
 * no request, no transaction, no opening. So no `catch` and no `finally` of the app runs after its death, as
 * none runs in a browser that was killed. What the next life finds is what was committed, and after a power
 * cut only what was committed strictly, or before something that was.
 *
 * What this cannot show is whether a browser keeps that promise on a real disk: tests/browser kills one.
 */

import { createHash } from "node:crypto";

import {
  IDBDatabase as FakeDatabase,
  IDBFactory as FakeFactory,
  IDBTransaction as FakeTransaction,
} from "fake-indexeddb";

import type { Clock } from "../../../field_client/tablet/src/clock";

/** What fake-indexeddb does not show by its types. */
interface RawDatabase {
  readonly rawObjectStores: Map<string, { records: { values(): Iterable<RawRecord> } }>;
  transactions: Transaction[];
  connections: Connection[];
}

export interface RawRecord {
  readonly key: unknown;
  readonly value: unknown;
}

interface Connection {
  readonly _rawDatabase: RawDatabase;
}

interface Transaction {
  readonly db: Connection;
  readonly durability: string;
  readonly mode: string;
  readonly _scope: Set<string>;
  readonly _rollbackLog: (() => void)[];
  readonly _requests: unknown[];
  _state: string;
  error: unknown;
  _start(): void;
  _abort(why: string): void;
  _markFinished(): void;
}

interface Databases {
  readonly _databases: Map<string, RawDatabase>;
  readonly _connectionQueues: Map<string, unknown>;
}

const lives = new WeakMap<Connection, Life>();

/** From the moment a tablet is switched on until it dies or is switched off. */
export class Life {
  isOver = false;
  readonly death: Promise<string>;
  private end: (point: string) => void = () => undefined;

  constructor(readonly machine: Machine) {
    this.death = new Promise((told) => (this.end = told));
  }

  /** Nothing of it happens any more, whatever its code still waits for. */
  dies(point: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.machine.undoOpen();
    this.end(point);
  }

  /** The browser's door to databases, as this life sees it. */
  get indexedDB(): IDBFactory {
    const { factory } = this.machine;
    const open = (name: string, version?: number): IDBOpenDBRequest => {
      if (this.isOver) return new EventTarget() as IDBOpenDBRequest; // which never says a word
      const request = factory.open(name, version);
      const mine = () => lives.set(request.result as unknown as Connection, this);
      for (const event of ["upgradeneeded", "success"]) request.addEventListener(event, mine);
      return request;
    };
    return Object.assign(Object.create(factory) as IDBFactory, { open });
  }
}

/** One tablet: its disk, its clock, its chance, and a fuse that may burn down. */
export class Machine implements Clock {
  readonly zone = "Asia/Shanghai";
  boot = "";
  /** Milliseconds since 1970, and since it was switched on: the world says how late it is. */
  wall = 0;
  mono = 0;
  fuse: number | null = null;
  isFull = false;
  wasRefused = false;
  waits: (seconds: number) => Promise<void> = async () => undefined;
  private boots = 0;
  private drawn = 0;
  private unflushed: (() => void)[] = [];

  constructor(
    private readonly seed: string,
    readonly factory: IDBFactory = new FakeFactory(),
  ) {}

  starts(): Life {
    this.boots += 1;
    this.boot = `b${this.boots}`;
    return new Life(this);
  }

  now(): number {
    return this.wall;
  }

  monoMs(): number {
    return this.mono;
  }

  sleep(seconds: number): Promise<void> {
    return this.waits(seconds);
  }

  bytes(count: number): Uint8Array {
    this.drawn += 1;
    const chance = createHash("shake256", { outputLength: count });
    return new Uint8Array(chance.update(`${this.seed} ${this.drawn}`).digest());
  }

  /** Whether it is still alive after this point. */
  passes(life: Life, point: string): boolean {
    if (this.fuse !== null && --this.fuse < 0) {
      this.fuse = null;
      life.dies(point);
    }
    return !life.isOver;
  }

  takes(transaction: Transaction, life: Life, step: () => void): void {
    if (life.isOver) return;
    const isOver = transaction._requests.length === 0 && transaction.mode === "readonly";
    if (isOver || transaction._state === "finished") return step();
    const tables = [...transaction._scope].join("+");
    if (transaction._requests.length > 0) {
      if (this.passes(life, `a request to ${tables}`)) step();
      return;
    }
    if (!this.passes(life, `before commit of ${tables}`)) return;
    const undo = [...transaction._rollbackLog];
    if (this.isFull && undo.length > 0) {
      this.wasRefused = true;
      return transaction._abort("QuotaExceededError");
    }
    this.noteCommit(transaction, undo);
    if (this.fuse === 0) {
      transaction._markFinished(); // it is on the disk, and nobody hears of it
      this.passes(life, `after commit of ${tables}`);
    } else step();
  }

  private noteCommit(transaction: Transaction, undo: (() => void)[]): void {
    if (undo.length === 0) return;
    if (transaction.durability === "strict") this.unflushed = [];
    else this.unflushed.push(...undo);
  }

  /** What the browser's process had not committed is as if it had never been. */
  undoOpen(): void {
    const { _databases, _connectionQueues } = this.factory as unknown as Databases;
    for (const raw of _databases.values()) {
      for (const transaction of raw.transactions.toReversed()) {
        if (transaction._state === "finished") continue;
        for (const undo of transaction._rollbackLog.reverse()) undo();
        transaction._state = "finished";
        transaction._requests.length = 0;
      }
      raw.transactions = [];
      raw.connections = [];
    }
    _connectionQueues.clear();
  }

  /** What was committed without waiting for the disk is gone, too. */
  losesPower(): void {
    for (const undo of this.unflushed.reverse()) undo();
    this.unflushed = [];
  }

  /** The rows of a table as they lie on the disk, looked at from outside; the same object while unchanged. */
  rows(table: string): Iterable<RawRecord> {
    const { _databases } = this.factory as unknown as Databases;
    const [raw] = _databases.values();
    return raw?.rawObjectStores.get(table)?.records.values() ?? [];
  }
}

/** From now on IndexedDB's steps pass the machine whose life opened the database. */
export function enterDatabases(): void {
  const proto = FakeTransaction.prototype as unknown as Transaction;
  const start = proto._start;
  proto._start = function (this: Transaction): void {
    const life = lives.get(this.db);
    const step = () => start.call(this);
    return life ? life.machine.takes(this, life, step) : step();
  };
  const database = FakeDatabase.prototype;
  const transaction = database.transaction;
  database.transaction = function (this: IDBDatabase, names, mode, options): IDBTransaction {
    if (!lives.get(this as unknown as Connection)?.isOver) {
      return transaction.call(this, names, mode, options);
    }
    const never = FakeTransaction as unknown as new (...facts: unknown[]) => IDBTransaction;
    return new never([names].flat(), mode, options?.durability ?? "default", this);
  };
}
