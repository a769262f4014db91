/** What is held back while there is room, and given up where there is none. */

import { afterEach, beforeEach, expect, test } from "vitest";

import { LEAVES, Reserve } from "../../field_client/tablet/src/reserves";

/** A browser's cache on a disk with room for so many pieces. */
class Shelf {
  readonly kept = new Map<string, number>();

  constructor(public room: number) {}

  async open(): Promise<this> {
    return this;
  }

  async keys(): Promise<{ url: string }[]> {
    return [...this.kept.keys()].map((address) => ({ url: `https://shop.example${address}` }));
  }

  async put(address: string, { body }: { body: unknown }): Promise<void> {
    if (this.kept.size >= this.room) throw new DOMException("full", "QuotaExceededError");
    this.kept.set(address, body ? 1 : 0);
  }

  async delete(address: string): Promise<boolean> {
    return this.kept.delete(address);
  }
}

let shelf: Shelf;
let reserve: Reserve;

function standsBefore(room: number): void {
  shelf = new Shelf(room);
  Object.assign(globalThis, { caches: shelf });
  reserve = new Reserve();
}

beforeEach(() => standsBefore(100));
afterEach(() => Reflect.deleteProperty(globalThis, "caches"));

test("all of it is taken while there is room, and nobody is warned", async () => {
  await reserve.fill();
  expect(shelf.kept.size).toBe(LEAVES.extras);
  expect(reserve.isShort).toBe(false);
});

test("a tablet that is nearly full is known to be before anything is refused", async () => {
  standsBefore(3);
  await reserve.fill();
  expect(reserve.isShort).toBe(true);
  expect(shelf.kept.size).toBe(3);
});

test("photos leave the last piece, entries take it, and nothing is given up for extras", async () => {
  await reserve.fill();
  expect(await reserve.giveUp(LEAVES.extras)).toBe(false);
  while (await reserve.giveUp(LEAVES.photos));
  expect(shelf.kept.size).toBe(1);
  expect(await reserve.giveUp(LEAVES.entries)).toBe(true);
  expect(await reserve.giveUp(LEAVES.entries)).toBe(false);
});

test("a photo is taken again only when the room for entries is back", async () => {
  standsBefore(0);
  expect(await reserve.has(LEAVES.photos)).toBe(false);
  expect(await reserve.has(LEAVES.entries)).toBe(true);
  shelf.room = 1;
  expect(await reserve.has(LEAVES.photos)).toBe(true);
});

test("a browser without a cache holds nothing back, and misses nothing", async () => {
  Reflect.deleteProperty(globalThis, "caches");
  await reserve.fill();
  expect(reserve.isShort).toBe(false);
  expect(await reserve.has(LEAVES.photos)).toBe(true);
  expect(await reserve.giveUp(LEAVES.entries)).toBe(false);
});

test("a cache that a power cut has spoilt is made anew, and is in nobody's way", async () => {
  let isSpoilt = true;
  const keys = () => (isSpoilt ? Promise.reject(new DOMException("", "UnknownError")) : whole());
  const whole = shelf.keys.bind(shelf);
  const cache = { open: async () => shelf, delete: async () => !(isSpoilt = false) };
  Object.assign(shelf, { keys });
  Object.assign(globalThis, { caches: cache });
  expect(await reserve.has(LEAVES.photos)).toBe(true);
  expect(shelf.kept.size).toBe(LEAVES.photos);

  isSpoilt = true;
  Object.assign(cache, { delete: () => Promise.reject(new DOMException("", "UnknownError")) });
  expect(await reserve.has(LEAVES.photos), "without a cache nothing is held back").toBe(true);
  expect(await reserve.giveUp(LEAVES.entries)).toBe(false);
});
