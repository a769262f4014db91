/** The words of the app: whole in both languages, calm, and the words of the domain. */

import { describe, expect, it } from "vitest";

import visits from "../../field_client/tablet/src/generated/visits.json";
import jobs from "../../field_client/tablet/src/generated/jobs.json";
import revisits from "../../field_client/tablet/src/generated/revisits.json";
import {
  language,
  learn,
  speak,
  wanted,
  words,
  wordsIn,
} from "../../field_client/tablet/src/words";
import { en } from "../../field_client/tablet/src/words/en";
import { zh } from "../../field_client/tablet/src/words/zh";

interface Tree {
  readonly [name: string]: string | Tree | ((...values: never[]) => string);
}

/** Every sentence by its path, filled in with something. */
function sentences(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([name, value]): [string, string][] => {
    const here = path ? `${path}.${name}` : name;
    if (typeof value === "string") return [[here, value]];
    if (typeof value === "object") return sentences(value, here);
    const filled = Array.from({ length: value.length }, () => [3] as never);
    return [[here, String(value(...filled))]];
  });
}

describe.each([
  ["English", en as unknown as Tree],
  ["简体中文", zh as unknown as Tree],
])("in %s", (_, catalogue) => {
  it("every sentence is there", () => {
    const empty = sentences(catalogue).filter(([, text]) => !text || /undefined|NaN/.test(text));
    expect(empty).toEqual([]);
  });

  it("nobody shouts", () => {
    expect(sentences(catalogue).filter(([, text]) => /[!!]/.test(text))).toEqual([]);
  });
});

describe("Chinese", () => {
  const LATIN = /^[\x20-\x7e]*$/;

  it("is Chinese", () => {
    const foreign = sentences(zh as unknown as Tree).filter(([, text]) => LATIN.test(text));
    expect(foreign.map(([path]) => path)).toEqual(["of", "status.ofBytes"]);
  });
});

describe("what the domain can say", () => {
  it("has a word for every state of a job", () => {
    expect(Object.keys(en.states).sort()).toEqual([...jobs.states].sort());
  });

  it("has a word for every step of a visit", () => {
    expect(visits.states.filter((state) => !(state in en.states))).toEqual([]);
  });

  it("has a word for every cause of a revisit", () => {
    expect(Object.keys(en.causes).sort()).toEqual([...revisits.causes].sort());
  });

  it("says every doubt in both languages", () => {
    expect(en.doubts.blurred).toContain("take it again");
    expect(zh.doubts.blurred).toContain("重拍");
    expect(Object.keys(zh.doubts)).toEqual(Object.keys(en.doubts));
  });
});

describe("a language that is chosen", () => {
  it("is spoken once its words are here, and the other one until then", async () => {
    expect(() => words.value).toThrow("no words");
    await speak("en");
    const speaking = speak("zh");
    expect([wanted.value, language.value, words.value]).toEqual(["zh", "en", en]);
    expect(wordsIn("zh")).toBe(en);
    expect(await speaking).toBe(true);
    expect([language.value, words.value, wordsIn("en")]).toEqual(["zh", zh, en]);
  });

  it("is the last of those that were chosen one after the other", async () => {
    await Promise.all([speak("zh"), speak("en"), learn("zh")]);
    expect(language.value).toBe("en");
  });
});
