/**
 * What the judge sees of a tablet: rows as they lie on its disk, opened with the keys that he was told, and of
 * files what their bytes really are. Only what is new or gone since he last looked is said again.
 */

import { createHash } from "node:crypto";

import { unseal, unsealText, type Sealed } from "../../../field_client/tablet/src/safes";
import type {
  BaseRow,
  BlobRow,
  BytesRow,
  EventRow,
  Installation,
  LaneRow,
  PersonRow,
} from "../../../field_client/tablet/src/store";
import type { Machine } from "./machines";

type Row = (string | number | null)[];
type Keys = ReadonlyMap<string, CryptoKey>;
type Reader = (row: never, keys: Keys) => Row | Promise<Row>;

export interface Sight {
  table: string;
  /** Each row begins with the name by which it is found again. */
  rows: Row[];
  gone: string[];
}

const READERS: Record<string, Reader> = {
  installation: ({ deviceId, nextSeq }: Installation) => [deviceId, nextSeq],
  people: ({ personId, username, deviceId, tokens, cursor, epoch }: PersonRow) => [
    ...[personId, username, deviceId],
    ...[tokens ? 1 : 0, cursor, epoch],
  ],
  base: async (row: BaseRow, keys) => [
    ...[row.personId, row.kind, row.id, row.version, row.standing],
    row.content && (await text(row.personId, row.content, keys)),
  ],
  events: async (row: EventRow, keys) => [
    ...[row.place as number, row.eventId, row.personId, row.jobId, row.kind, row.seq],
    await text(row.personId, row.body, keys),
    ...[row.state, row.status, row.code],
  ],
  lanes: ({ personId, jobId, lastEventId }: LaneRow) => [personId, jobId, lastEventId],
  blobs: ({ personId, sha256, size, state, isLocal }: BlobRow) => [
    ...[personId, sha256, size, state, isLocal ? 1 : 0],
  ],
  bytes: async ({ personId, sha256, content }: BytesRow, keys) => {
    const bytes = new Uint8Array(await unseal(keyOf(personId, keys), content));
    return [personId, sha256, createHash("sha256").update(bytes).digest("hex"), bytes.length];
  },
};

export class Eyes {
  private readonly seen = new Map<string, Map<string, unknown>>();

  constructor(private readonly machine: Machine) {}

  async look(keys: Keys): Promise<Sight[]> {
    const sights = Object.entries(READERS).map(([table, read]) => this.lookAt(table, read, keys));
    return (await Promise.all(sights)).filter((sight) => sight.rows.length + sight.gone.length);
  }

  private async lookAt(table: string, read: Reader, keys: Keys): Promise<Sight> {
    const before = this.seen.get(table) ?? new Map<string, unknown>();
    const now = new Map<string, unknown>();
    for (const { key, value } of this.machine.rows(table)) now.set(JSON.stringify(key), value);
    this.seen.set(table, now);
    const fresh = [...now].filter(([name, value]) => before.get(name) !== value);
    const rows = await Promise.all(
      fresh.map(async ([name, value]) => [name, ...(await read(value as never, keys))]),
    );
    return { table, rows, gone: [...before.keys()].filter((name) => !now.has(name)) };
  }
}

function text(personId: string, sealed: Sealed, keys: Keys): Promise<string> {
  return unsealText(keyOf(personId, keys), sealed);
}

function keyOf(personId: string, keys: Keys): CryptoKey {
  const key = keys.get(personId);
  if (!key) throw new Error(`nobody told the key of ${personId}`);
  return key;
}
