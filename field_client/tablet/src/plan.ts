/**
 * What to do next: local facts and the server's answers in, a decision out. Pure: no clock, no store.
 *
 * The tables of the sync protocol stand here once, so that they can be read beside it: what each status
 * and each HTTP code means, in which order things are sent, what may be deleted here and when. What
 * travels or lies in the store keeps the protocol's own names. Moments are milliseconds since 1970.
 */

import type { Blob, Envelope, Manifest, Visit } from "./domain/documents";
import * as events from "./domain/events";
import { asObject, isObject, isSame } from "./domain/json";
import { manifestDigest } from "./domain/sync";
import * as visits from "./domain/visits";
import * as table from "./generated/plan.json";

export const SMALLEST_CHUNK = table.smallestChunk;
const FRAME_BYTES = 512; // of a push around its events
const NUMBERS_BYTES = 32; // the `seq` that an event is given on its way
const QUICK_PIECE_MS = 1000;
const SLOW_PIECE_MS = 2000;
const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT: ReadonlySet<unknown> = new Set(table.kept);
export const PULLED_KINDS: ReadonlySet<unknown> = new Set(table.pulledKinds);

/** Chance: a number from 0 to 1, another one at each call. */
export type Chance = () => number;

/** What one request may carry. */
export interface Limits {
  readonly max_events: number;
  readonly max_push_bytes: number;
  readonly chunk_bytes: number;
  readonly max_blob_bytes: number;
  readonly max_pixels: number;
}

export const LIMITS: Limits = table.limits;

