/** The words of the app in the language of whoever reads: `words.value.day.today`. */

import { computed, signal } from "@preact/signals";

import type { Language } from "./generated/words";
import { en } from "./words/en";
import { zh } from "./words/zh";

/** The same keys with the same values to fill in, in every language. */
export type Words = Widened<typeof en>;

type Widened<T> = T extends string
  ? string
  : T extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Key in keyof T]: Widened<T[Key]> };

const CATALOGUES: Record<Language, Words> = { en, zh };

export const language = signal<Language>(ofBrowser());

export const words = computed(() => CATALOGUES[language.value]);

export function wordsIn(other: Language): Words {
  return CATALOGUES[other];
}

export function speak(to: Language): void {
  language.value = to;
  document.documentElement.lang = to === "zh" ? "zh-Hans" : "en";
}

function ofBrowser(): Language {
  return typeof navigator !== "undefined" && navigator.language.startsWith("zh") ? "zh" : "en";
}

/** A label in the reader's language, in the other one where there is none. */
export function labelOf(
  thing: object | null | undefined,
  reader: Language,
  name = "label",
): string {
  const known = (thing ?? {}) as Record<string, unknown>;
  const pair = [known[name], known[`${name}_zh`]];
  const [wanted, other] = reader === "zh" ? pair.reverse() : pair;
  return String(wanted || other || "");
}

/** The word of that name, or the plain value for one that a later server invented. */
export function named(table: Readonly<Record<string, string>>, name: unknown): string {
  return table[String(name)] ?? String(name ?? "");
}
