/** Times, money, numbers and addresses as people write them. */

import { describe, expect, it } from "vitest";

import {
  addressLine,
  clockTime,
  dayKey,
  money,
  phoneNumber,
  size,
} from "../../field_client/tablet/src/times";

const AT = "2026-11-25T16:30:00Z"; // half past midnight in Chengdu

describe("a moment", () => {
  it("is told in the zone of the site", () => {
    expect(clockTime(AT, "en", "Asia/Shanghai")).toBe("00:30");
    expect(clockTime(AT, "en", "America/Los_Angeles")).toBe("08:30");
  });

  it("belongs to the day of the site", () => {
    expect(dayKey(AT, "Asia/Shanghai")).toBe("2026-11-26");
    expect(dayKey(AT, "UTC")).toBe("2026-11-25");
  });

  it("is told all the same where the zone is unknown", () => {
    expect(clockTime(AT, "zh", "Mars/Olympus")).toMatch(/^\d\d:\d\d$/);
  });
});

describe("figures", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [30_400, "30 KB"],
    [1_234_567, "1.2 MB"],
    [250_000_000, "250 MB"],
  ])("%d bytes read %s", (bytes, told) => {
    expect(size(bytes, "en")).toBe(told);
  });

  it("money has the sign of its currency and two digits", () => {
    expect(money(128_000, "CNY", "zh")).toBe("¥1,280.00");
    expect(money(1_250, "EUR", "en")).toBe("€12.50");
  });

  it("money in what is no currency is told all the same", () => {
    expect(money(1_250, "shells", "en")).toBe("12.50 shells");
  });
});

describe("a phone number", () => {
  it.each([
    ["13800138000", "138 0013 8000"],
    ["+86 138-0013-8000", "+86 138 0013 8000"],
    ["+86 28 8512 3600", "+86 28 8512 3600"],
    ["010 555", "010 555"],
  ])("%s reads %s", (typed, told) => {
    expect(phoneNumber(typed)).toBe(told);
  });
});

describe("an address", () => {
  it("in Chinese goes from large to small, and says nothing twice", () => {
    const site = {
      province: "四川省",
      city: "成都市",
      district: "武侯区",
      address: "武侯区桐梓林北路 8 号",
    };
    expect(addressLine(site)).toBe("四川省成都市武侯区桐梓林北路 8 号");
  });

  it("in English goes from small to large", () => {
    const site = { address: "12 Jade Lane", district: "", city: "Chengdu", postcode: "610041" };
    expect(addressLine(site)).toBe("12 Jade Lane, Chengdu, 610041");
  });
});