/** The limits by the server's hello, which has the last word; nonsense in it is not taken. */
export function limitsOf(hello: { readonly limits?: unknown }): Limits {
  const told = asObject(hello.limits);
  const known = Object.keys(LIMITS).filter((name) => isCount(told[name]));
  return { ...LIMITS, ...Object.fromEntries(known.map((name) => [name, told[name]])) };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

// Sending events.

/** An event as it waits: `body` is the envelope as it was captured, and is never rewritten. */
export interface WaitingEvent {
  readonly event_id: string;
  readonly job_id: string;
  readonly seq: number;
  readonly body: string;
}

export interface BatchOptions {
  readonly atMost?: number | null;
  /** Ids of events for which the server said "later": each keeps the rest of its lane back. */
  readonly resting?: ReadonlySet<string>;
}

/** The next envelopes, oldest first, within the limits; always at least one that may go. */
export function batch(
  waiting: Iterable<WaitingEvent>,
  limits: Limits,
  { atMost, resting = new Set() }: BatchOptions = {},
): Envelope[] {
  const most = Math.min(limits.max_events, atMost || limits.max_events);
  let room = limits.max_push_bytes - FRAME_BYTES;
  const chosen: Envelope[] = [];
  const closed = new Set<string>();
  for (const row of waiting) {
    if (resting.has(row.event_id)) {
      closed.add(row.job_id);
    }
    if (closed.has(row.job_id)) {
      continue;
    }
    room -= byteLength(row.body) + NUMBERS_BYTES;
    if (chosen.length === most || (chosen.length > 0 && room < 0)) {
      break;
    }
    chosen.push({ ...(JSON.parse(row.body) as Envelope), event_id: row.event_id, seq: row.seq });
  }
  return chosen;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The server's word on one event. */
export interface EventResult {
  readonly event_id?: unknown;
  readonly status?: unknown;
  readonly custody?: unknown;
  readonly code?: unknown;
  readonly retry_after_s?: unknown;
}

/** What becomes of a local event; a `state` of null sends it again. */
export type EventStep =
  | { readonly state: "acknowledged" | "parked"; readonly status: string }
  | { readonly state: null; readonly status: null };

/** By the server's result. Only custody counts: a status of a later release is kept as it is. */
export function eventStep(result: EventResult): EventStep {
  const { status, custody = KEPT.has(status) } = result;
  if (!custody || typeof status !== "string" || status === "retry" || status === "unknown") {
    return { state: null, status: null };
  }
  return { state: status === "quarantined" ? "parked" : "acknowledged", status };
}

/** What a push came to. */
export interface Settled {
  readonly byStatus: Readonly<Record<string, number>>;
  /** What the server asked to send later, with the seconds that it named. */
  readonly resting: ReadonlyMap<string, number>;
  /** The server knows this tablet's number under another event: somebody copied the store. */
  readonly forked: boolean;
}

export function settled(results: Iterable<EventResult>): Settled {
  const byStatus: Record<string, number> = {};
  const resting = new Map<string, number>();
  let forked = false;
  for (const result of results) {
    const { status } = eventStep(result);
    if (status === null) {
      forked ||= result.code === "device_forked";
      resting.set(String(result.event_id), Number(result.retry_after_s) || 0);
    } else {
      byStatus[status] = (byStatus[status] ?? 0) + 1;
    }
  }
  return { byStatus, resting, forked };
}

export type PushStep = "settle" | "halve" | "quarantine" | "sign_in" | "enrol" | "wait";

/**
 * After a push of `size` events that failed `failures` times in a row in the same shape.
 *
 * A batch that makes the server stumble again and again is halved too, so that whatever poison is in it
 * ends up alone, and the single event that does so goes to quarantine: the queue always drains. One that
 * was cut on its way says nothing about what is in it: it is sent again as it is.
 */
export function pushStep(
  status: number,
  code: string | null,
  size: number,
  failures: number,
): PushStep {
  if (status === 200) {
    return "settle";
  }
  if (code === "body_cut") {
    return "wait";
  }
  if (status === 401) {
    return "sign_in";
  }
  if (code === "device_unknown") {
    return "enrol";
  }
  if (isNotUnderstood(status) || (stumbles(status) && failures >= 3)) {
    return size > 1 ? "halve" : "quarantine";
  }
  return "wait";
}

function isNotUnderstood(status: number): boolean {
  return [400, 413, 415, 422].includes(status);
}

/** Whether our server itself failed, and not a gateway before it or a lack of room. */
function stumbles(status: number): boolean {
  return status >= 500 && status < 600 && ![502, 503, 504].includes(status);
}

/** Full jitter: anything from nothing to twice the last bound, 2 s at first, 15 min at most. */
export function backoffS(attempt: number, chance: Chance): number {
  return chance() * Math.min(table.backoffToS, table.backoffFromS * 2 ** attempt);
}

/**
 * How long to rest: what the server asked for at least, and the backoff on top.
 *
 * A thousand devices that were told the same must not come back in the same moment.
 */
export function pauseS(askedS: number, attempt: number, chance: Chance): number {
  return askedS + backoffS(attempt, chance);
}

// Receiving.

export type ChangeStep = "ignore" | "upsert" | "remove" | "leave";

/** A change as a pull brings it. */
export interface Change {
  readonly kind?: unknown;
  readonly version?: unknown;
  readonly change?: unknown;
  readonly data?: unknown;
}

/** What a pulled change does to the base; `ownVersion` is that of the row held, tombstones too. */
export function changeStep(
  ownVersion: number | null,
  change: Change,
  hasUnsent: boolean,
): ChangeStep {
  const { kind, version } = change;
  if (!Number.isInteger(version) || !PULLED_KINDS.has(kind)) {
    return "ignore";
  }
  if (ownVersion !== null && (version as number) <= ownVersion) {
    return "ignore";
  }
  if (change.change === "upsert" && isObject(change.data)) {
    return "upsert";
  }
  return change.change === "remove" ? goneStep(String(kind), hasUnsent) : "ignore";
}

/** A job that goes away while work for it waits stays readable until the work is sent. */
export function goneStep(kind: string, hasUnsent: boolean): "leave" | "remove" {
  return kind === "job" && hasUnsent ? "leave" : "remove";
}

/** What the server misses of a job, by its own word. */
export interface Missing {
  readonly events?: readonly string[] | null;
  readonly blobs?: readonly string[] | null;
}

/**
 * Events and files which the server says are missing although it once had them: offer them again.
 *
 * `ownEvents` is id to status, `ownBlobs` hash to state. What is held or in quarantine is missing for
 * another reason than loss.
 */
export function lostByServer(
  missing: Missing,
  ownEvents: ReadonlyMap<string, string | null>,
  ownBlobs: ReadonlyMap<string, string>,
): { events: string[]; blobs: string[] } {
  const wasTaken = (id: string) => ["applied", "recorded"].includes(ownEvents.get(id) ?? "");
  return {
    events: (missing.events ?? []).filter(wasTaken),
    blobs: (missing.blobs ?? []).filter((sha256) => ownBlobs.get(sha256) === "stored"),
  };
}

// Sending files.

/** A file that waits, with what its order depends on. */
export interface WaitingBlob {
  readonly sha256: string;
  readonly size: number;
  readonly purpose: string;
  /** When it was captured, and when its job was finished: places in the order of all events. */
  readonly place?: number | null;
  readonly finished_place?: number | null;
}

/** Signatures, thumbnails, photos; of each the newest finished job first, then as captured. */
export function sendingOrder<File extends WaitingBlob>(files: Iterable<File>): File[] {
  return [...files].sort(
    (a, b) =>
      weight(a) - weight(b) ||
      (b.finished_place ?? 0) - (a.finished_place ?? 0) ||
      (a.place ?? 0) - (b.place ?? 0),
  );
}

function weight(blob: WaitingBlob): number {
  if (blob.purpose === "signature") {
    return 0;
  }
  return blob.size <= table.thumbnailBytes ? 1 : 2;
}

/** Whether the policy lets this file go over the present network; signatures always go. */
export function goesNow(
  blob: Pick<WaitingBlob, "size" | "purpose">,
  media: string,
  onCellular: boolean,
): boolean {
  if (!onCellular || media === "any" || blob.purpose === "signature") {
    return true;
  }
  return media === "wifi_preferred" && blob.size <= table.heavyBytes;
}

/**
 * How large the next piece of a file may be, after one of `sent` bytes that took so long: one that is on its
 * way for about a second. A cut then costs little, progress is seen, and a pause begins soon.
 */
export function pieceSize(piece: number, sent: number, tookMs: number): number {
  if (tookMs > SLOW_PIECE_MS) {
    return Math.max(SMALLEST_CHUNK, Math.min(piece, Math.floor(sent / 2)));
  }
  return tookMs < QUICK_PIECE_MS && sent >= piece ? 2 * piece : piece;
}

export type UploadStepName =
  | "go_on"
  | "ask_offset"
  | "check_again"
  | "check_own_copy"
  | "smaller"
  | "wait"
  | "sign_in"
  | "stop_media"
  | "skip";

export interface UploadStep {
  readonly name: UploadStepName;
  readonly offset: number;
}

const UPLOAD_STEPS: ReadonlyMap<number, UploadStepName> = new Map([
  [401, "sign_in"],
  [404, "check_again"],
  [408, "wait"],
  [409, "ask_offset"],
  [410, "check_again"],
  [413, "smaller"],
  [423, "wait"],
  [425, "wait"],
  [429, "wait"],
  [460, "check_own_copy"],
  [507, "stop_media"],
]);

/**
 * After any answer of the upload resource (tus 1.0). `offset` is its `Upload-Offset` header.
 *
 * Only the server's own word moves the offset, and nothing but 404 and 410 begins at zero again.
 */
export function uploadStep(
  status: number,
  offset: string | null,
  known: number,
  size: number,
): UploadStep {
  if ([200, 201, 204].includes(status)) {
    const told = offset !== null && /^\d+$/.test(offset) ? Number(offset) : Infinity;
    if (told <= size) {
      return { name: "go_on", offset: told };
    }
    return { name: status === 204 ? "ask_offset" : "check_again", offset: known };
  }
  if (status === 400 && offset !== null) {
    return { name: "ask_offset", offset: known }; // cut on its way; others that are bad name no offset
  }
  const name = UPLOAD_STEPS.get(status) ?? (status >= 500 ? "wait" : "skip");
  return { name, offset: known };
}

// Keeping and deleting.

/** Whether a job's proof is received in full for long enough; both moments are the server's. */
export function isPastKeeping(
  completeSince: number | null,
  now: number,
  keepDays: number,
): boolean {
  return completeSince !== null && now - completeSince > keepDays * DAY_MS;
}

/** An event that names a file, and since when everything of its job is received. */
export interface BlobUse {
  readonly eventState: string;
  readonly completeSince: number | null;
}

/**
 * Whether a file's bytes may go from this tablet.
 *
 * Only when the server has them, has every event that names them, and has had everything of each of those
 * jobs for the keep time.
 */
export function mayDrop(
  state: string,
  uses: readonly BlobUse[],
  now: number,
  keepDays: number,
): boolean {
  const isOver = (use: BlobUse) =>
    use.eventState === "acknowledged" && isPastKeeping(use.completeSince, now, keepDays);
  return state === "stored" && uses.length > 0 && uses.every(isOver);
}

/** The server was restored from a backup: offer it everything that is still here. */
export function isNewEpoch(known: string | null, told: unknown): told is string {
  return typeof told === "string" && known !== null && told !== known;
}

// What the screen shows.

/** An event as it lies in the store after the server's answer, or before it. */
export interface StoredEvent {
  readonly body: string;
  readonly state: string;
  readonly status: string | null;
  readonly effect_version: number | null;
}

/** The own events that the pulled base does not hold yet, oldest first. */
export function overlay(rows: Iterable<StoredEvent>, baseVersion: number): Envelope[] {
  return [...rows]
    .filter((row) => !isInBase(row, baseVersion))
    .map((row) => JSON.parse(row.body) as Envelope);
}

/** Whether the server's visit has this event in it already; its body need not be read for that. */
export function isInBase(row: Omit<StoredEvent, "body">, baseVersion: number): boolean {
  if (row.state === "waiting") {
    return false;
  }
  if (row.state === "parked") {
    return true;
  }
  return row.status !== "held" && baseVersion >= (row.effect_version ?? 0);
}

/**
 * The server's visit with the waiting events replayed over it.
 *
 * When an answer was lost the base may hold an event already; what the fold appends is told once. An event
 * that this version cannot read changes nothing here; the server keeps it all the same.
 */
export function shownVisit(base: Partial<Visit> | null, waiting: Iterable<ShownEvent>): Visit {
  const readable = [...waiting].filter(
    ({ kind, v, data }) => events.check(kind, v, data).length === 0,
  );
  const visit = readable.reduce(visits.apply, { ...visits.empty(), ...base });
  const { swaps, notes, leads } = visit;
  return { ...visit, swaps: unique(swaps), notes: unique(notes), leads: unique(leads) };
}

/** What the screen reads of an event. */
export type ShownEvent = Pick<Envelope, "event_id" | "kind" | "v" | "captured_at" | "data">;

function unique<T>(values: readonly T[]): T[] {
  return values.filter((value, at) => values.findIndex((other) => isSame(other, value)) === at);
}

/**
 * What this tablet captured for a job up to now: the list that `visit.finished` carries.
 *
 * Photos that were discarded or lost are announced by their events alone, and so is what has no data.
 */
export async function manifest(
  lane: readonly Pick<Envelope, "event_id" | "kind" | "data">[],
): Promise<Manifest> {
  const told = lane.filter((event) => isObject(event.data));
  const ends = told.filter(({ kind }) => kind === "photo.discarded" || kind === "photo.lost");
  const gone = new Set(ends.map((event) => event.data.photo_id));
  const announced = told
    .filter((event) => !gone.has(event.data.photo_id))
    .flatMap((event) => events.blobsOf(event.kind, event.data));
  const sizes = new Map(announced.map(({ sha256, size }) => [sha256, size]));
  const ids = lane.map((event) => event.event_id);
  return {
    events: ids,
    blobs: Array.from(sizes, ([sha256, size]): Blob => ({ sha256, size })),
    digest: await manifestDigest(ids, sizes.keys()),
  };
}
