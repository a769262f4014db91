/**
 * Every failure that a screen may show: a stable code, for which the words of each language have a sentence.
 *
 * A code stands small beneath its sentence, to be read out on the phone; it is the companion's where both
 * can meet the same. Why something failed in the machine's words stays in `details`, for diagnostics.
 */

import type { Words } from "./words";

/** What a sentence is filled in with (texts and numbers), and what diagnostics show. */
export type Details = Readonly<Record<string, unknown>>;

/** The root: thrown itself only for what nobody foresaw. */
export class Failure extends Error {
  readonly code: string = "internal";

  constructor(
    readonly details: Details = {},
    options?: ErrorOptions,
  ) {
    super(JSON.stringify(details), options);
  }

  override get name(): string {
    return this.code;
  }

  /** The sentence for people, filled in with the details that it names. */
  sentence(say: Words): string {
    return this.unfilled(say).replace(/\{(\w+)\}/g, (_, name: string) =>
      String(this.details[name] ?? "…"),
    );
  }

  protected unfilled({ failures }: Words): string {
    const known: Readonly<Record<string, string>> = failures;
    return known[this.code] ?? failures.internal;
  }
}

/** The failure behind anything that was thrown. */
export function failureOf(problem: unknown): Failure {
  if (problem instanceof Failure) {
    return problem;
  }
  if (problem instanceof Error && OF_STORE.has(problem.name)) {
    return ofStore(problem);
  }
  return new Failure({ why: told(problem) }, { cause: problem });
}

/** As only the store fails, by itself or through Dexie. */
const OF_STORE = new Set([
  "DatabaseClosedError",
  "OpenFailedError",
  "QuotaExceededError",
  "UnknownError",
  "VersionError",
]);

function told(problem: unknown): string {
  return problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem);
}

// The network and the server.

export class NetworkDown extends Failure {
  override readonly code: string = "network_down";
}

/** Something else answered in the server's place: perhaps a Wi-Fi sign-in page. */
export class ForeignAnswer extends NetworkDown {
  override readonly code = "foreign_answer";
}

export class ServerBusy extends Failure {
  override readonly code = "server_busy";

  /** `retryAfterS` is what the server asked for; null when it named nothing. */
  constructor(
    details: Details = {},
    readonly retryAfterS: number | null = null,
  ) {
    super(details);
  }
}

/** A refusal by the server: its code, with the sentence of our common table where we know it. */
export class ServerSaid extends Failure {
  override readonly code: string;

  /** `said` is the server's own sentence, for a code of a later release. */
  constructor(
    code: string,
    private readonly said: string,
    details: Details = {},
  ) {
    super(details);
    this.code = code;
  }

  protected override unfilled({ refusals }: Words): string {
    const known: Readonly<Record<string, string>> = refusals;
    return known[this.code] ?? this.said;
  }
}

// The person.

export class SignInNeeded extends Failure {
  override readonly code: string = "sign_in_needed";
}

/** The office reported this tablet as lost: it was signed out, and its jobs have gone from it. */
export class DeviceLost extends SignInNeeded {
  override readonly code = "device_lost";
}

export class WrongPassword extends SignInNeeded {
  override readonly code = "wrong_password";
}

export class WrongPin extends Failure {
  override readonly code = "wrong_pin";
}

export class PersonUnknown extends SignInNeeded {
  override readonly code = "person_not_here";
}

// The job.

export class JobUnknown extends Failure {
  override readonly code = "job_not_here";
}

export class JobReadOnly extends Failure {
  override readonly code = "job_read_only";
}

export class NotValid extends Failure {
  override readonly code = "not_valid";
}

export class NotHere extends Failure {
  override readonly code = "not_here";
}

export class SomethingMissing extends Failure {
  override readonly code = "something_missing";
}

// The tablet.

/** The browser's quota. The server's own lack of room is another matter: `storage_full`. */
export class StorageFull extends Failure {
  override readonly code: string = "disk_full";
}

/** What room is left is for what is never refused. */
export class NoRoomForPhoto extends StorageFull {
  override readonly code = "no_room_for_photo";
}

/** The browser has closed the store, and would not open it again. */
export class StoreLost extends Failure {
  override readonly code = "store_broken";
}

export class StoreTooNew extends Failure {
  override readonly code = "store_too_new";
}

export class PhotoUnreadable extends Failure {
  override readonly code = "file_unreadable";
}

export class CameraUnavailable extends Failure {
  override readonly code = "camera_unavailable";
}

export class NoKey extends Failure {
  override readonly code = "no_export_key";
}

/** What a store that fails means to a person: full, written by a newer version, or out of reach. */
export function ofStore(problem: unknown): Failure {
  if (problem instanceof Failure) {
    return problem;
  }
  const names = causes(problem).map((each) => each.name);
  const details = { why: told(problem) };
  if (names.includes("QuotaExceededError")) {
    return new StorageFull(details, { cause: problem });
  }
  if (names.includes("VersionError")) {
    return new StoreTooNew(details, { cause: problem });
  }
  return new StoreLost(details, { cause: problem });
}

/** An error and those it was made of: a browser names the true reason last, Dexie as `inner`. */
function causes(problem: unknown): Error[] {
  const found: Error[] = [];
  let next: unknown = problem;
  while (next instanceof Error && !found.includes(next)) {
    found.push(next);
    next = next.cause ?? (next as { inner?: unknown }).inner;
  }
  return found;
}
