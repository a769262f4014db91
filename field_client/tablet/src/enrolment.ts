/** Making this tablet known to the server, and giving it a new identity when it was copied. */

import { fromBase64 } from "./base64";
import { newId, newSecret } from "./clock";
import { expected, type Conversation, type Tokens } from "./conversation";
import { ForeignAnswer, WrongPassword } from "./errors";
import type { Outbox } from "./outbox";
import type { Memory } from "./memory";
import { keepTokens, note, person, signIn } from "./people";
import type { Opened } from "./outbox";
import { isObject, type Json } from "./domain/json";
import type { Installation, Store } from "./store";

/** Enrols the tablet for a person who is signed in; their tokens are bound to it from now on. */
export async function enrol(outbox: Outbox, talk: Conversation, memory: Memory): Promise<void> {
  const { store, who } = outbox;
  const here = await store.installation();
  const answer = await talk.ask("POST", "/sync/v1/devices", bodyOf(here));
  const told = expected(answer, "access_token");
  const { deviceId } = await person(store, who.personId);
  await keepTokens(store, who, tokensIn(told));
  await note(store, who.personId, { deviceId: here.deviceId });
  memory.deviceId = here.deviceId;
  if (deviceId !== here.deviceId) await outbox.renumber();
}

/**
 * A new identity, after the server met another tablet with ours: somebody copied the store. It is written
 * down before the server hears of it, so that an answer that is lost costs nothing. Ids and predecessors
 * of what waits stay; only the numbers are new.
 */
export async function enrolAnew(outbox: Outbox, talk: Conversation, memory: Memory): Promise<void> {
  const { store } = outbox;
  if (talk.deviceId === (await store.installation()).deviceId) {
    const { clock } = store;
    await store.setInstallation({ deviceId: newId(clock), installSecret: newSecret(clock) });
  }
  await enrol(outbox, talk, memory);
}

/**
 * Signs in and enrols; the person may work offline from then on, once they have chosen a PIN.
 *
 * `talk` speaks for nobody yet. Raises WrongPassword, NetworkDown, ServerBusy, ServerSaid.
 */
export async function signInWith(
  store: Store,
  talk: Conversation,
  username: string,
  password: string,
): Promise<Opened> {
  const answer = await talk.ask("POST", "/api/v1/auth/login", { username, password });
  if (answer.status === 401) throw new WrongPassword();
  const told = expected(answer, "access_token", "person");
  const who = told["person"];
  if (!isObject(who)) throw new ForeignAnswer({ why: "not the expected object" });
  const here = await store.installation();
  const bearer = { Authorization: `Bearer ${String(told["access_token"])}` };
  const device = await talk.ask("POST", "/sync/v1/devices", bodyOf(here), bearer);
  const enrolled = expected(device, "access_token", "refresh_token", "store_key");
  return signIn(store, {
    person: who,
    tokens: tokensIn(enrolled),
    secret: fromBase64(String(enrolled["store_key"])),
    deviceId: here.deviceId,
  });
}

function bodyOf(here: Installation): Json {
  return {
    device_id: here.deviceId,
    platform: "tablet-web",
    name: here.name,
    install_secret: here.installSecret,
  };
}

function tokensIn(told: Json): Tokens {
  return {
    access_token: String(told["access_token"]),
    refresh_token: String(told["refresh_token"]),
  };
}
