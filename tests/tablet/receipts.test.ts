/** What the customer signs: built as the server builds it, with the same digest and short code. */

import { describe, expect, it } from "vitest";
import { canonical, digest } from "../../field_client/tablet/src/domain/canonical";
import type { Receipt } from "../../field_client/tablet/src/domain/documents";
import * as receipts from "../../field_client/tablet/src/domain/receipts";
import { vectors, type Case } from "./vectors";

interface Visit {
  readonly sheet: object;
  readonly events: readonly unknown[];
  readonly language: string;
  readonly reservation: string | null;
}
interface Built {
  readonly receipt: Receipt;
  readonly digest: string;
  readonly short_code: string;
}

type Building = Case<Visit, Built>;
type Writing = Case<{ value: unknown }, { canonical: string; digest: string }>;

const VECTORS = vectors<(Building | Writing)[]>("receipts");

describe("a receipt is built", () => {
  const cases = VECTORS.filter((each): each is Building => "sheet" in each.given);

  it.each(cases)("$name", async ({ given, expect: expected }) => {
    const before = structuredClone(given);
    const receipt = receipts.build(given.sheet, given.events, given);
    expect(receipt).toEqual(expected.receipt);
    expect(await digest(receipt)).toBe(expected.digest);
    expect(receipts.shortCode(expected.digest)).toBe(expected.short_code);
    expect(given).toEqual(before);
  });
});

describe("a receipt is written", () => {
  const cases = VECTORS.filter((each): each is Writing => "value" in each.given);

  it.each(cases)("$name", async ({ given, expect: expected }) => {
    expect(canonical(given.value)).toBe(expected.canonical);
    expect(await digest(given.value)).toBe(expected.digest);
  });
});

describe("a short code", () => {
  it.each(["", "123456789", "xyz4567890"])("is not made of %j", (digits) => {
    expect(() => receipts.shortCode(digits)).toThrow(RangeError);
  });
});

describe("an odd lane", () => {
  const names = ["10", "2", "__proto__", "constructor"];

  it("keeps the order in which ids came up, whatever they look like", () => {
    const events = names.map((step_id, at) => ({
      event_id: `e-${at}`,
      kind: "checklist.answered",
      data: { step_id, answer: true },
    }));
    const { answers } = receipts.build({}, events, { language: "en" });
    expect(answers.map((each) => [each.step_id, each.label])).toEqual(
      names.map((name) => [name, name]),
    );
  });

  it("sums without rounding on the way", () => {
    const prices = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
    const events = prices.map((unit_price, at) => ({
      event_id: `e-${at}`,
      kind: "part.used",
      data: { line_id: `l-${at}`, quantity: 1, unit_price, charge: "customer", currency: "CNY" },
    }));
    const { totals } = receipts.build({}, events, { language: "en" });
    expect(totals).toEqual([{ currency: "CNY", amount: Number.MAX_SAFE_INTEGER }]);
  });
});

describe("money", () => {
  it.each([
    [128000, "CNY", "¥1,280.00"],
    [1250, "EUR", "EUR 12.50"],
    [-5, "CNY", "-¥0.05"],
    [5, null, "0.05"],
  ])("%i %s reads %s", (cents, currency, expected) => {
    expect(receipts.money(cents, currency)).toBe(expected);
  });
});
