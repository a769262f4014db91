/** Receiving: changes since the cursor, a page and its cursor in one transaction, or a whole snapshot. */

import { Base } from "./base";
import { expected, refusal, type Conversation } from "./conversation";
import type { Answer } from "./transport";
import { ForeignAnswer } from "./errors";
import type { Outbox } from "./outbox";
import { note, person } from "./people";
import { PULLED_KINDS, changeStep, goneStep, lostByServer } from "./plan";
import { mustBeSameEpoch } from "./push";
import type { Sealed } from "./safes";
import { isObject, type Json } from "./domain/json";
import type { BaseRow, Store } from "./store";

const PAGE = 200;
const MOST_PAGES = 10_000;
const WRITTEN = ["base", "people", "events", "lanes", "blobs", "uses"] as const;

/** A change with its content sealed, because nothing but the store may be waited for while it writes. */
interface Ready {
  change: Json;
  content: Sealed | null;
}

/**
 * Brings the base of one person up to date, also while events wait to be sent.
 *
 * Raises NetworkDown, ServerBusy, ServerSaid, SignInNeeded, EpochChanged.
 */
export class Pull {
  changes = 0;
  private readonly store: Store;
  private readonly base: Base;

  constructor(
    private readonly outbox: Outbox,
    private readonly talk: Conversation,
  ) {
    this.store = outbox.store;
    this.base = new Base(outbox.store, outbox.who);
  }

  private get personId(): string {
    return this.outbox.personId;
  }

  async run(): Promise<void> {
    for (let turn = 0; turn < MOST_PAGES; turn++) {
      const { cursor } = await person(this.store, this.personId);
      if (cursor === null && (await this.hasBase())) {
        await this.snapshot();
        continue;
      }
      const from = cursor === null ? "" : `cursor=${encodeURIComponent(cursor)}&`;
      const answer = await this.talk.ask("GET", `/sync/v1/pull?${from}limit=${PAGE}`);
      if (answer.status === 410) {
        await this.beginAgain(answer);
        await this.snapshot();
        continue;
      }
      const page = expected(answer, "changes", "cursor");
      await mustBeSameEpoch(this.store, this.personId, page);
      await this.applyPage(page);
      if (!page["more"]) return;
      if (page["cursor"] === cursor && changesOf(page).length === 0) {
        throw new ForeignAnswer({ why: "the cursor does not move" });
      }
    }
  }

  private async hasBase(): Promise<boolean> {
    const mine = this.store.tables.base.where("[personId+kind+id]");
    const first = await mine
      .between([this.personId, "", ""], [this.personId, "\uffff", ""])
      .filter((row) => row.standing !== "gone")
      .first();
    return first !== undefined;
  }

  /** 410: only a cursor of ours can be gone; anything else that says so is passed on. */
  private async beginAgain(answer: Answer): Promise<void> {
    const told = answer.json() ?? {};
    if (told["code"] !== "cursor_gone") throw refusal(answer);
    await mustBeSameEpoch(this.store, this.personId, told);
  }

  private async applyPage(page: Json): Promise<void> {
    const ready = await this.ready(page);
    await this.store.writing([...WRITTEN], async () => {
      await person(this.store, this.personId);
      for (const each of ready) await this.apply(each, page);
      await this.moveCursor(page);
    });
  }

  private async ready(page: Json): Promise<Ready[]> {
    return Promise.all(
      changesOf(page).map(async (change) => ({
        change,
        content: isObject(change["data"]) ? await this.base.seal(change["data"]) : null,
      })),
    );
  }

  private async moveCursor(page: Json): Promise<void> {
    const epoch = page["epoch"];
    const told = { cursor: String(page["cursor"]) };
    await note(this.store, this.personId, typeof epoch === "string" ? { ...told, epoch } : told);
  }

  private async apply(ready: Ready, page: Json): Promise<void> {
    const { change } = ready;
    const [kind, id] = [String(change["kind"]), String(change["id"])];
    if (kind === "event_result") return this.noteResult(id, change["data"]);
    const own = await this.base.row(kind, id);
    const hasUnsent = kind === "job" && (await this.outbox.hasUnsent(id));
    const step = changeStep(own?.version ?? null, change, hasUnsent);
    if (step === "ignore") return;
    this.changes += 1;
    if (step === "upsert") return this.upsert(ready, page, own, 0);
    const standing = step === "leave" ? "leaving" : "gone";
    const reason = String(change["reason"] ?? "");
    await this.base.letGo(kind, id, standing, change["version"] as number, reason);
  }

  private async noteResult(eventId: string, data: unknown): Promise<void> {
    if (!isObject(data)) return;
    const settled = await this.outbox.settle([{ ...data, event_id: eventId }]);
    this.changes += Object.values(settled.byStatus).reduce((sum, each) => sum + each, 0);
  }

