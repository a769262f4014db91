/** The words of the app: whole in both languages, calm, and the words of the domain. */

import { describe, expect, it } from "vitest";

import visits from "../../field_client/tablet/src/generated/visits.json";
import jobs from "../../field_client/tablet/src/generated/jobs.json";
import revisits from "../../field_client/tablet/src/generated/revisits.json";
import photos from "../../field_client/tablet/src/generated/photos.json";
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
    for (const doubt of Object.values(photos.doubts)) expect(doubt.en && doubt.zh).toBeTruthy();
  });
});
