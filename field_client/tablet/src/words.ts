/**
 * The words of the app in the language of whoever reads: `words.value.day.today`.
 *
 * Each language is a file of its own, and the first download has one of them. So words are asked for
 * (`speak`, `learn`) before they are there, and until then, or where they cannot be had, the app goes on in
 * the language that is here.
 */

import { computed, signal } from "@preact/signals";

import type { Language } from "./generated/words";
import type { en } from "./words/en";

/** The same keys with the same values to fill in, in every language. */
export type Words = Widened<typeof en>;

type Widened<T> = T extends string
  ? string
  : T extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Key in keyof T]: Widened<T[Key]> };

const PATIENCE_MS = 4_000; // a network that lets nothing through keeps nobody waiting for words
const FILES: Record<Language, () => Promise<Words>> = {
  en: () => import("./words/en").then((file) => file.en),
  zh: () => import("./words/zh").then((file) => file.zh),
};

const here = signal<Partial<Record<Language, Words>>>({});
const coming = new Map<Language, Promise<void>>();

/** The language that somebody chose, or that the browser speaks. */
export const wanted = signal<Language>(ofBrowser());

/** The language that is spoken: the wanted one as soon as its words are here. */
export const language = computed(() => nearest(wanted.value));

export const words = computed(() => wordsIn(wanted.value));

/** The words in that language; in the other one while these are not here. */
export function wordsIn(which: Language): Words {
  const known = here.value[nearest(which)];
  if (!known) throw new Error("no words are here yet");
  return known;
}

function nearest(which: Language): Language {
  return here.value[which] ? which : other(which);
}

function other(than: Language): Language {
  return than === "zh" ? "en" : "zh";
}

/** Speaks that language from the moment at which its words are here. False when there are none to be had at all. */
export async function speak(to: Language): Promise<boolean> {
  wanted.value = to;
  return (await learn(to)) || (await learn(other(to)));
}

/** Gets the words of a language. False when they cannot be had now: offline, and never fetched before. */
export async function learn(which: Language): Promise<boolean> {
  if (here.value[which]) return true;
  const given = coming.get(which) ?? fetched(which);
  coming.set(which, given);
  await Promise.race([given, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
  return here.value[which] !== undefined;
}

/** What comes too late for whoever waited is spoken all the same; what failed is tried anew the next time. */
async function fetched(which: Language): Promise<void> {
  try {
    here.value = { ...here.peek(), [which]: await FILES[which]() };
  } catch {
    coming.delete(which);
  }
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
