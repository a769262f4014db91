import { expect, test } from "vitest";

import * as people from "../../field_client/tablet/src/people";
import { chance, unsealText } from "../../field_client/tablet/src/safes";
import { ALICE, FACTS, newStore, notes, outboxOf, PIN, SECRETS, signsIn } from "./tablets";

async function comesBack(
  store: Awaited<ReturnType<typeof newStore>>,
  secret = SECRETS.get(ALICE.id),
) {
  const { deviceId } = await store.installation();
  const tokens = { access_token: "new", refresh_token: "newer" };
  return people.signIn(store, { person: ALICE, tokens, secret: secret as never, deviceId });
}

test("Alice opens her work with her PIN", async () => {
  const store = await newStore();
  const outbox = await outboxOf(store);
  await outbox.add("J-1001", notes("hers"), FACTS);
  const opened = await people.open(store, ALICE.id, PIN);
  const [row] = await outbox.rows("J-1001");
  expect(await unsealText(opened.key, row?.body as never)).toContain("hers");
});

test("a forgotten PIN loses nothing: she signs in and chooses another", async () => {
  const store = await newStore();
  const before = await outboxOf(store);
  await before.add("J-1001", notes("hers"), FACTS);
  await people.choosePin(store, await comesBack(store), "555000");
  const opened = await people.open(store, ALICE.id, "555000");
  const [row] = await before.rows("J-1001");
  expect(await unsealText(opened.key, row?.body as never)).toContain("hers");
  await expect(people.open(store, ALICE.id, PIN)).rejects.toMatchObject({ code: "wrong_pin" });
});

test("after ten wrong PINs only signing in opens, and a right one in between starts anew", async () => {
  const store = await newStore();
  await signsIn(store);
  const tries = async (count: number) => {
    for (let each = 0; each < count; each += 1) {
      await expect(people.open(store, ALICE.id, "000000")).rejects.toMatchObject({
        code: "wrong_pin",
      });
    }
  };
  await tries(9);
  await people.open(store, ALICE.id, PIN);
  await tries(10);
  await expect(people.open(store, ALICE.id, PIN)).rejects.toMatchObject({ code: "sign_in_needed" });
  await people.choosePin(store, await comesBack(store), PIN);
  await people.open(store, ALICE.id, PIN);
});

test("a server that gives another secret never makes waiting work unreadable", async () => {
  const store = await newStore();
  const outbox = await outboxOf(store);
  await outbox.add("J-1001", notes("hers"), FACTS);
  await expect(comesBack(store, chance(32))).rejects.toMatchObject({ code: "sign_in_needed" });
  await people.open(store, ALICE.id, PIN);
});

test("tokens are sealed, and go at signing out; the work stays", async () => {
  const store = await newStore();
  const outbox = await outboxOf(store);
  await outbox.add("J-1001", notes("hers"), FACTS);
  expect(await people.tokensOf(store, outbox.who)).toMatchObject({
    access_token: "access p_alice",
  });
  await people.forgetTokens(store, ALICE.id);
  expect(await people.tokensOf(store, outbox.who)).toBeNull();
  expect(await outbox.waiting()).toHaveLength(1);
});
