/** Times, money, sizes and numbers as people say them, in their language and in the zone of the site. */

import type { Language } from "./generated/words";

const LOCALES: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

const formats = new Map<string, Intl.DateTimeFormat>();

function format(
  language: Language,
  zone: string | null,
  how: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const name = JSON.stringify([language, zone, how]);
  const known = formats.get(name);
  if (known) return known;
  const made = inZone(language, zone, how);
  formats.set(name, made);
  return made;
}

/** A zone that this machine does not know is read as its own. */
function inZone(language: Language, zone: string | null, how: Intl.DateTimeFormatOptions) {
  try {
    return new Intl.DateTimeFormat(LOCALES[language], zone ? { ...how, timeZone: zone } : how);
  } catch {
    return new Intl.DateTimeFormat(LOCALES[language], how);
  }
}

/** "14:05" */
export function clockTime(at: string | number, language: Language, zone: string | null): string {
  const how = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  return format(language, zone, how).format(new Date(at));
}

/** "Wed 25 November", "11月25日周三" */
export function dayName(at: string | number, language: Language, zone: string | null): string {
  const how = { weekday: "short", day: "numeric", month: "long" } as const;
  return format(language, zone, how).format(new Date(at));
}

/** "25 November 2026" */
export function fullDay(at: string | number, language: Language, zone: string | null): string {
  const how = { year: "numeric", day: "numeric", month: "long" } as const;
  return format(language, zone, how).format(new Date(at));
}

/** "2026-11-25", to tell days apart. */
export function dayKey(at: string | number, zone: string | null): string {
  const how = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const parts = format("en", zone, how).formatToParts(new Date(at));
  const part = (name: string) => parts.find(({ type }) => type === name)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** "today 14:05", else with the day. */
export function moment(
  at: string | number,
  language: Language,
  zone: string | null,
  today: string,
): string {
  const time = clockTime(at, language, zone);
  if (dayKey(at, zone) === dayKey(Date.now(), zone)) return `${today} ${time}`;
  return `${dayName(at, language, zone)} ${time}`;
}

const UNITS = ["B", "KB", "MB", "GB"] as const;

/** "1.2 MB" */
export function size(bytes: number, language: Language): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  const digits = unit > 1 && value < 100 ? 1 : 0;
  const number = new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits });
  return `${number.format(value)} ${UNITS[unit]}`;
}

/** "850 m", "1.2 km", "34 km"; "1.2公里" */
export function distance(metres: number, language: Language): string {
  const isShort = metres < 950;
  const value = isShort ? Math.max(50, Math.round(metres / 50) * 50) : metres / 1000;
  const number = new Intl.NumberFormat(LOCALES[language], {
    style: "unit",
    unit: isShort ? "meter" : "kilometer",
    unitDisplay: "short",
    maximumFractionDigits: value < 9.95 ? 1 : 0,
  });
  return number.format(value);
}

/** Cents in a currency: "¥1,280.00". */
export function money(cents: number, currency: string | null, language: Language): string {
  const how = { style: "currency", currency: currency ?? "CNY", currencyDisplay: "narrowSymbol" };
  try {
    const number = new Intl.NumberFormat(LOCALES[language], how as Intl.NumberFormatOptions);
    return number.format(cents / 100);
  } catch {
    return `${(cents / 100).toFixed(2)} ${currency ?? ""}`.trim();
  }
}

/** Chinese mobile numbers stand in groups of 3-4-4; others as somebody typed them. */
export function phoneNumber(number: string): string {
  const digits = number.replace(/[\s-]/g, "");
  const mobile = /^(\+86)?(1\d{2})(\d{4})(\d{4})$/.exec(digits);
  if (!mobile) return number;
  return [mobile[1], mobile[2], mobile[3], mobile[4]].filter(Boolean).join(" ");
}

interface Site {
  readonly address?: string | null;
  readonly district?: string | null;
  readonly city?: string | null;
  readonly province?: string | null;
  readonly postcode?: string | null;
}

/** Large to small and without gaps where the address is Chinese, small to large where it is not. */
export function addressLine(site: Site): string {
  const { district, city, province, postcode } = site;
  const address = site.address ?? "";
  const around = [district, city, province].filter((each) => !!each && !address.includes(each));
  const known = [...new Set([address, ...around])];
  const isChinese = /\p{Script=Han}/u.test(known.join(""));
  if (isChinese) return known.reverse().join("");
  return [...known, postcode].filter(Boolean).join(", ");
}
