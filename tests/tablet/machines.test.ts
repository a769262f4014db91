/** The machines of the seeded simulation die as a browser does: else it would prove nothing. */

import { expect, test } from "vitest";

import Dexie from "dexie";

import { Outbox, type Opened } from "../../field_client/tablet/src/outbox";
import { person } from "../../field_client/tablet/src/people";
import { Store } from "../../field_client/tablet/src/store";
import { enterDatabases, Machine, type Life } from "./simulation/machines";
import { ALICE, FACTS, notes, signsIn } from "./tablets";

enterDatabases();
const JOB = "J-1001";

async function storeOf(life: Life): Promise<Store> {
  Dexie.dependencies.indexedDB = life.indexedDB;
  return new Store(life.machine).open();
}

/** A tablet on which Alice has said one thing. */
async function tabletOfAlice(): Promise<{ life: Life; who: Opened; outbox: Outbox }> {
  const life = new Machine("alice").starts();
  const store = await storeOf(life);
  const who = await signsIn(store);
  const outbox = new Outbox(store, who);
  await outbox.add(JOB, notes("one"), FACTS);
  return { life, who, outbox };
}

async function saidAfter({ machine }: Life, who: Opened): Promise<unknown[]> {
  const next = await storeOf(machine.starts());
  const lane = await new Outbox(next, who).lane(JOB);
  return lane.map((event) => event.data["text"]);
}

/** Dies at each step of saying something more, one after the other; tells what the next life finds. */
async function foundAfterDyingAt(step: number): Promise<{ said: unknown[]; wasTold: boolean }> {
  const { life, who, outbox } = await tabletOfAlice();
  life.machine.fuse = step;
  const saying = outbox.add(JOB, notes("two"), FACTS).then(() => true);
  const wasTold = await Promise.race([saying, life.death.then(() => false)]);
  life.machine.fuse = null;
  return { said: await saidAfter(life, who), wasTold };
}

test("at every step it finds all of what was said or nothing, and all that was called saved", async () => {
  const found = [];
  for (let step = 0; found.at(-1)?.wasTold !== true; step += 1) {
    found.push(await foundAfterDyingAt(step));
  }
  const told = found.map(({ said }) => said.join());
  expect(found.length).toBeGreaterThan(5);
  expect(new Set(told)).toEqual(new Set(["one", "one,two"]));
  expect(told).toEqual([...told].sort());
  expect(found.at(-1)?.said).toEqual(["one", "two"]);
});

test("a dead life's code goes on and changes nothing", async () => {
  const { life, who, outbox } = await tabletOfAlice();
  life.dies("here");
  const ended = outbox.add(JOB, notes("from the dead"), FACTS).then(
    () => "ended",
    () => "ended",
  );
  expect(await saidAfter(life, who)).toEqual(["one"]);
  expect(await Promise.race([ended, Promise.resolve("silent")])).toBe("silent");
});

test("a power cut takes what was not committed strictly", async () => {
  const { life, who } = await tabletOfAlice();
  const { machine } = life;
  const relaxed = new Dexie("doorstep", { indexedDB: life.indexedDB, IDBKeyRange });
  await relaxed.open();
  await relaxed.table("people").update(ALICE.id, { syncedAt: "just now" });
  life.dies("power cut");
  machine.losesPower();
  const next = await storeOf(machine.starts());
  expect((await person(next, ALICE.id)).syncedAt).toBeNull();
  expect(await saidAfter(life, who)).toEqual(["one"]);
});

test("a full disk refuses what would be written, and nothing else", async () => {
  const { life, who, outbox } = await tabletOfAlice();
  life.machine.isFull = true;
  await expect(outbox.add(JOB, notes("two"), FACTS)).rejects.toMatchObject({ code: "disk_full" });
  expect(life.machine.wasRefused).toBe(true);
  life.machine.isFull = false;
  await outbox.add(JOB, notes("three"), FACTS);
  life.dies("later");
  expect(await saidAfter(life, who)).toEqual(["one", "three"]);
});
