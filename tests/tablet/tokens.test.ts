/** The colours of all faces: every ink can be read on every paper it lies on, in light, dark and sun. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const FOLDER = resolve(import.meta.dirname, "../../field_client/tablet/src");
const TOKENS = readFileSync(resolve(FOLDER, "tokens.css"), "utf-8");
const STYLE = readFileSync(resolve(FOLDER, "style.css"), "utf-8");

const LIGHT = colours(TOKENS.slice(0, TOKENS.indexOf("@media (prefers-color-scheme")));
const DARK = {
  ...LIGHT,
  ...colours(between("@media (prefers-color-scheme", "@media (prefers-contrast")),
};
const SUN = { ...LIGHT, ...colours(TOKENS.slice(TOKENS.indexOf(":root[data-sun]"))) };

/** What lies on what, and how much of a difference it needs: 7 for words, 3 for the edges of what is touched. */
const PAIRS: [string, string, number][] = [
  ["ink", "paper", 7],
  ["ink", "paper-2", 7],
  ["ink", "paper-3", 7],
  ["ink-2", "paper", 7],
  ["ink-2", "paper-2", 7],
  ["ink-2", "paper-3", 7],
  ["on-accent", "accent", 7],
  ["accent-ink", "paper", 7],
  ["accent-ink", "paper-2", 7],
  ["accent-ink", "accent-paper", 7],
  ["risk-ink", "risk-paper", 7],
  ["lost-ink", "lost-paper", 7],
  ["lost-ink", "paper", 7],
  ["proven-ink", "proven-paper", 7],
  ["on-night", "night", 7],
  ["pen", "sheet", 7],
  ["line-strong", "paper", 3],
  ["line-strong", "paper-2", 3],
  ["risk-line", "risk-paper", 3],
  ["lost-line", "paper", 3],
];

describe.each([
  ["by day", LIGHT],
  ["by night", DARK],
  ["in the sun", SUN],
])("%s", (_, tokens) => {
  it.each(PAIRS)("%s on %s has a contrast of at least %d", (ink, paper, least) => {
    expect(contrast(tokens[ink] ?? "", tokens[paper] ?? "")).toBeGreaterThanOrEqual(least);
  });
});

describe("the style", () => {
  it("has no colour of its own beside the tokens", () => {
    expect(STYLE.match(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|:\s*(white|black)\b/gi)).toBeNull();
  });

  it("knows every token that it names", () => {
    const known = new Set(Array.from(TOKENS.matchAll(/(--[\w-]+):/g), ([, name]) => name));
    const named = Array.from(STYLE.matchAll(/var\((--[\w-]+)\)/g), ([, name]) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

function between(start: string, end: string): string {
  return TOKENS.slice(TOKENS.indexOf(start), TOKENS.indexOf(end));
}

function colours(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g), ([, name, colour]) => [
      name,
      colour,
    ]),
  );
}

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
