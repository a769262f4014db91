/**
 * The black box: everything of one person that waits, in one encrypted file that the office can import.
 *
 * The last resort of a tablet that will not sync any more. Nobody on the way can read it; importing it twice
 * does no harm, because events and files are known by their ids. The layout of the file is the companion's,
 * and written down there: a header line, then frames of AES-256-GCM; inside is a zip.
 */

import { Zip, ZipPassThrough } from "fflate";

import { fromBase64, toBase64 } from "./base64";
import { hex, stamp } from "./clock";
import { sha256Hex } from "./domain/canonical";
import { NoKey } from "./errors";
import { Files } from "./files";
import type { Outbox } from "./outbox";
import { chance, type Bytes } from "./safes";
import type { EventRow, Installation } from "./store";

const MAGIC = "DOORSTEP-BLACKBOX-1\n";
const INFO = "doorstep black box";
const FRAME = 1 << 20;
const SALT_BYTES = 16;
const PREFIX_BYTES = 8;

export interface Box {
  file: Blob;
  events: number;
  blobs: number;
}

/** What the server has not taken into custody, and with `everything` also what it has. Raises NoKey. */
export async function exported(outbox: Outbox, everything = false): Promise<Box> {
  const here = await outbox.store.installation();
  const serverKey = here.hello["black_box_key"];
  if (typeof serverKey !== "string") throw new NoKey();
  const madeAt = stamp(outbox.store.clock.now());
  const { key, header, prefix } = await sealing(here, serverKey, madeAt);
  const frames = new Frames(key, header, prefix);
  const packed = await pack(outbox, here, madeAt, everything, (piece) => frames.write(piece));
  await frames.end();
  return { file: new Blob([MAGIC, header, ...frames.sealed]), ...packed };
}

async function sealing(here: Installation, serverKey: string, madeAt: string) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const own = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const server = await crypto.subtle.importKey("raw", fromBase64(serverKey), curve, false, []);
  const way = { name: "ECDH", public: server };
  const secret = await crypto.subtle.deriveBits(way, own.privateKey, 256);
  const [salt, prefix] = [chance(SALT_BYTES), chance(PREFIX_BYTES)];
  const ephemeral = toBase64(await crypto.subtle.exportKey("raw", own.publicKey));
  const header = JSON.stringify({
    ephemeral_key: ephemeral,
    salt: toBase64(salt.buffer),
    nonce_prefix: toBase64(prefix.buffer),
    device_id: here.deviceId,
    proof: await proof(here, ephemeral),
    made_at: madeAt,
  });
  return { key: await keyOf(secret, salt), header: `${header}\n`, prefix };
}

async function keyOf(secret: ArrayBuffer, salt: Bytes): Promise<CryptoKey> {
  const told = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const way = { name: "HKDF", hash: "SHA-256", salt, info: new TextEncoder().encode(INFO) };
  return crypto.subtle.deriveKey(way, told, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
}

/** That this installation made the box: an HMAC under the hash of its secret, which the server keeps. */
async function proof(here: Installation, ephemeral: string): Promise<string> {
  const kept = new TextEncoder().encode(await sha256Hex(here.installSecret));
  const way = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", kept, way, false, ["sign"]);
  const said = new TextEncoder().encode(`${here.deviceId}\n${ephemeral}`);
  return hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, said)));
}

/** Seals what is written in frames; the last is marked, so that a file that was cut does not open. */
class Frames {
  readonly sealed: BlobPart[] = [];
  private readonly header: Bytes;
  private kept: Bytes = new Uint8Array();
  private frame = 0;

  constructor(
    private readonly key: CryptoKey,
    header: string,
    private readonly prefix: Bytes,
  ) {
    this.header = new TextEncoder().encode(header);
  }

  /** Keeps a full frame back, because only the end tells which one is the last. */
  async write(piece: Uint8Array): Promise<void> {
    this.kept = joined(this.kept, piece);
    while (this.kept.length > FRAME) {
      await this.seal(this.kept.slice(0, FRAME), false);
      this.kept = this.kept.slice(FRAME);
    }
  }

  async end(): Promise<void> {
    await this.seal(this.kept, true);
  }

  private async seal(plain: Bytes, isLast: boolean): Promise<void> {
    const iv = joined(this.prefix, bigEndian(this.frame));
    const additionalData = joined(this.header, Uint8Array.of(isLast ? 1 : 0));
    const way = { name: "AES-GCM", iv, additionalData };
    const bytes = await crypto.subtle.encrypt(way, this.key, plain);
    this.sealed.push(bigEndian(bytes.byteLength), bytes);
    this.frame += 1;
  }
}

async function pack(
  outbox: Outbox,
  here: Installation,
  madeAt: string,
  everything: boolean,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<{ events: number; blobs: number }> {
  const [rows, hashes] = [await eventsOf(outbox, everything), await hashesOf(outbox, everything)];
  const zip = new Zipping();
  const counts = { events: rows.length, blobs: hashes.length };
  const about = { device_id: here.deviceId, name: here.name, made_at: madeAt, ...counts };
  const events = { [outbox.personId]: await outbox.opened(rows) };
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  await write(zip.file("about.json", text(about)));
  await write(zip.file("events.json", text(events)));
  const files = new Files(outbox);
  for (const sha256 of hashes) {
    await write(zip.file(`blobs/${sha256}`, await files.read(sha256)));
  }
  await write(zip.end());
  return counts;
}

/** A zip as it grows: each call returns the bytes that it added. Photos are packed already, so nothing is. */
class Zipping {
  private added: Uint8Array[] = [];
  private readonly zip = new Zip((problem, piece) => {
    if (problem) throw problem;
    this.added.push(piece);
  });

  file(name: string, bytes: Uint8Array): Uint8Array {
    const entry = new ZipPassThrough(name);
    this.zip.add(entry);
    entry.push(bytes, true);
    return this.taken();
  }

  end(): Uint8Array {
    this.zip.end();
    return this.taken();
  }

  private taken(): Uint8Array {
    const pieces = this.added;
    this.added = [];
    return pieces.reduce(joined, new Uint8Array());
  }
}

async function eventsOf(outbox: Outbox, everything: boolean): Promise<EventRow[]> {
  const { events } = outbox.store.tables;
  const states = everything ? ["waiting", "parked", "acknowledged"] : ["waiting", "parked"];
  const wanted = states.map((state) => [outbox.personId, state]);
  return events.where("[personId+state]").anyOf(wanted).sortBy("place");
}

/** Of what is here; a damaged copy is not worth a box that cannot be made. */
async function hashesOf(outbox: Outbox, everything: boolean): Promise<string[]> {
  const { blobs } = outbox.store.tables;
  const states = everything ? ["waiting", "stored"] : ["waiting"];
  const wanted = states.map((state) => [outbox.personId, state]);
  const rows = await blobs.where("[personId+state]").anyOf(wanted).toArray();
  const files = new Files(outbox);
  const found: string[] = [];
  for (const { sha256, isLocal } of rows) {
    if (isLocal && !(await files.isDamaged(sha256))) found.push(sha256);
  }
  return found.sort();
}

function joined(one: Uint8Array, other: Uint8Array): Bytes {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function bigEndian(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
