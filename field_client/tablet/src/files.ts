/** The bytes of photos and signatures on this tablet: sealed as captured, read back for sending and showing. */

import type { Outbox } from "./outbox";
import { PhotoUnreadable } from "./errors";
import { seal, unseal, type Bytes } from "./safes";
import { sha256Hex } from "./domain/canonical";
import type { BlobRow, Store } from "./store";
import type { Content } from "./outbox";

/** Seals bytes for the event that announces them. */
export async function content(
  outbox: Outbox,
  bytes: Bytes,
  mime: string,
  purpose: Content["purpose"],
  look?: string,
): Promise<Content> {
  const [sha256, sealed] = await Promise.all([sha256Hex(bytes), seal(outbox.who.key, bytes)]);
  const facts = { sha256, size: bytes.length, mime, purpose, sealed };
  return look === undefined ? facts : { ...facts, look };
}

/** Files of one person. */
export class Files {
  private readonly store: Store;

  constructor(private readonly outbox: Outbox) {
    this.store = outbox.store;
  }

  /** Raises PhotoUnreadable where the bytes are not here, or not as they were. */
  async read(sha256: string): Promise<Bytes> {
    const row = await this.store.tables.bytes.get([this.outbox.personId, sha256]);
    if (!row) throw new PhotoUnreadable({ file: sha256 });
    try {
      return new Uint8Array(await unseal(this.outbox.who.key, row.content));
    } catch {
      throw new PhotoUnreadable({ file: sha256 });
    }
  }

  /** How many bytes are here of a file; null when there are none. */
  async size(sha256: string): Promise<number | null> {
    const key: [string, string] = [this.outbox.personId, sha256];
    const [row, kept] = await Promise.all([
      this.store.tables.blobs.get(key),
      this.store.tables.bytes.where("[personId+sha256]").equals(key).count(),
    ]);
    return row && kept > 0 ? row.size : null;
  }

  /** Whether our own copy is gone or was changed. */
  async isDamaged(sha256: string): Promise<boolean> {
    try {
      return (await sha256Hex(await this.read(sha256))) !== sha256;
    } catch {
      return true;
    }
  }

  async waiting(): Promise<BlobRow[]> {
    const { blobs } = this.store.tables;
    return blobs.where({ personId: this.outbox.personId, state: "waiting" }).toArray();
  }
}
