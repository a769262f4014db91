/** All that belongs to the person whose PIN opened the app. It is let go of as a whole when the app locks. */

import { Base } from "./base";
import { Captures } from "./captures";
import type { Conversation } from "./conversation";
import { Departures } from "./departures";
import { Drafts } from "./drafts";
import { EarlierPhotos } from "./earlier";
import { machineOf, type Machine } from "./figures";
import { Files } from "./files";
import { jobsOf, type Job } from "./jobs";
import { Outbox, type Opened } from "./outbox";
import { isObject, type Json } from "./domain/json";
import type { Memory } from "./memory";
import type { PersonRow, Store } from "./store";
import { Thumbnails } from "./thumbnails";
import { Whereabouts } from "./whereabouts";

export interface CataloguePart {
  sku: string;
  name: string;
  name_zh: string;
  unit: string;
  unit_price: number | null;
  currency: string | null;
  is_active: boolean;
}

export class Desk {
  readonly outbox: Outbox;
  readonly base: Base;
  readonly captures: Captures;
  readonly files: Files;
  readonly drafts: Drafts;
  readonly thumbnails: Thumbnails;
  readonly earlier: EarlierPhotos;
  readonly whereabouts: Whereabouts;
  readonly departures: Departures;

  constructor(
    readonly store: Store,
    readonly who: Opened,
    readonly person: PersonRow,
    readonly talk: Conversation,
    readonly memory: Memory,
  ) {
    this.outbox = new Outbox(store, who);
    this.base = new Base(store, who);
    this.captures = new Captures(this.base, this.outbox);
    this.files = new Files(this.outbox);
    this.drafts = new Drafts(store, who);
    this.thumbnails = new Thumbnails(this.files);
    this.whereabouts = new Whereabouts((position) => (this.captures.position = position));
    this.earlier = new EarlierPhotos(store, who, talk);
    this.departures = new Departures(this);
  }

  async open(): Promise<this> {
    await this.drafts.open();
    return this;
  }

  /** Pictures that were shown are taken out of memory, and nobody is followed any more. */
  close(): void {
    this.whereabouts.end();
    this.thumbnails.close();
  }

  async jobs(): Promise<Job[]> {
    return jobsOf(this.base, this.outbox);
  }

  async catalogue(): Promise<CataloguePart[]> {
    const told = await this.base.all("part");
    const parts = told.map((each) => each.data as unknown as CataloguePart);
    return parts.filter((part) => part.is_active !== false);
  }

  /** What lies in the person's van, by sku, as the office's ledger says. */
  async vanStock(): Promise<Map<string, number>> {
    const told = await this.base.all("stock");
    return new Map(told.map(({ data }) => [String(data["sku"]), Number(data["quantity"])]));
  }

  async machine(): Promise<Machine> {
    return machineOf(this);
  }

  /** The hashes of the pictures that were taken here: the same one again raises a doubt. */
  async earlierLooks(): Promise<string[]> {
    await this.store.wake();
    const { personId } = this.who;
    const rows = await this.store.tables.blobs
      .where("[personId+state]")
      .between([personId, ""], [personId, "\uffff"])
      .toArray();
    return rows.flatMap(({ look }) => {
      const hash = look ? (JSON.parse(look) as Json)["hash"] : null;
      return typeof hash === "string" ? [hash] : [];
    });
  }

  async policy(): Promise<Json> {
    const { policy } = (await this.store.installation()).hello;
    return isObject(policy) ? policy : {};
  }
}
