/** What a conversation remembers between requests, kept in the store; sealed, where it opens a door. */

import type { Offset } from "./clock";
import type { Memory as Remembered, Tokens } from "./conversation";
import type { Opened } from "./outbox";
import { keepTokens, person, tokensOf } from "./people";
import type { Store } from "./store";

/** In the name of one person; of nobody yet where `who` is null. */
export class Memory implements Remembered {
  private constructor(
    private readonly store: Store,
    private readonly who: Opened | null,
    public deviceId: string,
  ) {}

  /** A person goes on as the tablet for which their tokens are, until they are enrolled anew. */
  static async of(store: Store, who: Opened | null): Promise<Memory> {
    const { deviceId } = who ? await person(store, who.personId) : await store.installation();
    return new Memory(store, who, deviceId);
  }

  async tokens(): Promise<Tokens | null> {
    return this.who && tokensOf(this.store, this.who);
  }

  async keepTokens(tokens: Tokens): Promise<void> {
    if (this.who) await keepTokens(this.store, this.who, tokens);
  }

  async offset(): Promise<Offset | null> {
    return (await this.store.installation()).offset;
  }

  async keepOffset(offset: Offset): Promise<void> {
    await this.store.setInstallation({ offset });
  }
}
