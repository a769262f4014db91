/** What was typed and not said yet is here again after a crash, and is nobody else's to read. */

import { expect, test } from "vitest";

import { Drafts } from "../../field_client/tablet/src/drafts";
import { CAROL, newStore, signsIn } from "./tablets";

const NOTE = "J-1001/note";

test("what was typed comes back", async () => {
  const store = await newStore();
  const who = await signsIn(store);
  const drafts = await new Drafts(store, who).open();
  drafts.write(NOTE, "The key is with");
  drafts.write(NOTE, "The key is with the neighbour");
  await drafts.settled();

  const again = await new Drafts(store, who).open();
  expect(again.read(NOTE)).toBe("The key is with the neighbour");
});

test("it is known at once, before it is on the disk", async () => {
  const store = await newStore();
  const drafts = await new Drafts(store, await signsIn(store)).open();
  drafts.write(NOTE, "now");
  expect(drafts.read(NOTE)).toBe("now");
});

test("what was said is no draft any more", async () => {
  const store = await newStore();
  const who = await signsIn(store);
  const drafts = await new Drafts(store, who).open();
  drafts.write(NOTE, "said");
  await drafts.settled();
  drafts.forget(NOTE);
  await drafts.settled();
  expect(await store.tables.drafts.count()).toBe(0);
  expect((await new Drafts(store, who).open()).read(NOTE)).toBeUndefined();
});

test("nobody else on the tablet has it, and it lies sealed", async () => {
  const store = await newStore();
  const drafts = await new Drafts(store, await signsIn(store)).open();
  drafts.write(NOTE, "between us");
  await drafts.settled();
  const carols = await new Drafts(store, await signsIn(store, CAROL)).open();
  expect(carols.read(NOTE)).toBeUndefined();
  const [row] = await store.tables.drafts.toArray();
  expect(new TextDecoder().decode(row?.content.bytes)).not.toContain("between us");
});
