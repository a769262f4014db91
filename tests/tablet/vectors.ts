/** The vectors of tests/vectors: what both clients and the server must agree on, as plain JSON. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(import.meta.dirname, "../vectors");

export interface Case<Given, Expect> {
  readonly name: string;
  readonly given: Given;
  readonly expect: Expect;
}

/** What stands in tests/vectors/<name>.json; the caller says what it is. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(resolve(FOLDER, `${name}.json`), "utf-8")) as T;
}
