/**
 * Talking to the server as one person on this tablet: headers, tokens, and whose answer it is.
 *
 * An answer counts only when our server says so in its header, and a 2xx only when its body is the object
 * that was asked for; anything else is a network failure (captive portals answer 200 to everything).
 */

import { ageS, measure, parse, type Clock, type Offset } from "./clock";
import { isObject, type Json } from "./domain/json";
import {
  DeviceLost,
  ForeignAnswer,
  NetworkDown,
  ServerBusy,
  ServerSaid,
  SignInNeeded,
  type Failure,
} from "./errors";
import type { Language } from "./generated/words";
import { packed, type Answer, type HeaderLines, type Transport } from "./transport";

export const APP = "doorstep-tablet/0.1.0";
const MOST_ROUND_TRIP_MS = 5000; // a slower answer says too little about the clock
const NEWS_MS = 1000; // an offset that moved by less is no news
const FRESH_S = 600;
const OF_PROXIES = [413, 429, 502, 503, 504]; // what stands before our server may say these for it

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** What the store remembers of the one who talks; of nobody the tokens are null. */
export interface Memory {
  readonly deviceId: string;
  tokens(): Promise<Tokens | null>;
  keepTokens(tokens: Tokens): Promise<void>;
  offset(): Promise<Offset | null>;
  keepOffset(offset: Offset): Promise<void>;
}

/** Requests in the name of one person. */
export class Conversation {
  private renewal: Promise<Tokens> | null = null;

  constructor(
    private readonly transport: Transport,
    private readonly memory: Memory,
    readonly clock: Clock,
    private readonly language: Language,
  ) {}

  get deviceId(): string {
    return this.memory.deviceId;
  }

  /** A JSON request. A 401 is met with new tokens. Rejects with NetworkDown, SignInNeeded. */
  async ask(
    method: string,
    path: string,
    document?: unknown,
    headers: HeaderLines = {},
  ): Promise<Answer> {
    if (document === undefined) {
      return this.send(method, path, null, headers);
    }
    const { body, headers: typed } = await packed(document);
    return this.send(method, path, body, { ...typed, ...headers });
  }

  /** As `ask`, with a body of bytes. The answer is ours, or of a proxy that says no. */
  async send(
    method: string,
    path: string,
    body: Uint8Array<ArrayBuffer> | null,
    headers: HeaderLines,
  ): Promise<Answer> {
    let tokens = await this.memory.tokens();
    let answer = await this.once(method, path, body, headers, tokens?.access_token);
    for (let tries = 0; answer.status === 401 && tokens !== null; tries += 1) {
      if (tries === 2) {
        throw new SignInNeeded();
      }
      tokens = await this.newer(tokens);
      answer = await this.once(method, path, body, headers, tokens.access_token);
    }
    return answer;
  }

  /** Newer tokens than those: of another tab that was faster, or from the server. */
  private async newer(old: Tokens): Promise<Tokens> {
    const known = await this.memory.tokens();
    if (known === null) {
      throw new SignInNeeded();
    }
    if (known.access_token !== old.access_token) {
      return known;
    }
    this.renewal ??= this.refresh(known).finally(() => (this.renewal = null));
    return this.renewal;
  }

  /**
   * Asked twice with the same token, by two tabs or after a lost answer, the server says the same.
   *
   * While it was asked, another tab may have gone on, or the person may have signed out: what the store
   * says by then has the last word.
   */
  private async refresh(old: Tokens): Promise<Tokens> {
    const { body, headers } = await packed({});
    const path = "/api/v1/auth/refresh";
    const answer = await this.once("POST", path, body, headers, old.refresh_token);
    if (isOfLostDevice(answer)) throw new DeviceLost();
    const known = await this.memory.tokens();
    if (known !== null && known.refresh_token !== old.refresh_token) {
      return known;
    }
    if (known === null || [400, 401, 403, 422].includes(answer.status)) {
      throw new SignInNeeded();
    }
    const told = expected(answer, "access_token");
    const tokens = {
      access_token: String(told.access_token),
      refresh_token: String(told.refresh_token ?? old.refresh_token),
    };
    await this.memory.keepTokens(tokens);
    return tokens;
  }

  private async once(
    method: string,
    path: string,
    body: Uint8Array<ArrayBuffer> | null,
    headers: HeaderLines,
    token: string | undefined,
  ): Promise<Answer> {
    const sentAt = this.clock.now();
    const answer = await this.transport(method, path, { ...this.headers(token), ...headers }, body);
    if (!answer.isOurs && !OF_PROXIES.includes(answer.status)) {
      throw new ForeignAnswer({ why: `HTTP ${answer.status}` });
    }
    await this.noteOffset(answer, sentAt);
    return answer;
  }

  private headers(token: string | undefined): HeaderLines {
    return {
      "Sync-Protocol": "1",
      "Sync-App": APP,
      "Sync-Device": this.memory.deviceId,
      "Accept-Language": this.language,
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    };
  }

  /** Kept when it says something new: each write costs the tablet's storage a flush. */
  private async noteOffset(answer: Answer, sentAt: number): Promise<void> {
    const serverTime = parse(answer.headers.get("Sync-Time"));
    const took = this.clock.now() - sentAt;
    if (!answer.isOurs || serverTime === null || took < 0 || took > MOST_ROUND_TRIP_MS) {
      return;
    }
    const heard = measure(this.clock, serverTime, sentAt);
    const known = await this.memory.offset();
    if (known === null || isNews(heard, known) || ageS(known, this.clock) > FRESH_S) {
      await this.memory.keepOffset(heard);
    }
  }
}

function isNews(heard: Offset, known: Offset): boolean {
  return heard.boot !== known.boot || Math.abs(heard.offset_ms - known.offset_ms) > NEWS_MS;
}

/**
 * The body of a 2xx answer that has these members.
 *
 * Throws ForeignAnswer for a body that is not what was asked for, else what `refusal` says.
 */
export function expected(answer: Answer, ...names: string[]): Json {
  if (!answer.isFine) {
    throw refusal(answer);
  }
  const document = answer.json();
  if (document === null || names.some((name) => !(name in document))) {
    throw new ForeignAnswer({ why: "not the expected object" });
  }
  return document;
}

/** The office has reported this tablet as lost: its tokens are good for nothing but this word. */
function isOfLostDevice(answer: Answer): boolean {
  if (answer.status !== 401) return false;
  const { code, details } = answer.json() ?? {};
  return code === "token_revoked" && isObject(details) && details["device"] === "revoked";
}

/** What an answer that is not 2xx means to the caller. */
export function refusal(answer: Answer): Failure {
  const { code: told, detail, details } = answer.json() ?? {};
  const code = typeof told === "string" ? told : `http_${answer.status}`;
  if (code === "body_cut") {
    return new NetworkDown({ why: "cut in the middle" });
  }
  if (isForLater(answer.status)) {
    return new ServerBusy({ problem: code }, answer.retryAfterS);
  }
  if (answer.status === 401) {
    return new SignInNeeded({ problem: code });
  }
  return new ServerSaid(code, String(detail ?? code), { ...(details ?? {}) });
}

function isForLater(status: number): boolean {
  return [408, 409, 423, 425, 429].includes(status) || status >= 500;
}
