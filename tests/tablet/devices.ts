/** A tablet in a test: its clock stands still until it is moved, and its memory is a notebook. */

import type { Clock, Offset } from "../../field_client/tablet/src/clock";
import { Conversation, type Memory, type Tokens } from "../../field_client/tablet/src/conversation";
import { httpTransport } from "../../field_client/tablet/src/transport";
import type { FakeServer } from "./network";

export const DEVICE = "01980000-0000-7000-8000-0000000000d1";

export class HandClock implements Clock {
  zone = "Asia/Shanghai";
  boot = "b7e1";
  /** What chance draws next, again and again. */
  drawn = [0x80];
  readonly slept: number[] = [];

  constructor(
    private moment = Date.parse("2026-11-21T08:00:00.000Z"),
    private mono = 1000,
  ) {}

  now(): number {
    return this.moment;
  }

  monoMs(): number {
    return this.mono;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, at) => this.drawn[at % this.drawn.length] ?? 0);
  }

  async sleep(seconds: number): Promise<void> {
    this.slept.push(seconds);
    this.passes(seconds);
  }

  /** Both clocks go on. */
  passes(seconds: number): void {
    this.moment += seconds * 1000;
    this.mono += seconds * 1000;
  }

  /** Somebody sets the wall clock. */
  isSetTo(moment: number): void {
    this.moment = moment;
  }

  /** The machine starts anew. */
  boots(boot: string): void {
    this.boot = boot;
    this.mono = 0;
  }
}

/** What the store would remember. */
export class Notebook implements Memory {
  readonly deviceId = DEVICE;
  measured: Offset | null = null;
  offsetsKept = 0;

  constructor(public known: Tokens | null = { access_token: "a-0", refresh_token: "r-0" }) {}

  async tokens(): Promise<Tokens | null> {
    return this.known;
  }

  async keepTokens(tokens: Tokens): Promise<void> {
    this.known = tokens;
  }

  async offset(): Promise<Offset | null> {
    return this.measured;
  }

  async keepOffset(offset: Offset): Promise<void> {
    this.measured = offset;
    this.offsetsKept += 1;
  }
}

export function talkWith(
  server: FakeServer,
  notebook = new Notebook(),
  clock: Clock = new HandClock(),
): Conversation {
  return new Conversation(httpTransport(server.origin), notebook, clock, "en");
}
