/**
 * The document that the customer signs: built from the field events, the same bytes as the server's.
 *
 * Its canonical form has one SHA-256 digest (`canonical.digest`), and the signature covers that digest.
 * Nothing here depends on a clock, on chance or on the order of names, and odd lanes never throw. The
 * rules for them stand in `server/domain/receipts/__init__.py`.
 */

import * as table from "../generated/receipts.json";
import type { PricedLine, Receipt } from "./documents";
import { asObject, objects, saysNothing, type Json } from "./json";
import { named, pick, plain, spoken, whole } from "./plain";

const CONTENT_KINDS: ReadonlySet<string> = new Set(table.contentKinds);

/** A wire envelope that stands on the receipt. */
type Fact = Json & { readonly event_id: string; readonly kind: string };

/** Ids and what was last said of each, in the order in which the ids came up. */
type Latest = ReadonlyMap<string, Json>;

/**
 * The receipt of one visit.
 *
 * `sheet` is the job document at the `rev` of the receipt event. `events` are wire envelopes, the lane up
 * to and without the receipt event; receipt events among them do not count. `language` is the customer's
 * ("en" or "zh"; anything else reads English). An empty `reservation` is none.
 */
export function build(
  sheet: object,
  events: Iterable<unknown>,
  { language, reservation }: { language: string; reservation?: string | null },
): Receipt {
  const job = asObject(sheet);
  const facts = content(events);
  const parts = partsOf(job, facts, language);
  const receipt = {
    format: table.format,
    job_id: plain(job.id),
    ticket_id: plain(asObject(job.ticket).id),
    rev: plain(job.rev),
    language,
    shop: pick(job.shop, ["id", "name", "phone"]),
    customer: pick(job.customer, ["name"]),
    site: pick(job.site, table.siteFields),
    asset: assetOf(job, language),
    installer: pick(job.assignee, ["id", "name"]),
    crew: objects(job.crew).map((one) => pick(one, ["id", "name"])),
    window: pick(job.window, ["start", "end", "time_zone"]),
    work: plain(job.work),
    times: timesOf(facts),
    assessment: assessmentOf(facts),
    answers: answersOf(job, facts, language),
    photos: photosOf(facts),
    parts,
    swaps: all(facts, "serial.swapped").map((swap) => pick(swap, table.swapFields)),
    requests: requestsOf(facts),
    notes: all(facts, "note.added").map((note) => plain(note.text)),
    totals: totalsOf(parts),
    care_card: plain(job.care_card),
    reservation: reservation || null,
    agreement: table.agreements[spoken(language)],
    events: facts.map((fact) => fact.event_id),
  };
  return receipt as unknown as Receipt;
}

/** The events that a receipt covers, oldest first, each once. */
export function content(events: Iterable<unknown>): Fact[] {
  const facts = new Map<string, Fact>();
  for (const event of events) {
    if (isContent(event) && !facts.has(event.event_id)) {
      facts.set(event.event_id, event);
    }
  }
  return [...facts.values()];
}

/** Whether this wire envelope says something that stands on the receipt. */
export function isContent(event: unknown): event is Fact {
  const { event_id, kind, data } = asObject(event);
  if (typeof event_id !== "string" || typeof kind !== "string") {
    return false;
  }
  return kind === "note.added" ? asObject(data).audience === "customer" : CONTENT_KINDS.has(kind);
}

function assetOf(job: Json, language: string): Json | null {
  const asset = asObject(job.asset);
  if (saysNothing(asset)) {
    return null;
  }
  return { ...pick(asset, table.assetFields), name: named(asset, "name", language) };
}

function timesOf(facts: readonly Fact[]): Json {
  return {
    accepted: firstTime(facts, "job.accepted"),
    travel_started: firstTime(facts, "travel.started"),
    arrived: firstTime(facts, "visit.arrived"),
  };
}

function firstTime(facts: readonly Fact[], kind: string): unknown {
  return plain(facts.find((fact) => fact.kind === kind)?.captured_at);
}

function assessmentOf(facts: readonly Fact[]): Json | null {
  const said = all(facts, "visit.assessed").at(-1);
  return said === undefined ? null : pick(said, ["severity", "findings", "words"]);
}

/** Answered steps in the order of the checklist, then those that the checklist does not have. */
function answersOf(job: Json, facts: readonly Fact[], language: string): Json[] {
  const given = latest(facts, "checklist.answered", "step_id");
  const labels = labelsOf(objects(asObject(job.checklist).steps), "step_id", "label", language);
  const inOrder = [...labels.keys()].filter((step) => given.has(step));
  const besides = [...given.keys()].filter((step) => !labels.has(step));
  return [...inOrder, ...besides].map((step) => ({
    step_id: step,
    label: labels.has(step) ? labels.get(step) : step,
    ...pick(given.get(step), ["answer", "words"]),
  }));
}

