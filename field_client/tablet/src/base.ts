/** What the server told this person: jobs, parts and stock, sealed, as the store keeps them. */

import { sealText, unsealText, type Sealed } from "./safes";
import type { Opened } from "./outbox";
import type { Json } from "./domain/json";
import type { BaseRow, Standing, Store } from "./store";

export interface Told extends Omit<BaseRow, "content"> {
  data: Json;
}

/** The base of one person; what was opened once stays open in memory while its row is the same. */
export class Base {
  private readonly read = new Map<string, { content: Sealed; data: Json }>();

  constructor(
    readonly store: Store,
    readonly who: Opened,
  ) {}

  async seal(data: unknown): Promise<Sealed> {
    return sealText(this.who.key, JSON.stringify(data));
  }

  async row(kind: string, id: string): Promise<BaseRow | undefined> {
    return this.store.tables.base.get([this.who.personId, kind, id]);
  }

  /** What is here of one kind; tombstones are not. */
  async all(kind: string): Promise<Told[]> {
    const rows = await this.rows(kind);
    return Promise.all(rows.map((row) => this.opened(row)));
  }

  /** The same, still sealed: inside a transaction nothing can be opened. */
  async rows(kind: string): Promise<BaseRow[]> {
    const { base } = this.store.tables;
    const { personId } = this.who;
    const standings = ["mine", "leaving"] as const;
    const found = await Promise.all(
      standings.map((standing) => base.where({ personId, kind, standing }).toArray()),
    );
    return found.flat();
  }

  async one(kind: string, id: string): Promise<Told | undefined> {
    const row = await this.row(kind, id);
    return row?.content ? this.opened(row) : undefined;
  }

  async opened(row: BaseRow): Promise<Told> {
    const name = `${row.kind}/${row.id}`;
    const content = row.content as Sealed;
    const known = this.read.get(name);
    if (known && same(known.content, content)) return { ...row, data: known.data };
    const data = JSON.parse(await unsealText(this.who.key, content)) as Json;
    this.read.set(name, { content, data });
    return { ...row, data };
  }

  /** Inside the caller's transaction. */
  async put(row: Omit<BaseRow, "personId">): Promise<void> {
    await this.store.tables.base.put({ ...row, personId: this.who.personId });
  }

  /**
   * Inside the caller's transaction. A tombstone keeps the version, so that an older page cannot bring it
   * back; a job with unsent work stays readable.
   */
  async letGo(
    kind: string,
    id: string,
    standing: Exclude<Standing, "mine">,
    version: number,
    reason: string,
  ): Promise<void> {
    const known = await this.row(kind, id);
    const blank = { kind, id, mark: 0, completeSince: null, content: null };
    const isGone = !known || known.standing === "gone" || standing === "gone";
    const after = { ...(known ?? blank), version, reason };
    await this.put({
      ...after,
      standing: isGone ? "gone" : "leaving",
      content: isGone ? null : after.content,
    });
  }
}

/** A sealed text has a nonce of its own: the same nonce is the same text. */
function same(one: Sealed, other: Sealed): boolean {
  return one.iv.every((byte, at) => byte === other.iv[at]);
}
