/**
 * The kinds of field events, version by version, and what the data of each must hold.
 *
 * The table is the server's (`generated/events.json`); here it is read. What does not fit is never
 * written on the tablet.
 */

import * as table from "../generated/events.json";
import type { Cause, ImageType } from "../generated/words";
import type { Blob } from "./documents";
import { entry, isObject, lengthOf, saysNothing, type Json } from "./json";

/** One entry of an event's data: its name, what it may be, and whether it may be left out. */
interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly fits: Shape;
}

type Shape =
  | { readonly is: "Text"; readonly most: number; readonly filled: boolean }
  | { readonly is: "Pattern"; readonly pattern: string }
  | { readonly is: "OneOf"; readonly choices: readonly string[] }
  | { readonly is: "Integer"; readonly least: number; readonly most: number }
  | { readonly is: "Number"; readonly most: number }
  | { readonly is: "Truth" }
  | { readonly is: "Many"; readonly of: Shape; readonly most: number | null }
  | { readonly is: "AnyOf"; readonly shapes: readonly Shape[] }
  | { readonly is: "Record"; readonly fields: readonly Field[] };

/** What is wrong with one entry of an event's data; `code` is stable. */
export interface Problem {
  readonly code: "unknown_kind" | "not_an_object" | "missing" | "not_valid";
  readonly field: string;
}

const KINDS = table.kinds as unknown as Readonly<Record<string, readonly Field[]>>;
const BLANKS = new Set(table.blanks);

/** Why a visit may end incomplete, in the order in which a screen offers them. */
export const CAUSES = table.causes as readonly Cause[];

export function isKnown(kind: unknown, v: unknown): boolean {
  return fieldsOf(kind, v) !== undefined;
}

function fieldsOf(kind: unknown, v: unknown): readonly Field[] | undefined {
  const isReadable = typeof kind === "string" && isInteger(v, 1, 1_000);
  return isReadable ? entry(KINDS, `${kind}@${v}`) : undefined;
}

/**
 * The problems of an event's data; none for what can be applied as it stands.
 *
 * Unknown entries are no problem: a later release of the same version may add them.
 */
export function check(kind: unknown, v: unknown, data: unknown): Problem[] {
  const fields = fieldsOf(kind, v);
  if (fields === undefined) {
    return [{ code: "unknown_kind", field: "kind" }];
  }
  if (!isObject(data)) {
    return [{ code: "not_an_object", field: "data" }];
  }
  return [...problemsOfFields(fields, data), ...rulesBetween(String(kind), data)];
}

function problemsOfFields(fields: readonly Field[], data: Json): Problem[] {
  return fields.flatMap((field): Problem[] => {
    const value = data[field.name] ?? null;
    if (value === null) {
      return field.required ? [missing(field.name)] : [];
    }
    return fits(field.fits, value) ? [] : [{ code: "not_valid", field: field.name }];
  });
}

function missing(field: string): Problem {
  return { code: "missing", field };
}

function fits(shape: Shape, value: unknown): boolean {
  switch (shape.is) {
    case "Text":
      return isText(value, shape.most) && (!shape.filled || !isBlank(value));
    case "Pattern":
      return isPattern(value, shape.pattern);
    case "OneOf":
      return typeof value === "string" && shape.choices.includes(value);
    case "Integer":
      return isInteger(value, shape.least, shape.most);
    case "Number":
      return typeof value === "number" && Math.abs(value) <= shape.most;
    case "Truth":
      return typeof value === "boolean";
    case "Many":
      return (
        Array.isArray(value) &&
        value.length <= (shape.most ?? Infinity) &&
        value.every((each) => fits(shape.of, each))
      );
    case "AnyOf":
      return shape.shapes.some((each) => fits(each, value));
    case "Record":
      return isObject(value) && problemsOfFields(shape.fields, value).length === 0;
  }
}

/** Rules that tie two entries together (domain: photos, outcomes, parts). */
function rulesBetween(kind: string, data: Json): Problem[] {
  switch (kind) {
    case "photo.taken":
      return data.source === "gallery" && !says(data.reason) ? [missing("reason")] : [];
    case "visit.finished":
      return data.outcome === "incomplete" ? problemsOfCause(data) : [];
    case "part.used":
      return (data.unit_price ?? null) !== null && saysNothing(data.currency)
        ? [missing("currency")]
        : [];
    case "part.requested":
      return saysNothing(data.sku) && !says(data.words) ? [missing("sku")] : [];
    default:
      return [];
  }
}

function problemsOfCause(data: Json): Problem[] {
  if ((data.cause ?? null) === null) {
    return [missing("cause")];
  }
  return data.cause === "other" && !says(data.words) ? [missing("words")] : [];
}

function says(value: unknown): boolean {
  return typeof value === "string" && !isBlank(value);
}

function isBlank(text: string): boolean {
  return [...text].every((letter) => BLANKS.has(letter));
}

/** A client-made id: the text form of a UUID, lower case. */
export function isId(value: unknown): value is string {
  return isPattern(value, table.idPattern);
}

export function isSha256(value: unknown): value is string {
  return isPattern(value, table.sha256Pattern);
}

const PATTERNS = new Map<string, RegExp>();

function isPattern(value: unknown, pattern: string): value is string {
  const known = PATTERNS.get(pattern) ?? new RegExp(`^(?:${pattern})$`);
  PATTERNS.set(pattern, known);
  return typeof value === "string" && known.test(value);
}

export function isText(value: unknown, most: number = table.maxWords): value is string {
  return typeof value === "string" && (value.length <= most || lengthOf(value) <= most);
}

export function isInteger(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && least <= Number(value) && Number(value) <= most;
}

/** A file that an event announces. */
export type AnnouncedBlob = Blob & { readonly mime: ImageType };

/** The files that an event announces, of data that has no problems. */
export function blobsOf(kind: string, data: Json): AnnouncedBlob[] {
  if (kind === "photo.taken") {
    return [announced(data)];
  }
  return kind === "receipt.signed" ? [announced(data.signature)] : [];
}

function announced(file: unknown): AnnouncedBlob {
  const { sha256, size, mime } = file as AnnouncedBlob;
  return { sha256, size, mime };
}