  private async upsert(
    { change, content }: Ready,
    page: Json,
    own: BaseRow | undefined,
    mark: number,
  ): Promise<void> {
    const data = change["data"] as Json;
    const isComplete = data["received"] === "complete";
    const heardAt = typeof page["time"] === "string" ? page["time"] : null;
    const [kind, id] = [String(change["kind"]), String(change["id"])];
    await this.base.put({
      kind,
      id,
      version: change["version"] as number,
      standing: "mine",
      reason: null,
      content,
      mark,
      completeSince: isComplete ? (own?.completeSince ?? heardAt) : null,
    });
    if (kind === "job") await this.offerWhatWasLost(id, data["missing"]);
  }

  /** The server says that it misses what it once had: it is offered again. */
  private async offerWhatWasLost(jobId: string, missing: unknown): Promise<void> {
    if (!isObject(missing)) return;
    const { blobs, uses } = this.store.tables;
    const rows = await this.outbox.rows(jobId);
    const statuses = new Map(rows.map((row) => [row.eventId, row.status]));
    const files = await uses.where({ personId: this.personId, jobId }).toArray();
    const kept = await blobs.bulkGet(files.map((use) => [this.personId, use.sha256]));
    const local = kept.filter((row) => row?.isLocal);
    const states = new Map(local.map((row) => [row?.sha256 ?? "", row?.state ?? ""]));
    const lost = lostByServer(missing, statuses, states);
    if (lost.events.length > 0) await this.outbox.offerAgain(lost.events);
    for (const sha256 of lost.blobs) {
      await blobs.update([this.personId, sha256], { state: "waiting" });
    }
  }

  // Everything at once.

  /**
   * All that is in scope; what it does not name goes away, but never unsent work. The cursor is empty
   * until the last page, so a snapshot that is cut off begins again.
   */
  private async snapshot(): Promise<void> {
    const mark = (await person(this.store, this.personId)).snapshotMark + 1;
    await note(this.store, this.personId, { snapshotMark: mark, cursor: null });
    let next: string | null = null;
    for (let turn = 0; turn < MOST_PAGES; turn++) {
      const where: string = next === null ? "" : `?page=${encodeURIComponent(next)}`;
      const page = expected(await this.talk.ask("GET", `/sync/v1/snapshot${where}`), "changes");
      await mustBeSameEpoch(this.store, this.personId, page);
      next = typeof page["next"] === "string" ? page["next"] : null;
      await this.applySnapshot(page, mark, next === null);
      if (next === null) return;
    }
    throw new ForeignAnswer({ why: "the snapshot does not end" });
  }

  private async applySnapshot(page: Json, mark: number, isLast: boolean): Promise<void> {
    if (isLast && typeof page["cursor"] !== "string") {
      throw new ForeignAnswer({ why: "not the expected object" });
    }
    const ready = await this.ready(page);
    await this.store.writing([...WRITTEN], async () => {
      await person(this.store, this.personId);
      for (const each of ready) await this.markOne(each, page, mark);
      if (!isLast) return;
      await this.sweep(mark);
      await this.moveCursor(page);
    });
  }

  private async markOne(ready: Ready, page: Json, mark: number): Promise<void> {
    const { change } = ready;
    const [kind, id, version] = [String(change["kind"]), String(change["id"]), change["version"]];
    if (kind === "event_result") return this.noteResult(id, change["data"]);
    const isKnownKind = PULLED_KINDS.has(kind) && typeof version === "number";
    if (!isKnownKind || (change["change"] ?? "upsert") !== "upsert" || !ready.content) return;
    const own = await this.base.row(kind, id);
    if (!own || own.standing !== "mine" || version >= own.version) {
      await this.upsert(ready, page, own, mark);
      this.changes += 1;
    } else {
      await this.base.put({ ...own, mark });
    }
  }

  private async sweep(mark: number): Promise<void> {
    const { base } = this.store.tables;
    const mine = base
      .where("[personId+kind+id]")
      .between([this.personId, "", ""], [this.personId, "\uffff", ""]);
    const unnamed = await mine.filter((row) => row.standing === "mine" && row.mark !== mark);
    for (const row of await unnamed.toArray()) {
      const hasUnsent = row.kind === "job" && (await this.outbox.hasUnsent(row.id));
      const standing = goneStep(row.kind, hasUnsent) === "leave" ? "leaving" : "gone";
      await this.base.letGo(row.kind, row.id, standing, row.version, "");
    }
  }
}

function changesOf(page: Json): Json[] {
  const changes = page["changes"];
  if (!Array.isArray(changes) || !changes.every(isObject)) {
    throw new ForeignAnswer({ why: "not the expected object" });
  }
  return changes;
}
