/**
 * What a person keeps on this tablet is sealed with a key of their own (AES-GCM, 256 bits).
 *
 * The key itself is kept only locked up, twice: by the person's PIN together with a key of this
 * browser that no script can read out, and by a secret that the server gives to whoever signs in as
 * this person on this tablet. So a forgotten PIN or a changed password loses nothing, and a stolen
 * tablet tells nothing. A PIN alone could be guessed; therefore this browser's key lies around it.
 */

const AES = "AES-GCM";
const IV_BYTES = 12;
const SALT_BYTES = 16;
// A PIN has too few values for any count to protect it; the browser's own key does.
const PIN_ROUNDS = 100_000;
const SIGN_IN_INFO = "doorstep tablet key";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Sealed {
  iv: Bytes;
  bytes: ArrayBuffer;
}

/** A person's key as it lies in the store: of no use without the PIN, or the server's secret. */
export interface Locked extends Sealed {
  salt: Bytes;
}

/** This browser's own key. It is kept in the store as a handle: its bytes never reach a script. */
export async function newBrowserKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
}

/** A person's new key. It can be read out only until it was locked up: then it is opened again. */
export async function newPersonKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: AES, length: 256 }, true, ["encrypt", "decrypt"]);
}

export async function lockWithPin(
  key: CryptoKey,
  pin: string,
  browserKey: CryptoKey,
): Promise<Locked> {
  const salt = chance(SALT_BYTES);
  const inner = await wrapped(key, await keyOfPin(pin, salt), salt);
  return { ...(await seal(browserKey, inner)), salt };
}

/** Undefined for a wrong PIN. `isReadable` only where it is to be locked up anew. */
export async function openWithPin(
  locked: Locked,
  pin: string,
  browserKey: CryptoKey,
  isReadable = false,
): Promise<CryptoKey | undefined> {
  const inner = await unseal(browserKey, locked);
  return unwrapped(inner, await keyOfPin(pin, locked.salt), locked.salt, isReadable);
}

export async function lockWithSecret(key: CryptoKey, secret: Bytes): Promise<Locked> {
  const salt = chance(SALT_BYTES);
  const iv = chance(IV_BYTES);
  return { iv, salt, bytes: await wrapped(key, await keyOfSecret(secret, salt), iv) };
}

/** Undefined where the secret is another one: another person's, tablet's or server's. */
export async function openWithSecret(
  locked: Locked,
  secret: Bytes,
  isReadable = false,
): Promise<CryptoKey | undefined> {
  return unwrapped(locked.bytes, await keyOfSecret(secret, locked.salt), locked.iv, isReadable);
}

export async function seal(key: CryptoKey, content: BufferSource): Promise<Sealed> {
  const iv = chance(IV_BYTES);
  return { iv, bytes: await crypto.subtle.encrypt({ name: AES, iv }, key, content) };
}

/** Rejects where a byte was changed, or the key is another. */
export async function unseal(key: CryptoKey, sealed: Sealed): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt({ name: AES, iv: sealed.iv }, key, sealed.bytes);
}

export async function sealText(key: CryptoKey, text: string): Promise<Sealed> {
  return seal(key, new TextEncoder().encode(text));
}

export async function unsealText(key: CryptoKey, sealed: Sealed): Promise<string> {
  return new TextDecoder().decode(await unseal(key, sealed));
}

export function chance(count: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(count));
}

async function wrapped(key: CryptoKey, by: CryptoKey, iv: Bytes): Promise<ArrayBuffer> {
  return crypto.subtle.wrapKey("raw", key, by, { name: AES, iv });
}

async function unwrapped(
  locked: BufferSource,
  by: CryptoKey,
  iv: Bytes,
  isReadable: boolean,
): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.unwrapKey("raw", locked, by, { name: AES, iv }, AES, isReadable, [
      "encrypt",
      "decrypt",
    ]);
  } catch {
    return undefined;
  }
}

async function keyOfPin(pin: string, salt: Bytes): Promise<CryptoKey> {
  const typed = await crypto.subtle.importKey("raw", encoded(pin), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations: PIN_ROUNDS };
  return derived(way, typed);
}

async function keyOfSecret(secret: Bytes, salt: Bytes): Promise<CryptoKey> {
  const told = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  return derived({ name: "HKDF", hash: "SHA-256", salt, info: encoded(SIGN_IN_INFO) }, told);
}

async function derived(way: Pbkdf2Params | HkdfParams, from: CryptoKey): Promise<CryptoKey> {
  const kind = { name: AES, length: 256 };
  return crypto.subtle.deriveKey(way, from, kind, false, ["wrapKey", "unwrapKey"]);
}

function encoded(text: string): Bytes {
  return new TextEncoder().encode(text);
}
