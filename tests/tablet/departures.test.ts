/** What the office hears about leaving: each look once, again when it has changed, and as it was before the van moved. */

import { beforeEach, expect, it } from "vitest";

import { Departures } from "../../field_client/tablet/src/departures";
import { Drafts } from "../../field_client/tablet/src/drafts";
import type { Job } from "../../field_client/tablet/src/jobs";
import type { Opened } from "../../field_client/tablet/src/outbox";
import { note } from "../../field_client/tablet/src/people";
import type { Store } from "../../field_client/tablet/src/store";
import { jobAfter } from "./sheets";
import { ALICE, newStore, signsIn } from "./tablets";

const HINGE = { sku: "HINGE-110", name: "Hinge", name_zh: "", quantity: 2 };
const PLANNED = {
  planned_parts: [{ ...HINGE, charge: "warranty", unit_price: 0, currency: "CNY" }],
};

let store: Store;
let who: Opened;
let drafts: Drafts;
let jobs: Job[];
let van: Map<string, number>;

beforeEach(async () => {
  store = await newStore();
  who = await signsIn(store);
  await note(store, ALICE.id, { syncedAt: "2026-11-25T08:00:00Z" });
  drafts = await new Drafts(store, who).open();
  jobs = [jobAfter([], PLANNED as object)];
  van = new Map();
});

function departures(): Departures {
  const earlier = { counts: async () => new Map([["J-1001", { here: 0, all: 0 }]]) };
  const machine = {
    isPersisted: true,
    usedBytes: 0,
    quotaBytes: 2e9,
    isShort: false,
    offset: null,
    deviceId: "d",
  };
  const desk = {
    ...{ store, who, drafts, earlier },
    jobs: async () => jobs,
    vanStock: async () => van,
    machine: async () => machine,
  };
  return new Departures(desk as unknown as ConstructorParameters<typeof Departures>[0]);
}

async function lights(mine: Departures): Promise<Record<string, string>[]> {
  const looks = await mine.news();
  return looks.map((look) => Object.fromEntries(look.checks.map((c) => [c.what, c.light])));
}

it("tells what it sees, and tells it once", async () => {
  const mine = departures();
  const looks = await mine.news();
  const short = [{ sku: "HINGE-110", missing: 2 }];
  expect(looks.map((look) => look.job_id)).toEqual(["J-1001"]);
  expect(looks[0]?.checks[0]).toEqual({ what: "parts", light: "red", short });
  expect(await mine.news()).toHaveLength(1); // nobody has heard it
  mine.told(looks);
  expect(await mine.news()).toEqual([]);
});

it("tells it again when something has changed, and every hour", async () => {
  const mine = departures();
  mine.told(await mine.news());
  van.set("HINGE-110", 2);
  expect(await lights(mine)).toMatchObject([{ parts: "green" }]);
  mine.told(await mine.news());
  await store.clock.sleep(3700);
  expect(await mine.news()).toHaveLength(1);
});

it("keeps what was last seen before somebody set out, also over a restart of the app", async () => {
  await departures().look(jobs, false);
  await drafts.settled();
  jobs = [jobAfter([["travel.started", {}]], PLANNED as object)];
  van.set("HINGE-110", 2);
  drafts = await new Drafts(store, who).open();
  const mine = departures();
  await mine.look(jobs, false); // the screen shows how it is now
  expect(await lights(mine)).toMatchObject([{ parts: "red" }]);
  mine.told(await mine.news());
  expect(await mine.news()).toEqual([]);
});

it("tells everything again to a server that was restored", async () => {
  const mine = departures();
  mine.told(await mine.news());
  await mine.forgetWhatWasTold();
  expect(await mine.news()).toHaveLength(1);
});

it("tells again what was told of the job before it was given away and back", async () => {
  const mine = departures();
  mine.told(await mine.news());
  jobs = [jobAfter([], { ...PLANNED, rev: 3 } as object)];
  expect(await mine.news()).toHaveLength(1);
});

it("sees that somebody has to sign in", async () => {
  const seen = await departures().look(jobs, true);
  const contact = seen.get("J-1001")?.find((check) => check.what === "contact");
  expect(contact?.light).toBe("red");
});
