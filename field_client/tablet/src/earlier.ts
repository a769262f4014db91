/** The photos of earlier trips and of the customer, as small pictures: fetched after a sync, there without a network. */

import type { Conversation } from "./conversation";
import { Failure } from "./errors";
import type { Job } from "./jobs";
import { isOver } from "./order";
import type { Opened } from "./outbox";
import { person } from "./people";
import { LEAVES } from "./reserves";
import { seal, unseal, type Bytes } from "./safes";
import type { Store } from "./store";

export class EarlierPhotos {
  constructor(
    private readonly store: Store,
    private readonly who: Opened,
    private readonly talk: Conversation,
  ) {}

  /** Null where the picture is not on this tablet yet. */
  async read(photoId: string): Promise<Bytes | null> {
    const row = await this.store.tables.pictures.get([this.who.personId, photoId]);
    return row ? new Uint8Array(await unseal(this.who.key, row.content)) : null;
  }

  /** How many of each job's are here, and how many there are: one question, however many jobs. */
  async counts(jobs: readonly Job[]): Promise<Map<string, { here: number; all: number }>> {
    const { personId } = this.who;
    const keys = jobs.flatMap(idsOf).map((photoId) => [personId, photoId] as [string, string]);
    const found = await this.store.tables.pictures
      .where("[personId+photoId]")
      .anyOf(keys)
      .primaryKeys();
    const here = new Set(found.map(([, photoId]) => photoId));
    return new Map(
      jobs.map((job) => {
        const wanted = idsOf(job);
        const present = wanted.filter((photoId) => here.has(photoId));
        return [job.jobId, { here: present.length, all: wanted.length }];
      }),
    );
  }

  /**
   * Brings what open jobs show of earlier trips, and lets go of the rest. What cannot be had now is tried
   * after the next sync: the pictures help, nothing waits for them.
   */
  async fetch(jobs: readonly Job[], signal: AbortSignal): Promise<void> {
    const open = jobs.filter((job) => !isOver(job));
    await this.letGo(new Set(open.flatMap(idsOf)));
    for (const job of open) {
      for (const wanted of wantedBy(job)) {
        if (signal.aborted) return;
        if (await this.isHere(wanted.photoId)) continue;
        if (!(await this.bring(job.jobId, wanted))) return;
      }
    }
  }

  private async isHere(photoId: string): Promise<boolean> {
    const key: [string, string] = [this.who.personId, photoId];
    return (await this.store.tables.pictures.get(key)) !== undefined;
  }

  /** False when the network or the server is not there: then the others need not be tried. */
  private async bring(jobId: string, { photoId, noun }: Wanted): Promise<boolean> {
    const path = `/api/v1/${noun}/${encodeURIComponent(photoId)}/file/thumb`;
    try {
      const answer = await this.talk.ask("GET", path);
      if (!answer.isFine || answer.body.length === 0) return true;
      const content = await seal(this.who.key, new Uint8Array(answer.body));
      const row = { personId: this.who.personId, photoId, jobId, content };
      const keep = async () => {
        await person(this.store, row.personId);
        await this.store.tables.pictures.put(row);
      };
      await this.store.writing(["pictures", "people"], keep, LEAVES.extras);
      return true;
    } catch (problem) {
      if (problem instanceof Failure) return false;
      throw problem;
    }
  }

  private async letGo(wanted: ReadonlySet<string>): Promise<void> {
    const { pictures } = this.store.tables;
    const { personId } = this.who;
    const all = await pictures
      .where("[personId+photoId]")
      .between([personId, ""], [personId, "\uffff"])
      .primaryKeys();
    const unwanted = all.filter(([, photoId]) => !wanted.has(photoId));
    if (unwanted.length === 0) return;
    await this.store.writing(["pictures"], () => pictures.bulkDelete(unwanted));
  }
}

interface Wanted {
  readonly photoId: string;
  readonly noun: "photos" | "customer-photos";
}

function wantedBy({ sheet }: Job): Wanted[] {
  const taken = sheet.history.flatMap((trip) => trip.photos);
  return [
    ...(sheet.from_customer ?? []).map((each) => wanted("customer-photos", each)),
    ...taken.map((each) => wanted("photos", each)),
  ];
}

const wanted = (noun: Wanted["noun"], photo: { readonly photo_id: string }): Wanted => ({
  photoId: photo.photo_id,
  noun,
});

const idsOf = (job: Job): string[] => wantedBy(job).map(({ photoId }) => photoId);
