/** Time and chance, handed in: what an event says of the moment it was captured. */

import { describe, expect, it } from "vitest";
import * as clocks from "../../field_client/tablet/src/clock";
import { isId } from "../../field_client/tablet/src/domain/events";
import { HandClock } from "./devices";

const NOON = Date.parse("2026-11-21T04:00:00.123Z");

describe("the moment of a capture", () => {
  it.each([
    ["Asia/Shanghai", "2026-11-21T12:00:00.123+08:00"],
    ["UTC", "2026-11-21T04:00:00.123Z"],
    ["America/St_Johns", "2026-11-21T00:30:00.123-03:30"],
    ["Asia/Kathmandu", "2026-11-21T09:45:00.123+05:45"],
    ["Pacific/Kiritimati", "2026-11-21T18:00:00.123+14:00"],
    ["Nowhere/AtAll", "2026-11-21T04:00:00.123Z"],
  ])("in %s is %s", (zone, text) => {
    const clock = Object.assign(new HandClock(NOON), { zone });
    expect(clocks.captured(clock)).toBe(text);
    expect(clocks.parse(text)).toBe(NOON);
  });

  it("is of winter or summer, as the day is", () => {
    const july = Object.assign(new HandClock(Date.parse("2026-07-01T22:30:00Z")), {
      zone: "Europe/Berlin",
    });
    expect(clocks.captured(july)).toBe("2026-07-02T00:30:00.000+02:00");
  });
});

describe("reading a time", () => {
  it.each([
    ["2026-11-21T08:00:00Z", "2026-11-21T08:00:00.000Z"],
    ["2026-11-21t16:00:00.25+08:00", "2026-11-21T08:00:00.250Z"],
    ["2026-11-21 08:00:00.123456Z", "2026-11-21T08:00:00.123Z"],
    ["Sat, 21 Nov 2026 08:00:00 GMT", "2026-11-21T08:00:00.000Z"],
  ])("%s", (text, moment) => {
    expect(clocks.parse(text)).toBe(Date.parse(moment));
  });

  it.each([
    "2026-11-21T08:00:00",
    "2026-13-21T08:00:00Z",
    "2026-11-21",
    "tomorrow",
    "1795680000",
    "",
    null,
    7,
  ])("refuses %s", (text) => {
    expect(clocks.parse(text)).toBeNull();
  });
});

describe("an id", () => {
  it("is a UUIDv7 that tells when it was made", () => {
    const clock = new HandClock(NOON);
    clock.drawn = [0xff];
    const id = clocks.newId(clock);
    expect(id).toBe("01a1fc42-d27b-7fff-bfff-ffffffffffff");
    expect(parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(NOON);
    expect(isId(id)).toBe(true);
    clock.drawn = [0];
    expect(clocks.newId(clock)).toMatch(/-7000-8000-000000000000$/);
  });

  it("is another one each time, by the browser's own chance", () => {
    const ids = new Set(Array.from({ length: 1000 }, () => clocks.newId(clocks.browserClock)));
    expect(ids.size).toBe(1000);
    expect([...ids].every(isId)).toBe(true);
  });

  it("of secrets has 256 bits", () => {
    expect(clocks.newSecret(clocks.browserClock)).toMatch(/^[0-9a-f]{64}$/);
  });
});

it("draws a share from nothing to almost one", () => {
  const clock = new HandClock();
  const shares = [[0], [0x80, 0, 0, 0], [0xff]].map((drawn) => {
    clock.drawn = drawn;
    return clocks.share(clock);
  });
  expect(shares).toEqual([0, 0.5, 1 - 2 ** -32]);
});

describe("the offset to the server", () => {
  it("is taken half way between asking and hearing", () => {
    const clock = new HandClock(NOON);
    clock.passes(2);
    const offset = clocks.measure(clock, NOON + 31_000, NOON);
    expect(offset).toMatchObject({ offset_ms: 30_000, boot: "b7e1", measured_at: NOON + 2000 });
    expect(clocks.isSuspect(offset)).toBe(false);
    expect(clocks.isSuspect(clocks.measure(clock, NOON - 120_000, NOON))).toBe(true);
  });

  it("grows old by whichever clock went on further", () => {
    const clock = new HandClock(NOON);
    const offset = clocks.measure(clock, NOON, NOON);
    clock.passes(90);
    expect(clocks.ageS(offset, clock)).toBe(90);
    clock.isSetTo(NOON - 86_400_000);
    expect(clocks.ageS(offset, clock)).toBe(90);
    clock.isSetTo(NOON + 12 * 3_600_000); // a page that was frozen: the monotonic clock stood still
    expect(clocks.ageS(offset, clock)).toBe(43_200);
    clock.boots("c001");
    expect(clocks.ageS(offset, clock)).toBe(43_200);
    clock.isSetTo(NOON - 5000);
    expect(clocks.ageS(offset, clock)).toBe(0);
  });

  it("stands in what an event says of its clock, once it is known", () => {
    const clock = new HandClock(NOON);
    expect(clocks.reading(clock, null)).toEqual({ boot: "b7e1", mono_ms: 1000 });
    const offset = clocks.measure(clock, NOON - 1830, NOON);
    clock.passes(60);
    expect(clocks.reading(clock, offset)).toEqual({
      boot: "b7e1",
      mono_ms: 61_000,
      offset_ms: -1830,
      offset_age_s: 60,
    });
  });
});

it("counts on within one page", () => {
  const [first, second] = [clocks.browserClock.monoMs(), clocks.browserClock.monoMs()];
  expect(second).toBeGreaterThanOrEqual(first);
  expect(Number.isInteger(first)).toBe(true);
  expect(clocks.browserClock.boot).toMatch(/^[0-9a-f]+$/);
});
