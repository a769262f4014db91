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
  readonly registration: { readonly active: object | null };
  readonly navigator: { readonly language: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", act: (event: Extendable) => void): void;
  addEventListener(name: "fetch", act: (event: Fetching) => void): void;
  addEventListener(name: "message", act: (event: MessageEvent & Extendable) => void): void;
}

/** Written in by the build: a hash over all files, and the names of those that every start needs. */
declare const VERSION: string;
declare const FILES: readonly string[];
/** The words of each language: one is needed at the first start, the other soon after it. */
declare const WORDS: Readonly<Record<"en" | "zh", string>>;
/** What nobody can need at the first start, and everybody has soon after it. */
declare const SOON: readonly string[];
/** What only some tablets need, when they need it. */
declare const LATER: readonly string[];

const worker = self as unknown as Worker;
const ROOT = "/tablet/";
const REST = [...Object.values(WORDS), ...SOON];
const KEPT = `doorstep-${VERSION}`;
const KEPT_LATER = "later-doorstep"; // over all updates: each file bears its hash in its name

worker.addEventListener("install", (event) => event.waitUntil(fetchAll()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("message", (event) => {
  if (event.data === "restart") void worker.skipWaiting();
  if (event.data === "fetch the rest") event.waitUntil(fetchRest());
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isOurs = origin === location.origin && pathname.startsWith(ROOT);
  if (isOurs && request.method === "GET") event.respondWith(answer(event));
});

/** Everything when it takes over from another version: whatever is in use there is among it. */
async function fetchAll(): Promise<void> {
  const cache = await opened(KEPT);
  const language = worker.navigator.language.startsWith("zh") ? "zh" : "en";
  const more = worker.registration.active ? REST : [WORDS[language]];
  await cache.addAll([...FILES, ...more].map(fresh));
}

/** Whatever of it is missing. Nobody waits for it, and where there is no network it is asked for again. */
async function fetchRest(): Promise<void> {
  const cache = await opened(KEPT);
  for (const file of REST) {
    if (!(await cache.match(ROOT + file))) await cache.add(fresh(file)).catch(() => undefined);
  }
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
  await Promise.all(
    kept.filter(({ url }) => !isAmong(LATER, url)).map((each) => cache.delete(each)),
  );
}

function isAmong(files: readonly string[], url: string): boolean {
  return files.some((file) => new URL(url).pathname === ROOT + file);
}

/** Every page of the app is the same document; what is not kept comes from the network, and is kept again. */
async function answer(event: Fetching): Promise<Response> {
  const { request } = event;
  const name = isAmong(LATER, request.url) ? KEPT_LATER : KEPT;
  const wanted = request.mode === "navigate" ? `${ROOT}index.html` : new URL(request.url).pathname;
  const known = await keptIn(name, wanted);
  if (known) return known;
  if (FILES.some((file) => ROOT + file === wanted)) event.waitUntil(mend());
  const answer = await fetch(request);
  if (answer.ok && isToKeep(request.url)) await keep(name, request.url, answer.clone());
  return answer;
}

/** Undefined also where the cache cannot be read: it must never be in the way of the network. */
async function keptIn(name: string, path: string): Promise<Response | undefined> {
  const cache = await caches.open(name).catch(() => undefined);
  return cache?.match(path, { ignoreSearch: true }).catch(() => undefined);
}

async function keep(name: string, url: string, answer: Response): Promise<void> {
  const cache = await opened(name).catch(() => undefined);
  await cache?.put(url, answer).catch(() => undefined);
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
function isToKeep(url: string): boolean {
  return isAmong([...LATER, ...REST], url);
}

export {};
