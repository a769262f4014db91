/**
 * The app's own modules on one machine, without its screens: what a person can do with an open page.
 *
 * A file of its own when it is built, so that one in which a protection is switched off can take its place.
 */

import Dexie from "dexie";

import type { Signing } from "../../../field_client/tablet/src/captures";
import { Conversation } from "../../../field_client/tablet/src/conversation";
import { Desk } from "../../../field_client/tablet/src/desks";
import { digest } from "../../../field_client/tablet/src/domain/canonical";
import { signInWith } from "../../../field_client/tablet/src/enrolment";
import {
  Failure,
  NetworkDown,
  ServerSaid,
  SignInNeeded,
} from "../../../field_client/tablet/src/errors";
import {
  isReadOnly,
  jobOf,
  missingOf,
  stateOf,
  type Job,
} from "../../../field_client/tablet/src/jobs";
import { measure } from "../../../field_client/tablet/src/looks";
import { Memory } from "../../../field_client/tablet/src/memory";
import * as people from "../../../field_client/tablet/src/people";
import { Store } from "../../../field_client/tablet/src/store";
import { Sync } from "../../../field_client/tablet/src/sync";
import {
  Answer,
  type HeaderLines,
  type Transport,
} from "../../../field_client/tablet/src/transport";
import type { Life, Machine } from "./machines";

export const PIN = "274981";
const NEVER = new AbortController().signal;
const ANY_PICTURE = measure({ width: 9, height: 8, pixels: new Uint8Array(72) });

/** A request, and what the world's network made of it; bodies as base64. */
export type Carry = (asked: {
  method: string;
  path: string;
  headers: HeaderLines;
  body: string | null;
}) => Promise<Carried>;

export interface Carried {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  down?: string;
}

function transportBy(carry: Carry): Transport {
  return async (method, path, headers, body = null) => {
    const sent = body && Buffer.from(body).toString("base64");
    const came = await carry({ method, path, headers, body: sent });
    if (came.status === undefined) throw new NetworkDown({ why: came.down });
    const told = new Headers(came.headers);
    return new Answer(came.status, told, Buffer.from(came.body ?? "", "base64"));
  };
}

/** What the app means to say no with; null for anything else that came out of it. */
export function refusal(problem: unknown): { failed: string; isSaid: boolean; why: string } | null {
  if (!(problem instanceof Failure)) return null;
  const why = `${problem.stack} ${String(problem.cause ?? "")}`;
  return { failed: problem.code, isSaid: problem instanceof ServerSaid, why };
}

export class Page {
  private readonly transport: Transport;
  private store: Store | undefined;
  private desk: Desk | undefined;

  constructor(
    private readonly life: Life,
    carry: Carry,
    /** Tells the judge, who looks on from outside, with which key a person's things can be read. */
    private readonly tellKey: (personId: string, key: CryptoKey) => void,
    /** The app is the one that comes after this. */
    private readonly isNextRelease: boolean,
  ) {
    this.transport = transportBy(carry);
  }

  close(): void {
    this.leave();
    this.store?.close();
    this.store = undefined;
  }

  private leave(): void {
    this.desk?.close();
    this.desk = undefined;
  }

  private async opened(): Promise<Store> {
    if (this.store) return this.store;
    Dexie.dependencies.indexedDB = this.life.indexedDB;
    const store = new Store(this.life.machine);
    if (this.isNextRelease) addNextVersion(store);
    return (this.store = await store.open());
  }

  async signIn(username: string, password: string): Promise<void> {
    const store = await this.opened();
    this.leave();
    const talk = this.talk(await Memory.of(store, null));
    const opened = await signInWith(store, talk, username, password);
    this.tellKey(opened.personId, opened.key);
    await store.setInstallation({ farewell: null });
    await people.choosePin(store, opened, PIN);
  }

  private talk(memory: Memory): Conversation {
    return new Conversation(this.transport, memory, this.life.machine, "en");
  }

  /** The desk of a person, who types their PIN where somebody else was at it. */
  private async mine(username: string): Promise<Desk> {
    const store = await this.opened();
    if (this.desk?.person.username === username) return this.desk;
    this.leave();
    const row = await store.tables.people.where({ username }).first();
    if (!row) throw new SignInNeeded();
    const who = await people.open(store, row.personId, PIN);
    const memory = await Memory.of(store, who);
    return (this.desk = await new Desk(store, who, row, this.talk(memory), memory).open());
  }

  async does(username: string, verb: string, facts: unknown[]): Promise<unknown> {
    const act = VERBS[verb];
    if (!act) throw new Error(`no such verb: ${verb}`);
    return act(await this.mine(username), ...(facts as never[]));
  }

