/** What a conversation remembers: a person's tokens, sealed, and how far the tablet's clock is off. */

import { browserClock, type Offset } from "./clock";
import { Conversation, type Memory, type Tokens } from "./conversation";
import type { Language } from "./errors";
import type { Opened } from "./outbox";
import { keepTokens, person, tokensOf } from "./people";
import type { Store } from "./store";
import { httpTransport } from "./transport";

/** Speaks for nobody yet: for signing in. */
export async function talkOfNobody(store: Store, language: Language): Promise<Conversation> {
  const { deviceId } = await store.installation();
  const memory: Memory = {
    deviceId,
    tokens: () => Promise.resolve(null),
    keepTokens: () => Promise.resolve(),
    ...clockOf(store),
  };
  return new Conversation(httpTransport(""), memory, browserClock, language);
}

export async function talkOf(
  store: Store,
  who: Opened,
  language: Language,
): Promise<Conversation> {
  const { deviceId } = await person(store, who.personId);
  const memory: Memory = {
    deviceId,
    tokens: async () => {
      const kept = await tokensOf(store, who);
      return kept && { access_token: kept.access, refresh_token: kept.refresh ?? "" };
    },
    keepTokens: ({ access_token, refresh_token }: Tokens) =>
      keepTokens(store, who, { access: access_token, refresh: refresh_token }),
    ...clockOf(store),
  };
  return new Conversation(httpTransport(""), memory, browserClock, language);
}

function clockOf(store: Store): Pick<Memory, "offset" | "keepOffset"> {
  return {
    offset: async () => (await store.installation()).offset,
    keepOffset: (offset: Offset) => store.setInstallation({ offset }),
  };
}
