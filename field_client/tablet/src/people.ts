/** Who has signed in on this tablet: each person with a key, tokens, a cursor and an outbox of their own. */

import Dexie from "dexie";

import { SignInNeeded, WrongPin } from "./errors";
import type { Tokens } from "./conversation";
import type { Opened } from "./outbox";
import {
  lockWithPin,
  lockWithSecret,
  newPersonKey,
  openWithPin,
  openWithSecret,
  sealText,
  unsealText,
  type Bytes,
} from "./safes";
import type { Json } from "./domain/json";
import type { PersonRow, Store } from "./store";

/** After so many wrong ones in a row only signing in opens. */
export const MOST_WRONG_PINS = 10;

export async function person(store: Store, personId: string): Promise<PersonRow> {
  const row = await store.tables.people.get(personId);
  if (!row) throw new SignInNeeded();
  return row;
}

export async function everybody(store: Store): Promise<PersonRow[]> {
  return store.tables.people.orderBy("username").toArray();
}

/** Writes columns of a person's row. */
export async function note(
  store: Store,
  personId: string,
  values: Partial<Omit<PersonRow, "personId">>,
): Promise<void> {
  await store.writing(["people"], () => store.tables.people.update(personId, values));
}

/** What the server says of somebody who signed in, and the secret with which their key opens. */
export interface Welcome {
  person: Json;
  tokens: Tokens;
  secret: Bytes;
  deviceId: string;
}

/**
 * Writes down a successful sign-in. What the person had waiting here before goes on waiting. Returns the
 * person's key, readable until a PIN was chosen.
 */
export async function signIn(store: Store, welcome: Welcome): Promise<Opened> {
  const { person: told, tokens, secret, deviceId } = welcome;
  const personId = String(told["id"]);
  const known = await store.tables.people.get(personId);
  const kept = known && (await openWithSecret(known.bySignIn, secret, true));
  if (known && !kept && (await hasAnything(store, personId))) throw new SignInNeeded();
  const key = kept ?? (await newPersonKey());
  const row: PersonRow = {
    ...(known ?? NEWCOMER),
    personId,
    username: String(told["username"] ?? personId),
    name: String(told["name"] ?? told["username"] ?? personId),
    role: String(told["role"] ?? "installer"),
    language: String(told["language"]).startsWith("zh") ? "zh" : "en",
    deviceId,
    bySignIn: kept && known ? known.bySignIn : await lockWithSecret(key, secret),
    byPin: kept && known ? known.byPin : null,
    wrongPins: 0,
    tokens: await sealText(key, JSON.stringify(tokens)),
  };
  await store.writing(["people"], () => store.tables.people.put(row));
  return { personId, key };
}

const NEWCOMER = {
  cursor: null,
  epoch: null,
  snapshotMark: 0,
  serverTime: null,
  syncedAt: null,
};

/** Whether something of this person was captured here. Then the key must never be made anew. */
async function hasAnything(store: Store, personId: string): Promise<boolean> {
  const own = store.tables.events.where("[personId+state]");
  return (await own.between([personId, Dexie.minKey], [personId, Dexie.maxKey]).count()) > 0;
}

/** The key of a sign-in, locked up with a PIN; what comes back can no longer be read out. */
export async function choosePin(store: Store, opened: Opened, pin: string): Promise<Opened> {
  const { browserKey } = await store.installation();
  const byPin = await lockWithPin(opened.key, pin, browserKey);
  await note(store, opened.personId, { byPin, wrongPins: 0 });
  return open(store, opened.personId, pin);
}

/** Raises WrongPin, and SignInNeeded where only that opens any more. */
export async function open(store: Store, personId: string, pin: string): Promise<Opened> {
  const row = await person(store, personId);
  if (!row.byPin || row.wrongPins >= MOST_WRONG_PINS) throw new SignInNeeded();
  const { browserKey } = await store.installation();
  const key = await openWithPin(row.byPin, pin, browserKey).catch(() => {
    throw new SignInNeeded(); // the store was brought here from another browser
  });
  const wrongPins = key ? 0 : row.wrongPins + 1;
  // A disk that takes nothing more keeps nobody from reading.
  if (wrongPins !== row.wrongPins) await note(store, personId, { wrongPins });
  if (!key) throw new WrongPin({ left: MOST_WRONG_PINS - row.wrongPins - 1 });
  return { personId, key };
}

export async function keepTokens(store: Store, who: Opened, tokens: Tokens): Promise<void> {
  await note(store, who.personId, { tokens: await sealText(who.key, JSON.stringify(tokens)) });
}

export async function tokensOf(store: Store, who: Opened): Promise<Tokens | null> {
  const { tokens } = await person(store, who.personId);
  return tokens && (JSON.parse(await unsealText(who.key, tokens)) as Tokens);
}

/** Signs a person out on this tablet; cursor, jobs and outbox stay. */
export async function forgetTokens(store: Store, personId: string): Promise<void> {
  await note(store, personId, { tokens: null });
}
