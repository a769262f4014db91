import { describe, expect, test } from "vitest";

import * as safes from "../../field_client/tablet/src/safes";

const words = "李娜, 12 Jade Lane";

describe("a person's key", () => {
  test("opens again with the PIN", async () => {
    const [key, browserKey] = [await safes.newPersonKey(), await safes.newBrowserKey()];
    const sealed = await safes.sealText(key, words);
    const locked = await safes.lockWithPin(key, "274981", browserKey);

    const opened = await safes.openWithPin(locked, "274981", browserKey);
    expect(await safes.unsealText(opened as CryptoKey, sealed)).toBe(words);
  });

  test("opens again with what the server gives at a sign-in, when the PIN is forgotten", async () => {
    const [key, secret] = [await safes.newPersonKey(), safes.chance(32)];
    const sealed = await safes.sealText(key, words);
    const locked = await safes.lockWithSecret(key, secret);

    const opened = await safes.openWithSecret(locked, secret);
    expect(await safes.unsealText(opened as CryptoKey, sealed)).toBe(words);
  });

  test("does not open with another PIN, in another browser, or for another person", async () => {
    const [key, browserKey] = [await safes.newPersonKey(), await safes.newBrowserKey()];
    const byPin = await safes.lockWithPin(key, "274981", browserKey);
    expect(await safes.openWithPin(byPin, "274982", browserKey)).toBeUndefined();
    await expect(
      safes.openWithPin(byPin, "274981", await safes.newBrowserKey()),
    ).rejects.toBeDefined();

    const bySecret = await safes.lockWithSecret(key, safes.chance(32));
    expect(await safes.openWithSecret(bySecret, safes.chance(32))).toBeUndefined();
  });

  test("cannot be read out once it is open, nor can the browser's", async () => {
    const [key, browserKey] = [await safes.newPersonKey(), await safes.newBrowserKey()];
    const opened = await safes.openWithPin(
      await safes.lockWithPin(key, "274981", browserKey),
      "274981",
      browserKey,
    );
    for (const each of [opened as CryptoKey, browserKey]) {
      expect(each.extractable).toBe(false);
      await expect(crypto.subtle.exportKey("raw", each)).rejects.toBeDefined();
    }
  });
});

test("what was altered does not open", async () => {
  const key = await safes.newPersonKey();
  const sealed = await safes.sealText(key, words);
  const bytes = new Uint8Array(sealed.bytes.slice(0));
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  await expect(safes.unsealText(key, { ...sealed, bytes: bytes.buffer })).rejects.toBeDefined();
});
