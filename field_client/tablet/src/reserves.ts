/**
 * Room that is held back on the tablet: bytes that say nothing, given up one piece at a time when nothing
 * else fits any more.
 *
 * It is the gauge, too: browsers no longer tell how much room there is (Chromium promises another gigabyte
 * on a disk that is full), so only room that was really taken is known to be there. While pieces for photos
 * are left somebody can be warned in time; the last piece is for what is never refused: events, signatures,
 * and what a sync writes down to bring photos away. They lie in the browser's cache, whose files go at once;
 * a row that is deleted from the store makes the store longer first.
 */

const NAME = "reserve";
const PIECES = Array.from({ length: 5 }, (_, number) => `/tablet/${NAME}/${number}`);
const PIECE_BYTES = 2 * 1024 * 1024; // some photos, or the entries of many visits
const MOST_RANDOM_BYTES = 64 * 1024; // that a browser makes at once

/** How many pieces stay, whatever somebody wants to save. */
export const LEAVES = { entries: 0, photos: 1, extras: PIECES.length } as const;

export class Reserve {
  /** Some of it is missing and could not be had again. */
  isShort = false;
  /** Hears of it. */
  told: (isShort: boolean) => void = () => undefined;

  private filling: Promise<void> | undefined;

  /** Gives up a piece; false where `leave` pieces or fewer are there. */
  async giveUp(leave: number): Promise<boolean> {
    const cache = await opened();
    const pieces = await addresses(cache);
    const piece = pieces.at(-1);
    if (!cache || !piece || pieces.length <= leave) return false;
    this.note(true);
    return cache.delete(piece).catch(() => false);
  }

  /** Whether so many pieces are there, or can be had again. Where nothing can be held back, none is missed. */
  async has(count: number): Promise<boolean> {
    const cache = await opened();
    if (!cache) return true;
    const here = new Set(await addresses(cache));
    for (const address of PIECES.slice(0, count)) {
      if (!here.has(address) && !(await take(cache, address))) return false;
    }
    return true;
  }

  /** Whether all of it is there, or can be had again. */
  async isWhole(): Promise<boolean> {
    return this.has(PIECES.length);
  }

  /** Takes what is missing, until there is no more room. */
  async fill(): Promise<void> {
    this.filling ??= this.isWhole()
      .then((isWhole) => this.note(!isWhole))
      .finally(() => (this.filling = undefined));
    return this.filling;
  }

  private note(isShort: boolean): void {
    this.isShort = isShort;
    this.told(isShort);
  }
}

/**
 * Undefined where the page may not have one, or the disk does not let it be opened. Browsers do not flush it: one
 * that a power cut has spoilt is made anew, and never in the way of what is to be saved.
 */
async function opened(): Promise<Cache | undefined> {
  if (typeof caches === "undefined") return undefined;
  const readable = () => caches.open(NAME).then((cache) => cache.keys().then(() => cache));
  return readable().catch(() =>
    caches
      .delete(NAME)
      .then(readable)
      .catch(() => undefined),
  );
}

/** In the order in which they are taken; the last of them goes first. They are not opened: what is open stays on the disk. */
async function addresses(cache: Cache | undefined): Promise<string[]> {
  const kept = (await cache?.keys()) ?? [];
  const here = new Set(kept.map(({ url }) => new URL(url).pathname));
  return PIECES.filter((address) => here.has(address));
}

async function take(cache: Cache, address: string): Promise<boolean> {
  const bytes = Array.from({ length: PIECE_BYTES / MOST_RANDOM_BYTES }, () =>
    crypto.getRandomValues(new Uint8Array(MOST_RANDOM_BYTES)),
  );
  return cache.put(address, new Response(new Blob(bytes))).then(
    () => true,
    () => false,
  );
}