/** What the things of the office are called in the reader's language, by their id. */
function labelsOf(
  things: readonly Json[],
  id: string,
  field: string,
  language: string,
): ReadonlyMap<string, unknown> {
  const labels = new Map<string, unknown>();
  for (const thing of things) {
    const name = thing[id];
    if (typeof name === "string") {
      const label = named(thing, field, language);
      labels.set(name, saysNothing(label) ? name : label);
    }
  }
  return labels;
}

function photosOf(facts: readonly Fact[]): Json[] {
  const discarded = latest(facts, "photo.discarded", "photo_id");
  const lost = latest(facts, "photo.lost", "photo_id");
  return [...latest(facts, "photo.taken", "photo_id")]
    .filter(([id]) => !discarded.has(id) && !lost.has(id))
    .map(([, photo], at) => ({ number: at + 1, ...pick(photo, ["photo_id", "slot", "sha256"]) }));
}

function partsOf(job: Json, facts: readonly Fact[], language: string): PricedLine[] {
  const voided = latest(facts, "part.voided", "line_id");
  const names = labelsOf(objects(job.planned_parts), "sku", "name", language);
  return [...latest(facts, "part.used", "line_id")]
    .filter(([id]) => !voided.has(id))
    .map(([id, line]) => partOf(id, line, names));
}

function partOf(id: string, line: Json, names: ReadonlyMap<unknown, unknown>): PricedLine {
  const [quantity, price] = [whole(line.quantity), whole(line.unit_price)];
  const { sku, charge, currency, serial } = pick(line, ["sku", "charge", "currency", "serial"]);
  return {
    line_id: id,
    sku,
    name: names.has(sku) ? names.get(sku) : sku,
    quantity,
    charge,
    unit_price: price,
    currency,
    serial,
    amount: quantity === null || price === null ? null : whole(quantity * price),
  } as PricedLine;
}

function requestsOf(facts: readonly Fact[]): Json[] {
  const asked = latest(facts, "part.requested", "request_id");
  return [...asked.values()].map((each) => pick(each, table.requestFields));
}

/**
 * What the customer pays, one sum in cents for each currency, by the currency's code. Reckoned in big
 * integers, as Python reckons: a sum that leaves the safe ones may come back.
 */
function totalsOf(parts: readonly PricedLine[]): Json[] {
  const sums = new Map<string | null, bigint>();
  for (const { charge, currency, amount } of parts) {
    if (charge === "customer" && amount !== null) {
      const code = typeof currency === "string" ? currency : null;
      sums.set(code, (sums.get(code) ?? 0n) + BigInt(amount));
    }
  }
  return [...sums]
    .sort(([one], [other]) => byCodeUnits(one ?? "", other ?? ""))
    .map(([currency, sum]) => ({ currency, amount: whole(Number(sum)) }));
}

function byCodeUnits(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function all(facts: readonly Fact[], kind: string): Json[] {
  return facts.filter((fact) => fact.kind === kind).map((fact) => asObject(fact.data));
}

function latest(facts: readonly Fact[], kind: string, id: string): Latest {
  const said = new Map<string, Json>();
  for (const data of all(facts, kind)) {
    const name = data[id];
    if (typeof name === "string") {
      said.set(name, data);
    }
  }
  return said;
}

/**
 * The first 40 bits of a digest as two groups of four letters: "7ZK4-0QWD".
 *
 * For people who compare a paper with a screen; it proves nothing. Throws a RangeError when `digest`
 * does not begin with ten hexadecimal digits.
 */
export function shortCode(digest: string): string {
  if (!/^[0-9a-f]{10}/i.test(digest)) {
    throw new RangeError("A digest has at least ten hexadecimal digits.");
  }
  const bits = BigInt(`0x${digest.slice(0, 10)}`);
  const letters = Array.from({ length: 8 }, (_, at) => letter(bits, 35 - 5 * at)).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

function letter(bits: bigint, shift: number): string {
  return table.codeLetters.charAt(Number((bits >> BigInt(shift)) & 31n));
}

/** Cents as people read them: 128000 CNY is "¥1,280.00", 1250 EUR is "EUR 12.50". */
export function money(cents: number, currency: string | null): string {
  const amount = Math.abs(cents);
  const units = Math.trunc(amount / 100).toLocaleString("en-US");
  const digits = `${units}.${String(amount % 100).padStart(2, "0")}`;
  const sign = cents < 0 ? "-" : "";
  if (currency === "CNY") {
    return `${sign}¥${digits}`;
  }
  return currency ? `${currency} ${sign}${digits}` : `${sign}${digits}`;
}
