/**
 * JSON as it came from somebody else: looked at with care, because anything may stand in it.
 */

export type Json = { readonly [name: string]: unknown };

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one in place of anything else. */
export function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The objects of a list, without whatever else lies in it. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** What stands under a name that somebody else chose: "constructor" is no entry of every object. */
export function entry<T>(of: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

/** These entries of an object, null where it says nothing. */
export function facts(of: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, of[name] ?? null]));
}

/** Whether nothing is said: what Python takes for false, so that both sides fall back alike. */
export function saysNothing(value: unknown): boolean {
  if (Array.isArray(value)) {
    return value.length === 0;
  }
  return isObject(value) ? Object.keys(value).length === 0 : !value;
}

/** The length of a text in code points, as the server counts it. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) {
    length += 1;
  }
  return length;
}

/** Whether two values are the same JSON, whatever the order of their members. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, at) => isSame(each, other[at]));
  }
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one);
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]))
    );
  }
  return one === other;
}
