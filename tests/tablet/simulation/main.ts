/**
 * A room full of tablets, for the seeded simulation (tests/sync/simulation): a line of JSON in for each act,
 * lines of JSON out for whatever it needs from the world (an answer of the server, time that passes) and for
 * what came of it. Nothing here is decided by chance or by this computer's clock: the world decides it all.
 */

import "fake-indexeddb/auto"; // before Dexie, which looks for a browser's databases when it is loaded
import { createInterface } from "node:readline";

import { sealText } from "../../../field_client/tablet/src/safes";
import type { EventRow } from "../../../field_client/tablet/src/store";
import { Eyes } from "./eyes";
import { enterDatabases, Machine, type Life } from "./machines";
import type { Carried, Carry, Page } from "./pages";

/** What the world tells with every line: how late it is there, and how long the fuse still is. */
interface World {
  wall: number;
  mono: number;
  fuse: number | null;
  isFull: boolean;
}

interface Order extends Partial<World> {
  tablet: string;
  does: string;
  who?: string;
  facts: unknown[];
}

interface Reply extends World, Carried {
  dies?: string;
}

/** The app's modules as they are, or with a protection switched off; and its next release, once it is out. */
let app = (await import(process.argv[2] as string)) as typeof import("./pages");
let isNextRelease = false;

/** One tablet: its machine, and while it is on the page that is open there. */
class Tablet {
  readonly machine: Machine;
  readonly eyes: Eyes;
  readonly keys = new Map<string, CryptoKey>();
  private life: Life | undefined;
  private page: Page | undefined;

  constructor(seed: string) {
    this.machine = new Machine(seed);
    this.machine.waits = async (seconds) => {
      if (this.life?.isOver ?? true) return never();
      this.heard(await ask({ sleeps: seconds }, this));
    };
    this.eyes = new Eyes(this.machine);
  }

  get stands(): { fuse: number | null; wasRefused: boolean } {
    const { fuse, wasRefused } = this.machine;
    return { fuse, wasRefused };
  }

  heard({ wall, mono, fuse, isFull }: Partial<World>): void {
    const { machine } = this;
    Object.assign(machine, { wall: wall ?? machine.wall, mono: mono ?? machine.mono });
    Object.assign(machine, { fuse: fuse ?? null, isFull: isFull ?? false });
  }

  on(): { life: Life; page: Page } {
    this.life ??= this.machine.starts();
    const { life } = this;
    const told = (personId: string, key: CryptoKey) => this.keys.set(personId, key);
    this.page ??= new app.Page(life, this.carry(life), told, isNextRelease);
    return { life, page: this.page };
  }

  off(): void {
    this.page?.close();
    this.page = undefined;
    this.life = undefined;
  }

  /** Its page vanishes as it is. */
  forgetsLife(): void {
    this.page = undefined;
    this.life = undefined;
  }

  private carry(life: Life): Carry {
    return async (asked) => {
      if (life.isOver) return never();
      const reply = await ask({ asks: asked }, this);
      this.heard(reply);
      if (reply.dies !== undefined) life.dies(reply.dies);
      return life.isOver ? never() : reply;
    };
  }

  /** An event that no sound app would write lies in the queue. */
  async poison(personId: string, envelope: Record<string, unknown>, jobId: string): Promise<void> {
    const key = this.keys.get(personId) as CryptoKey;
    const body = await sealText(key, JSON.stringify(envelope));
    const database = await opened(this.machine.factory);
    const writing = database.transaction(["events", "installation"], "readwrite");
    const installation = await done(writing.objectStore("installation").get(1));
    const { nextSeq } = installation as { nextSeq: number };
    writing.objectStore("installation").put({ ...(installation as object), nextSeq: nextSeq + 1 });
    const [eventId, kind] = [String(envelope["event_id"]), String(envelope["kind"])];
    const nothingYet = { state: "waiting", status: null, code: null, effectVersion: null } as const;
    const row: EventRow = { eventId, personId, jobId, kind, seq: nextSeq, body, ...nothingYet };
    writing.objectStore("events").add(row);
    await new Promise((told) => writing.addEventListener("complete", told));
    database.close();
  }
}

const tablets = new Map<string, Tablet>();

