/** A tablet for tests: a clock that is moved by hand, a store of its own, somebody signed in on it. */

import type { Clock } from "../../field_client/tablet/src/clock";
import { Outbox, type Opened } from "../../field_client/tablet/src/outbox";
import { choosePin, signIn } from "../../field_client/tablet/src/people";
import { chance, type Bytes } from "../../field_client/tablet/src/safes";
import { Store } from "../../field_client/tablet/src/store";

export const MORNING = Date.parse("2026-11-25T08:00:00Z");

/** Moves by a second at each look, so that no two moments are the same. */
export class HandClock implements Clock {
  readonly zone = "Asia/Shanghai";
  readonly boot = "b001";
  private moment = MORNING;

  now(): number {
    return (this.moment += 1000);
  }

  monoMs(): number {
    return this.moment - MORNING;
  }

  bytes(count: number): Uint8Array {
    return chance(count);
  }

  async sleep(seconds: number): Promise<void> {
    this.moment += seconds * 1000;
  }
}

export const ALICE = { id: "p_alice", username: "alice", name: "Alice", language: "en" };
export const CAROL = { id: "p_carol", username: "carol", name: "Carol", language: "zh" };
export const PIN = "274981";

let stores = 0;

export async function newStore(name = `tablet-${(stores += 1)}`): Promise<Store> {
  return new Store(new HandClock(), name).open();
}

export const SECRETS = new Map<string, Bytes>([
  [ALICE.id, chance(32)],
  [CAROL.id, chance(32)],
]);

export async function signsIn(store: Store, who = ALICE, pin = PIN): Promise<Opened> {
  const { deviceId } = await store.installation();
  const tokens = { access_token: `access ${who.id}`, refresh_token: `refresh ${who.id}` };
  const secret = SECRETS.get(who.id) as Bytes;
  const opened = await signIn(store, { person: who, tokens, secret, deviceId });
  return choosePin(store, opened, pin);
}

export async function outboxOf(store: Store, who = ALICE): Promise<Outbox> {
  return new Outbox(store, await signsIn(store, who));
}

export const FACTS = { baseRev: 3, clock: { boot: "b001", mono_ms: 0 } };

/** Something small to say. */
export function notes(text: string) {
  return () => [{ kind: "note.added", data: { text, audience: "office" } }];
}
