/**
 * What the sync protocol says of texts and lists, whoever sends them.
 */

import { sha256Hex } from "./canonical";
import { isObject } from "./json";

/** SHA-256 of the sorted event ids and file hashes, one a line (protocol: manifest). */
export async function manifestDigest(
  eventIds: Iterable<string>,
  hashes: Iterable<string>,
): Promise<string> {
  return sha256Hex([...eventIds, ...hashes].sort().join("\n"));
}

/** A copy of parsed JSON whose texts every database holds: no NUL, no lone surrogate. */
export function clean<T>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replace(/\0|\p{Surrogate}/gu, "\ufffd");
  }
  if (Array.isArray(value)) {
    return value.map(cleaned);
  }
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map((member) => member.map(cleaned)));
  }
  return value;
}

/** How deep parsed JSON nests, walked without recursion; a bare value is 0. */
export function depth(value: unknown): number {
  let deepest = 0;
  const waiting: [unknown, number][] = [[value, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [current, level] = next;
    deepest = Math.max(deepest, level);
    if (typeof current === "object" && current !== null) {
      waiting.push(...Object.values(current).map((each): [unknown, number] => [each, level + 1]));
    }
  }
  return deepest;
}
