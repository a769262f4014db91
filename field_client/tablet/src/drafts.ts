/** What was typed and is not said yet. It is written down at every change, and is here again at once. */

import type { Opened } from "./outbox";
import { person } from "./people";
import { sealText, unsealText } from "./safes";
import type { Store } from "./store";

/** The drafts of one person: all of them open in memory, so that a field has its words when it appears. */
export class Drafts {
  private readonly known = new Map<string, string>();
  private turn: Promise<void> = Promise.resolve();
  private readonly waiting = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly who: Opened,
  ) {}

  async open(): Promise<this> {
    const { drafts } = this.store.tables;
    const { personId, key } = this.who;
    const rows = await drafts
      .where("[personId+name]")
      .between([personId, ""], [personId, "\uffff"])
      .toArray();
    const texts = await Promise.all(rows.map((row) => unsealText(key, row.content)));
    rows.forEach((row, at) => this.known.set(row.name, texts[at] as string));
    return this;
  }

  read(name: string): string | undefined {
    return this.known.get(name);
  }

  /** What somebody typed for this job and did not save: sentences, not choices or searches. */
  typedFor(jobId: string): string[] {
    const own = [...this.known].filter(([name]) => name.startsWith(`${jobId}/`));
    return own.filter(([name]) => !isNoSentence(name)).map(([, text]) => text);
  }

  /** An empty text is none. Words that come faster than the disk are written down as the last of them. */
  write(name: string, text: string): void {
    if (text === "") this.known.delete(name);
    else this.known.set(name, text);
    if (this.waiting.has(name)) return;
    this.waiting.add(name);
    this.turn = this.turn.then(() => this.keep(name)).catch(() => undefined);
  }

  /** What was said is no draft any more. */
  forget(...names: string[]): void {
    for (const name of names) this.write(name, "");
  }

  /** When all that was typed is on the disk: awaited before the camera opens. */
  async settled(): Promise<void> {
    await this.turn;
  }

  private async keep(name: string): Promise<void> {
    this.waiting.delete(name);
    const { drafts } = this.store.tables;
    const { personId, key } = this.who;
    const text = this.known.get(name);
    const content = text === undefined ? undefined : await sealText(key, text);
    await this.store.writing(["drafts", "people", "installation"], async () => {
      await person(this.store, personId);
      if ((await this.store.installation()).farewell) return; // taken out of service meanwhile
      if (content) await drafts.put({ personId, name, content });
      else await drafts.delete([personId, name]);
    });
  }
}

const NO_SENTENCES: ReadonlySet<string> = new Set([
  "seen",
  "severity",
  "stars",
  "relation",
  "part",
  "request",
]);

function isNoSentence(name: string): boolean {
  return NO_SENTENCES.has(name.split("/")[1] ?? "");
}
