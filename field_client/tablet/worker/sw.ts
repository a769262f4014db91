/**
 * The service worker: the app itself starts without a network, at any of its addresses. Nothing else.
 *
 * It holds no queue and answers nothing for the server: `/sync` and `/api` go past it. A new version waits
 * until the page says "restart", so that no capture is ever cut off.
 */

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface Worker {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", act: (event: Extendable) => void): void;
  addEventListener(name: "fetch", act: (event: Fetching) => void): void;
  addEventListener(name: "message", act: (event: MessageEvent) => void): void;
}

/** Written in by the build: a hash over all files, their names, and those that only some tablets need. */
declare const VERSION: string;
declare const FILES: readonly string[];
declare const LATER: readonly string[];

const worker = self as unknown as Worker;
const ROOT = "/tablet/";
const KEPT = `doorstep-${VERSION}`;
const KEPT_LATER = "later-doorstep"; // over all updates: each file bears its hash in its name

worker.addEventListener("install", (event) => event.waitUntil(fetchAll()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("message", (event) => {
  if (event.data === "restart") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isOurs = origin === location.origin && pathname.startsWith(ROOT);
  if (isOurs && request.method === "GET") event.respondWith(answer(event));
});

async function fetchAll(): Promise<void> {
  const cache = await opened(KEPT);
  await cache.addAll(FILES.map(fresh));
}

/**
 * Browsers do not flush what lies in their cache: after a power cut it may be there and not be readable. Such
 * a one is made anew.
 */
async function opened(name: string): Promise<Cache> {
  try {
    const cache = await caches.open(name);
    await cache.keys();
    return cache;
  } catch {
    await caches.delete(name);
    return caches.open(name);
  }
}

/** What bears its hash in its name was just fetched by the page, and can be no other. */
function fresh(file: string): Request {
  const cache = file.startsWith("assets/") ? "default" : "reload";
  return new Request(ROOT + file, { cache });
}

async function takeOver(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("doorstep-") && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
  await forgetReplaced();
  await worker.clients.claim();
}

async function forgetReplaced(): Promise<void> {
  const cache = await opened(KEPT_LATER);
  const kept = await cache.keys();
  await Promise.all(kept.filter(({ url }) => !isForLater(url)).map((each) => cache.delete(each)));
}

function isForLater(url: string): boolean {
  return LATER.some((file) => new URL(url).pathname === ROOT + file);
}

/** Every page of the app is the same document; what is not kept comes from the network, and is kept again. */
async function answer(event: Fetching): Promise<Response> {
  const { request } = event;
  if (isForLater(request.url)) return fetchedOnce(request);
  const wanted = request.mode === "navigate" ? `${ROOT}index.html` : new URL(request.url).pathname;
  const known = await keptAs(wanted);
  if (known) return known;
  if (FILES.some((file) => ROOT + file === wanted)) event.waitUntil(mend());
  return fetch(request);
}

/** Undefined also where the cache cannot be read: it must never be in the way of the network. */
async function keptAs(path: string): Promise<Response | undefined> {
  const cache = await caches.open(KEPT).catch(() => undefined);
  return cache?.match(path, { ignoreSearch: true }).catch(() => undefined);
}

let mending: Promise<void> | undefined;

/** Something of the app has gone from the cache: without it, it would not start the next time without a network. */
async function mend(): Promise<void> {
  mending ??= fetchAll()
    .catch(() => undefined)
    .finally(() => (mending = undefined));
  return mending;
}

/** What does not belong to the first download is kept when it is first asked for. */
async function fetchedOnce(request: Request): Promise<Response> {
  const cache = await opened(KEPT_LATER).catch(() => undefined);
  const known = await cache?.match(request.url);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache?.put(request.url, answer.clone());
  return answer;
}

export {};
