/**
 * Where parts lie and what the field moves: the part of the stock ledger that the tablet shows.
 *
 * The ledger holds movements only; a balance is their sum. Facts from the field are never refused: a van
 * below zero is a variance, which is shown. What the office moves is the server's to judge.
 */

import * as table from "../generated/parts.json";
import type { Envelope, Movement } from "./documents";
import { entry, type Json } from "./json";

/** sku -> quantity, without zeros. */
export type Balance = Readonly<Record<string, number>>;

/** A place of stock: its kind, and the id of what it belongs to (empty where there is one). */
export interface Place {
  readonly kind: string;
  readonly subject: string;
}

const STOCK_PLACES: ReadonlySet<string> = new Set(table.stockPlaces);
const SUBJECT = new RegExp(`^(?:${table.subjectPattern})$`);

/** The place of this name ("van:<person id>", "supplier" …), or null where there is none. */
export function parsePlace(text: unknown): Place | null {
  const [kind = "", ...rest] = typeof text === "string" ? text.split(":") : [];
  const owner = entry<string | null>(table.places, kind);
  const subject = rest.join(":");
  if (owner === null && rest.length === 0) {
    return { kind, subject: "" };
  }
  return typeof owner === "string" && SUBJECT.test(subject) ? { kind, subject } : null;
}

/** The van of a person, as a place. */
export function vanOf(personId: string): string {
  return `van:${personId}`;
}

export interface Use {
  readonly line: Json;
  readonly person_id: string;
  readonly job_id: string;
  readonly site_id: string;
  readonly at: string;
}

/**
 * The movement of a `part.used` event, or null when nothing moved.
 *
 * A part taken from the site lay at the customer's already: the visit alone remembers its use.
 */
export function useMovement({ line, person_id, job_id, site_id, at }: Use): Movement | null {
  if (line.from !== "van") {
    return null;
  }
  return {
    sku: line.sku as string,
    quantity: line.quantity as number,
    from_place: vanOf(person_id),
    to_place: `customer:${site_id}`,
    kind: "use",
    person_id,
    at,
    job_id,
    line_id: line.line_id as string,
    serial: (line.serial as string | undefined) ?? null,
    reason: null,
  };
}

/**
 * What a `part.voided` event does: the use taken back, never erased; null if nothing had moved.
 *
 * `used` is the movement of the same line. The part goes back to where it came from, whoever voids.
 */
export function voidMovement(
  used: Movement | null,
  personId: string,
  at: string,
  reason: string,
): Movement | null {
  if (used === null) {
    return null;
  }
  return {
    ...used,
    from_place: used.to_place,
    to_place: used.from_place,
    kind: "return",
    person_id: personId,
    at,
    reason,
  };
}

/**
 * What the part events of a lane move, by the id of the event, as the server books it: each line once,
 * and once back.
 */
export function movementsOf(lane: Iterable<Envelope>, siteId: string): Map<string, Movement> {
  const moves = new Map<string, Movement>();
  const used = new Map<string, Movement>();
  const voided = new Set<string>();
  for (const event of lane) {
    const line = event.data.line_id as string;
    const isNews = !voided.has(line);
    if (event.kind === "part.used" && isNews && !used.has(line)) {
      const move = moveOfUse(event, siteId);
      if (move !== null) {
        used.set(line, move);
        moves.set(event.event_id, move);
      }
    } else if (event.kind === "part.voided" && isNews) {
      voided.add(line);
      const move = moveOfVoid(event, used.get(line) ?? null);
      if (move !== null) {
        moves.set(event.event_id, move);
      }
    }
  }
  return moves;
}

function moveOfUse(event: Envelope, siteId: string): Movement | null {
  const { data: line, actor, job_id, captured_at } = event;
  return useMovement({ line, person_id: actor, job_id, site_id: siteId, at: captured_at });
}

function moveOfVoid(event: Envelope, used: Movement | null): Movement | null {
  return voidMovement(used, event.actor, event.captured_at, event.data.reason as string);
}

type Moved = Pick<Movement, "sku" | "quantity" | "from_place" | "to_place">;

/** What lies at every place that was ever named, by sku: in less out. */
export function balances(movements: Iterable<Moved>): Record<string, Balance> {
  const sums = new Map<string, Map<string, number>>();
  for (const { sku, quantity, from_place, to_place } of movements) {
    add(sums, from_place, sku, -quantity);
    add(sums, to_place, sku, quantity);
  }
  return Object.fromEntries([...sums].map(([place, held]) => [place, withoutZeros(held)]));
}

function add(
  sums: Map<string, Map<string, number>>,
  place: string,
  sku: string,
  quantity: number,
): void {
  const held = sums.get(place) ?? new Map<string, number>();
  sums.set(place, held.set(sku, (held.get(sku) ?? 0) + quantity));
}

function withoutZeros(held: Iterable<[string, number]>): Balance {
  return Object.fromEntries([...held].filter(([, quantity]) => quantity !== 0));
}

/** What a place that held this holds after these movements; below zero is shown, never refused. */
export function stockAfter(held: Balance, place: string, movements: Iterable<Moved>): Balance {
  const change = entry(balances(movements), place) ?? {};
  const skus = new Set([...Object.keys(held), ...Object.keys(change)]);
  return withoutZeros(
    [...skus].map((sku) => [sku, (entry(held, sku) ?? 0) + (entry(change, sku) ?? 0)]),
  );
}

/** The skus below zero, by how much: the ledger is wrong there, and a person finds out why. */
export function variance(held: Balance): Balance {
  return Object.fromEntries(Object.entries(held).filter(([, quantity]) => quantity < 0));
}

/** The variances of all places where things really lie, as far as they have one. */
export function variances(held: Readonly<Record<string, Balance>>): Record<string, Balance> {
  return Object.fromEntries(
    Object.entries(held)
      .filter(([place]) => STOCK_PLACES.has(parsePlace(place)?.kind ?? ""))
      .map(([place, balance]) => [place, variance(balance)] as const)
      .filter(([, below]) => Object.keys(below).length > 0),
  );
}
