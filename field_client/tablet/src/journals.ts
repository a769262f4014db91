/**
 * A new page in the browser's own journal, before anything is saved.
 *
 * Chromium keeps what an app saves in LevelDB and, where it can, goes on in the journal of the last time. After
 * a power cut that journal may end in bytes that were never written. What is appended behind them is there
 * as long as the browser runs, and cannot be read at the next start. So at each start so much is written that
 * LevelDB puts the journal away and begins another. All databases of an origin share it.
 */

const NAME = "journal";
/** More than LevelDB's write buffer in Chromium, 4 MiB at most. */
const PIECES = 96;
/** Below 64 KiB, from which on Chromium keeps a value in a file of its own; random, because it packs them. */
const PIECE_BYTES = 60_000;
const AFTER_MS = 200; // the door is shown first

/** Whether this browser is one that keeps such a journal. */
export function hasJournal(): boolean {
  return /Chrom(e|ium)\//.test(globalThis.navigator?.userAgent ?? "");
}

/** Resolves in any case: where nothing more may be kept, the journal stays as it is. */
export async function turnPage(): Promise<void> {
  await new Promise((done) => setTimeout(done, AFTER_MS));
  await fill().catch(() => undefined);
  await asked(indexedDB.deleteDatabase(NAME)).catch(() => undefined);
}

async function fill(): Promise<void> {
  const opening = indexedDB.open(NAME);
  opening.onupgradeneeded = () => opening.result.createObjectStore("pages");
  const database = await asked(opening);
  const writing = database.transaction("pages", "readwrite", { durability: "relaxed" });
  for (let piece = 0; piece < PIECES; piece += 1) {
    writing.objectStore("pages").put(crypto.getRandomValues(new Uint8Array(PIECE_BYTES)), piece);
  }
  await new Promise<void>((done, failed) => {
    writing.oncomplete = () => done();
    writing.onabort = () => failed(writing.error);
  });
  database.close();
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}
