/**
 * Time, chance and waiting, as one object that is handed in: nothing else here asks the machine.
 *
 * The tablet's time orders nothing, merges nothing and expires nothing. It is only evidence: each event
 * carries what the clock said, the run of the page, its monotonic reading, and the last known offset to
 * the server. Moments are milliseconds since 1970, as `Date.now()` gives them.
 */

import type * as documents from "./domain/documents";

/** A clock that is further off than this is shown as wrong (protocol: time). */
const SUSPECT_MS = 120_000;

export interface Clock {
  /** The zone by its IANA name. */
  readonly zone: string;
  /** Which run the monotonic reading counts from. */
  readonly boot: string;
  now(): number;
  /** Whole milliseconds that only ever rise within one boot. */
  monoMs(): number;
  /** So many bytes that nobody can guess. */
  bytes(count: number): Uint8Array;
  sleep(seconds: number): Promise<void>;
}

/** The browser's own. Two tabs with the same boot count from the same moment, so they may share it. */
export const browserClock: Clock = {
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
  boot: Math.round(performance.timeOrigin * 1000).toString(16),
  now: () => Date.now(),
  monoMs: () => Math.floor(performance.now()),
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  sleep: (seconds) => new Promise((wake) => setTimeout(wake, seconds * 1000)),
};

/** A share from 0 to 1, drawn from the clock's chance. */
export function share(clock: Clock): number {
  const [a = 0, b = 0, c = 0, d = 0] = clock.bytes(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32;
}

/** What the server's clock was ahead of ours when it was last heard, and where we stood then. */
export interface Offset {
  readonly offset_ms: number;
  readonly boot: string;
  readonly mono_ms: number;
  readonly measured_at: number;
}

/** The offset by one answer, which is taken to have been written half way between. */
export function measure(clock: Clock, serverTime: number, sentAt: number): Offset {
  const heardAt = clock.now();
  return {
    offset_ms: Math.trunc(serverTime - (sentAt + heardAt) / 2),
    boot: clock.boot,
    mono_ms: clock.monoMs(),
    measured_at: heardAt,
  };
}

/**
 * Whole seconds since an offset was measured.
 *
 * The larger of what both clocks say: the monotonic one stands still while some tablets sleep, and the
 * wall clock may have been set back. An offset that seems too old only widens what the server allows.
 */
export function ageS(offset: Offset, clock: Clock): number {
  const byMono = offset.boot === clock.boot ? clock.monoMs() - offset.mono_ms : 0;
  return Math.floor(Math.max(0, byMono, clock.now() - offset.measured_at) / 1000);
}

export function isSuspect(offset: Offset): boolean {
  return Math.abs(offset.offset_ms) > SUSPECT_MS;
}

/** What an event says of the clock it was captured by. */
export function reading(clock: Clock, offset: Offset | null): documents.Clock {
  const here = { boot: clock.boot, mono_ms: clock.monoMs() };
  if (offset === null) {
    return here;
  }
  return { ...here, offset_ms: offset.offset_ms, offset_age_s: ageS(offset, clock) };
}

/** A UUIDv7 (RFC 9562, section 5.7) from the handed-in clock and chance. */
export function newId(clock: Clock): string {
  const chance = hex(clock.bytes(10));
  const time = clock.now().toString(16).padStart(12, "0").slice(-12);
  const variant = ((parseInt(chance.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  const text = `${time}7${chance.slice(0, 3)}${variant}${chance.slice(4, 19)}`;
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** 256 bits that nobody can guess, as 64 hex digits. */
export function newSecret(clock: Clock): string {
  return hex(clock.bytes(32));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** RFC 3339 in UTC with milliseconds. */
export function stamp(moment: number): string {
  return new Date(moment).toISOString();
}

/** Now, on this tablet's wall clock: RFC 3339 with milliseconds and the zone's offset. */
export function captured(clock: Clock): string {
  const now = clock.now();
  const ahead = minutesAhead(clock.zone, now);
  if (ahead === 0) {
    return stamp(now);
  }
  const wall = stamp(now + ahead * 60_000).slice(0, -1);
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  return `${wall}${ahead < 0 ? "-" : "+"}${twoDigits(hours)}:${twoDigits(minutes)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** What a zone is ahead of UTC at that moment; 0 for a zone that this machine does not know. */
function minutesAhead(zone: string, moment: number): number {
  const format = zoneFormat(zone);
  if (format === null) {
    return 0;
  }
  const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name));
  const wall = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return Math.round((wall - moment) / 60_000);
}

function zoneFormat(timeZone: string): Intl.DateTimeFormat | null {
  const figures = {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  } as const;
  try {
    return new Intl.DateTimeFormat("en", { timeZone, hourCycle: "h23", ...figures });
  } catch {
    return null;
  }
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,3})?\d*(Z|z|[+-]\d\d:\d\d)$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** A moment from RFC 3339 or an HTTP date; null when it is neither, or has no zone. */
export function parse(text: unknown): number | null {
  if (typeof text !== "string") {
    return null;
  }
  const parts = RFC_3339.exec(text);
  if (parts === null && !HTTP_DATE.test(text)) {
    return null;
  }
  const [, day, time, fraction = "", zone] = parts ?? [];
  const moment = Date.parse(
    parts === null ? text : `${day}T${time}${fraction}${zone?.toUpperCase()}`,
  );
  return Number.isNaN(moment) ? null : moment;
}
