/**
 * Stock moves, it is never made: what a use and a void do to it.
 *
 * Left out: `movement`, `count`, `request` and `task`, which are the storekeeper's and the server's alone.
 */

import { describe, expect, it } from "vitest";
import type { Envelope, Movement } from "../../field_client/tablet/src/domain/documents";
import type { Json } from "../../field_client/tablet/src/domain/json";
import * as parts from "../../field_client/tablet/src/domain/parts";
import { vectors, type Case } from "./vectors";

interface Void {
  readonly used: Movement | null;
  readonly person_id: string;
  readonly at: string;
  readonly reason: string;
}

const VECTORS = vectors<Case<unknown, unknown>[]>("parts");

function about<Given>(subject: string): Case<Given, Json>[] {
  const cases = VECTORS.filter((each) => each.name.startsWith(`${subject}: `));
  return cases as Case<Given, Json>[];
}

describe("the ledger", () => {
  it.each(about<{ place: unknown }>("place"))("$name", ({ given, expect: expected }) => {
    expect({ place: parts.parsePlace(given.place) }).toEqual(expected);
  });

  it.each(about<parts.Use>("use"))("$name", ({ given, expect: expected }) => {
    expect({ movement: parts.useMovement(given) }).toEqual(expected);
  });

  it.each(about<Void>("void"))("$name", ({ given, expect: expected }) => {
    const { used, person_id, at, reason } = given;
    expect({ movement: parts.voidMovement(used, person_id, at, reason) }).toEqual(expected);
  });

  it.each(about<{ movements: Movement[] }>("balances"))("$name", ({ given, expect: expected }) => {
    const held = parts.balances(given.movements);
    expect({ balances: held, variances: parts.variances(held) }).toEqual(expected);
  });

  it("has no case that nobody knows", () => {
    const known = ["place", "use", "void", "balances", "movement", "count", "request", "task"];
    const subjects = new Set(VECTORS.map((each) => each.name.split(":")[0]));
    expect([...subjects].sort()).toEqual([...known].sort());
  });
});

describe("a lane", () => {
  const used = { sku: "HINGE", quantity: 2, from: "van", charge: "warranty" };

  it("moves each line once, and once back", () => {
    const lane = [
      event("e-1", "part.used", { line_id: "l-1", ...used }),
      event("e-2", "part.used", { line_id: "l-1", ...used }),
      event("e-3", "part.used", { line_id: "l-2", ...used, from: "site" }),
      event("e-4", "part.voided", { line_id: "l-1", reason: "wrong" }),
      event("e-5", "part.voided", { line_id: "l-1", reason: "wrong" }),
      event("e-6", "part.used", { line_id: "l-1", ...used }),
      event("e-7", "part.voided", { line_id: "l-3", reason: "came first" }),
      event("e-8", "part.used", { line_id: "l-3", ...used }),
      event("e-9", "note.added", { text: "Done", audience: "office" }),
    ];
    const moves = parts.movementsOf(lane, "site-1");
    expect([...moves].map(([id, move]) => [id, move.kind, move.from_place])).toEqual([
      ["e-1", "use", "van:alice"],
      ["e-4", "return", "customer:site-1"],
    ]);
  });

  it("leaves a van below zero when more was used than it carried", () => {
    const lane = [event("e-1", "part.used", { line_id: "l-1", ...used })];
    const moves = parts.movementsOf(lane, "site-1").values();
    const left = parts.stockAfter({ HINGE: 1, RAIL: 3 }, parts.vanOf("alice"), moves);
    expect(left).toEqual({ HINGE: -1, RAIL: 3 });
    expect(parts.variance(left)).toEqual({ HINGE: -1 });
  });

  it("leaves nothing where the last one was used", () => {
    const lane = [event("e-1", "part.used", { line_id: "l-1", ...used })];
    const moves = parts.movementsOf(lane, "site-1").values();
    expect(parts.stockAfter({ HINGE: 2 }, parts.vanOf("alice"), moves)).toEqual({});
  });

  function event(event_id: string, kind: string, data: Json): Envelope {
    const captured_at = "2026-11-21T08:00:00.000Z";
    return { event_id, kind, v: 1, seq: 1, job_id: "J-1", actor: "alice", captured_at, data };
  }
});