function tabletOf(name: string): Tablet {
  const known = tablets.get(name);
  if (!known) throw new Error(`no tablet ${name}`);
  return known;
}

async function opened(factory: IDBFactory): Promise<IDBDatabase> {
  return done(factory.open("doorstep"));
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((told, failed) => {
    request.addEventListener("success", () => told(request.result));
    request.addEventListener("error", () => failed(request.error));
  });
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

// What the world orders.

async function follow(order: Order): Promise<unknown> {
  const { tablet, does, who = "", facts } = order;
  switch (does) {
    case "make":
      return void tablets.set(tablet, new Tablet(String(facts[0])));
    case "copy":
      return copy(tabletOf(String(facts[0])), tablet, String(facts[1]));
    case "forget":
      return forget(tablet);
    case "release":
      return void (isNextRelease = facts[0] === true);
    case "app":
      return void (app = (await import(String(facts[0]))) as typeof app);
    case "off":
      return tabletOf(tablet).off();
    case "loses power":
      return tabletOf(tablet).machine.losesPower();
    case "look":
      return tabletOf(tablet).eyes.look(tabletOf(tablet).keys);
    case "poison":
      return tabletOf(tablet).poison(...(facts as [string, Record<string, unknown>, string]));
    default:
      return act(tabletOf(tablet), does, who, facts);
  }
}

/** All tablets whose names begin so: those of one world. */
function forget(world: string): void {
  for (const [name, tablet] of tablets) {
    if (!name.startsWith(world)) continue;
    tablet.off();
    tablets.delete(name);
  }
}

async function copy(from: Tablet, name: string, seed: string): Promise<void> {
  from.off();
  const made = new Tablet(seed);
  tablets.set(name, made);
  for (const [personId, key] of from.keys) made.keys.set(personId, key);
  await app.copyDisk(from.machine, made.machine);
}

async function act(tablet: Tablet, verb: string, who: string, facts: unknown[]): Promise<unknown> {
  const { life, page } = tablet.on();
  const acting = acts(page, verb, who, facts);
  acting.catch(() => undefined);
  const died = life.death.then((point) => ({ point }));
  const came = await Promise.race([acting.then((result) => ({ result })), died]);
  if ("result" in came) return came.result;
  tablet.forgetsLife();
  await everythingStandsStill(tablet);
  throw new Died(came.point);
}

class Died extends Error {}

async function acts(page: Page, verb: string, who: string, facts: unknown[]): Promise<unknown> {
  if (verb === "sign in") return page.signIn(who, String(facts[0]));
  if (verb === "sync") return page.sync(who, Number(facts[0]));
  return page.does(who, verb, facts);
}

/** What the dead one's database had still in hand is undone, too. */
async function everythingStandsStill({ machine }: Tablet): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((next) => setImmediate(next));
  machine.undoOpen();
}

// The two lines between this room and the world.

const waiting = new Map<Tablet, (reply: Reply) => void>();

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function ask(what: object, tablet: Tablet): Promise<Reply> {
  const reply = new Promise<Reply>((told) => waiting.set(tablet, told));
  say({ ...what, ...tablet.stands });
  return reply;
}

async function obey(order: Order): Promise<void> {
  const tablet = tablets.get(order.tablet);
  tablet?.heard(order);
  if (tablet) tablet.machine.wasRefused = false;
  const end = () => tablets.get(order.tablet)?.stands;
  try {
    say({ came: (await follow(order)) ?? null, ...end() });
  } catch (problem) {
    say({ ...failure(problem), ...end() });
  }
}

function failure(problem: unknown): object {
  if (problem instanceof Died) return { died: problem.message };
  const broke = problem instanceof Error ? problem.stack : String(problem);
  return app.refusal(problem) ?? { broke };
}

enterDatabases();
Object.defineProperty(navigator, "locks", { value: undefined }); // one for all tablets in this room
createInterface({ input: process.stdin }).on("line", (line) => {
  const told = JSON.parse(line) as Order | ({ reply: Reply } & { tablet: string });
  if (!("reply" in told)) return void obey(told);
  const tablet = tabletOf(told.tablet);
  const reply = waiting.get(tablet);
  waiting.delete(tablet);
  reply?.(told.reply);
});