  /** One round, as `Rounds` has it. */
  async sync(username: string, patienceS: number): Promise<unknown> {
    const desk = await this.mine(username);
    const around = { onCellular: false, withMedia: true };
    const report = await new Sync(desk.outbox, desk.talk, desk.memory, around).run(patienceS);
    if (report.hasLeft) this.leave();
    else if (!report.problem) await desk.earlier.fetch(await desk.jobs(), NEVER);
    return {
      problem: report.problem?.code ?? null,
      byStatus: Object.fromEntries(report.byStatus),
      changes: report.changes,
      files: report.files,
      hasLeft: report.hasLeft,
    };
  }
}

type Verb = (desk: Desk, ...facts: never[]) => Promise<unknown>;

const VERBS: Record<string, Verb> = {
  jobs: async (desk) => (await desk.jobs()).map(seen),
  show: async (desk, jobId: string) => seen(await jobOf(desk.base, desk.outbox, jobId)),
  accept: ({ captures }, jobId: string) => captures.accept(jobId),
  decline: ({ captures }, jobId: string, reason: string) => captures.decline(jobId, reason),
  travel: ({ captures }, jobId: string) => captures.travel(jobId),
  arrive: ({ captures }, jobId: string) => captures.arrive(jobId),
  assess: ({ captures }, jobId: string, severity: string, findings: string[]) =>
    captures.assess(jobId, severity, findings),
  check: ({ captures }, jobId: string, stepId: string, answer: unknown) =>
    captures.check(jobId, stepId, answer),
  photo: ({ captures }, jobId: string, slot: string, shot: Picture) =>
    captures.photo(jobId, slot, {
      ...shot,
      bytes: bytesOf(shot.bytes),
      mime: "image/jpeg",
      doubts: [],
      look: ANY_PICTURE,
    }),
  discard: ({ captures }, jobId: string, photoId: string, reason: string) =>
    captures.discard(jobId, photoId, reason),
  part: ({ captures }, jobId: string, sku: string, quantity: number, charge: "warranty") =>
    captures.part(jobId, { sku, quantity, from: "van", charge }),
  void: ({ captures }, jobId: string, lineId: string, reason: string) =>
    captures.void(jobId, lineId, reason),
  request: ({ captures }, jobId: string, sku: string, quantity: number, reason: string) =>
    captures.request(jobId, { sku, quantity, reason }),
  swap: ({ captures }, jobId: string, before: string, after: string) =>
    captures.swap(jobId, before, after),
  note: ({ captures }, jobId: string, text: string, audience: "office" | "customer") =>
    captures.note(jobId, text, audience),
  lead: ({ captures }, jobId: string, text: string) => captures.lead(jobId, text),
  sign: async ({ captures }, jobId: string, signing: Signing & { picture: never }) =>
    digest(await captures.sign(jobId, { ...signing, picture: bytesOf(signing.picture) })),
  unsigned: ({ captures }, jobId: string, reason: string) => captures.unsigned(jobId, reason),
  finish: ({ captures }, jobId: string, ending: { outcome: string; anyway?: boolean }) =>
    captures.finish(jobId, ending),
};

interface Picture {
  bytes: string;
  width: number;
  height: number;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** A job as its screen shows it. */
function seen(job: Job): unknown {
  const { jobId, sheet, visit } = job;
  const judged = { isReadOnly: isReadOnly(job), state: stateOf(job), missing: missingOf(job) };
  return { jobId, sheet, visit, ...judged };
}

/** The release to come: one more index, and one more column in every event that waits. */
function addNextVersion(store: Store): void {
  const events = store.tables.events.schema;
  const told = [events.primKey, ...events.indexes].map((index) => index.src).join(",");
  store.tables
    .version(store.tables.verno + 1)
    .stores({ events: `${told},weather` })
    .upgrade((upgrade) => upgrade.table("events").toCollection().modify({ weather: null }));
}

/** The store of one tablet as it is now, on the disk of another. */
export async function copyDisk(from: Machine, to: Machine): Promise<void> {
  const there = new Dexie("doorstep", { indexedDB: from.factory, IDBKeyRange });
  await there.open();
  const here = new Dexie("doorstep", { indexedDB: to.factory, IDBKeyRange });
  const schemas = there.tables.map(({ name, schema }) => [
    name,
    [schema.primKey, ...schema.indexes].map((index) => index.src).join(","),
  ]);
  here.version(there.verno).stores(Object.fromEntries(schemas));
  await here.open();
  for (const table of there.tables) await here.table(table.name).bulkPut(await table.toArray());
  here.close();
  there.close();
}
