/** Every code and status of the product: the tablet has a step for each, and words for its own. */

import { describe, expect, it } from "vitest";
import { refusal } from "../../field_client/tablet/src/conversation";
import * as errors from "../../field_client/tablet/src/errors";
import { eventStep, pushStep, uploadStep } from "../../field_client/tablet/src/plan";
import { Answer } from "../../field_client/tablet/src/transport";
import { en } from "../../field_client/tablet/src/words/en";
import { zh } from "../../field_client/tablet/src/words/zh";
import { vectors } from "./vectors";

interface Failed {
  readonly code: string;
  readonly status: number;
  readonly push: readonly [string, string];
  readonly upload: string;
  readonly upload_offset?: string;
}

interface Result {
  readonly custody: boolean;
  readonly client: string | null;
  readonly codes: readonly string[];
}

const CODES = vectors<{
  failures: Failed[];
  results: Record<string, Result>;
  companion: { code: string }[];
}>("codes");

/** The companion's alone: a browser has no command line, one server, and its own database. */
const NOT_ON_A_TABLET = ["no_server", "other_server", "sqlite_too_old", "store_busy"];

const OWN = [
  new errors.Failure(),
  new errors.NetworkDown(),
  new errors.ForeignAnswer(),
  new errors.ServerBusy(),
  new errors.SignInNeeded(),
  new errors.DeviceLost(),
  new errors.WrongPassword(),
  new errors.WrongPin(),
  new errors.PersonUnknown({ username: "alice" }),
  new errors.JobUnknown({ job: "J-1" }),
  new errors.JobReadOnly({ job: "J-1" }),
  new errors.NotValid({ fields: [{ field: "text", code: "missing" }] }),
  new errors.NotHere({ what: "photo", subject: "front" }),
  new errors.SomethingMissing({ items: ["receipt"] }),
  new errors.StorageFull(),
  new errors.NoRoomForPhoto(),
  new errors.StoreLost(),
  new errors.StoreTooNew(),
  new errors.PhotoUnreadable(),
  new errors.CameraUnavailable(),
  new errors.NoKey(),
];

function answered({ code, status }: Failed): Answer {
  const body = JSON.stringify({ code, detail: "as the server says" });
  const headers = new Headers({ "Sync-Server": "doorstep/1" });
  return new Answer(status, headers, new TextEncoder().encode(body));
}

describe("a failure of the server", () => {
  it.each(CODES.failures)("$code", (failed) => {
    const { code, status, push, upload } = failed;
    expect([pushStep(status, code, 2, 0), pushStep(status, code, 1, 0)]).toEqual(push);
    expect(uploadStep(status, failed.upload_offset ?? null, 0, 9).name).toBe(upload);
    expect(refusal(answered(failed))).toBeInstanceOf(errors.Failure);
  });

  it.each(Object.keys(en.refusals))("%s is told in the reader's language", (code) => {
    const said = new errors.ServerSaid(code, "as the server says");
    expect(said.code).toBe(code);
    expect(said.sentence(en)).toMatch(/\S\.$/);
    expect(said.sentence(zh)).toMatch(/\p{Script=Han}/u);
  });

  it("of a later release is told in its own words", () => {
    const said = new errors.ServerSaid("invented_later", "Not on Sundays.");
    expect(said.sentence(en)).toBe("Not on Sundays.");
    expect(said.code).toBe("invented_later");
  });
});

describe("the result of an event", () => {
  const results = Object.entries(CODES.results).flatMap(([status, { custody, client, codes }]) =>
    [undefined, ...codes].map((code) => ({ status, custody, code, client })),
  );

  it.each(results)("$status $code", ({ client, ...result }) => {
    expect(eventStep(result).state).toBe(client);
  });
});

describe("a failure of the tablet", () => {
  it("has the companion's code wherever both can meet it", () => {
    const companion = CODES.companion
      .map(({ code }) => code)
      .filter((code) => code !== "server_said_no");
    const own = OWN.map(({ code }) => code);
    expect(companion.filter((code) => !own.includes(code)).sort()).toEqual(NOT_ON_A_TABLET);
    expect(new Set(own).size).toBe(own.length);
    expect(Object.keys(en.failures).sort()).toEqual(own.sort());
  });

  it("is among these, whichever it is", () => {
    const kinds = Object.values(errors).filter(
      (each) => typeof each === "function" && each.prototype instanceof errors.Failure,
    );
    const here = new Set(OWN.map((each) => each.constructor));
    expect(kinds.filter((kind) => !here.has(kind))).toEqual([errors.ServerSaid]);
  });

  it.each(OWN)("$code says it in whole sentences, in both languages", (failure) => {
    expect(failure.sentence(en)).toMatch(/^[A-Z{a-z][^{}…!]*\.$/);
    expect(failure.sentence(zh)).toMatch(/^[^{}…!!]*[\p{Script=Han}][^{}…!!]*。$/u);
    expect(failure.sentence(en)).not.toContain(failure.code);
  });
});

describe("what a store that fails means", () => {
  const dexie = (name: string, inner?: Error) => Object.assign(new Error(name), { name, inner });

  it.each([
    [new DOMException("no room", "QuotaExceededError"), "disk_full"],
    [dexie("AbortError", new DOMException("no room", "QuotaExceededError")), "disk_full"],
    [new Error("write", { cause: dexie("QuotaExceededError") }), "disk_full"],
    [new DOMException("newer", "VersionError"), "store_too_new"],
    [new DOMException("connection lost", "InvalidStateError"), "store_broken"],
    ["whatever", "store_broken"],
    [new errors.JobReadOnly({ job: "J-1" }), "job_read_only"],
  ])("%s: %s", (problem, code) => {
    expect(errors.ofStore(problem).code).toBe(code);
  });
});

it("makes a failure of anything that was thrown, and keeps what it was", () => {
  const bug = new TypeError("x is not a function");
  const failure = errors.failureOf(bug);
  expect(failure.cause).toBe(bug);
  expect([failure.code, failure.details]).toEqual(["internal", { why: String(bug) }]);
  expect(errors.failureOf(failure)).toBe(failure);
});
