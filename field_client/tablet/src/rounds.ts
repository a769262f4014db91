/** When to sync: at the start, when somebody looks, when a network comes, after a capture, and by the clock. */

import { signal, type ReadonlySignal } from "@preact/signals";

import { isOnCellular } from "./connections";
import type { Desk } from "./desks";
import { failureOf, SignInNeeded, type Failure } from "./errors";
import { toldOf } from "./figures";
import { Sync, type Report } from "./sync";

export interface Syncing {
  isRunning: boolean;
  isPaused: boolean;
  failure: Failure | null;
  notices: ReadonlySet<string>;
  /** The file that is on its way: how much of it the server has. */
  file: { sha256: string; sent: number; size: number } | null;
}

const POLL_S = 60;
const NOTHING_YET: Syncing = {
  isRunning: false,
  isPaused: false,
  failure: null,
  notices: new Set(),
  file: null,
};

/** One round after the other for whoever is open; a round that began keeps its key until it has ended. */
export class Rounds {
  private readonly state = signal(NOTHING_YET);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pausing = new AbortController();
  private isWantedAgain = false;

  constructor(
    private readonly desk: ReadonlySignal<Desk | null>,
    private readonly ended: () => Promise<void>,
    private readonly isCapturing: () => boolean,
  ) {}

  get syncing(): ReadonlySignal<Syncing> {
    return this.state;
  }

  soon(inMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), inMs);
  }

  /** Everything that may go, now. What comes in meanwhile is looked at once more at the end. */
  async now(): Promise<void> {
    const desk = this.desk.value;
    const { isRunning, isPaused } = this.state.value;
    if (!desk || isPaused) return;
    if (isRunning) {
      this.isWantedAgain = true;
      return;
    }
    this.pausing = new AbortController();
    this.note({ isRunning: true });
    try {
      const { problem, notices } = await this.round(desk);
      this.note({ failure: problem, notices });
    } catch (problem) {
      this.note({ failure: failureOf(problem) });
    } finally {
      this.note({ isRunning: false, file: null });
      await this.plan(desk);
    }
  }

  private async round(desk: Desk): Promise<Report> {
    const progress = (file: { sha256: string; size: number }, sent: number) =>
      this.note({ file: { sha256: file.sha256, size: file.size, sent } });
    await desk.store.wake();
    const { signal } = this.pausing;
    const { isCapturing } = this;
    const { departures } = desk;
    const around = {
      ...{ onCellular: isOnCellular(), withMedia: true, progress, signal, isCapturing },
      departures,
      machine: async () => toldOf(await desk.machine()),
    };
    const report = await new Sync(desk.outbox, desk.talk, desk.memory, around).run();
    if (!report.problem && !report.hasLeft) await desk.earlier.fetch(await desk.jobs(), signal);
    return report;
  }

  private async plan(desk: Desk): Promise<void> {
    await this.ended();
    const isWantedAgain = this.isWantedAgain;
    this.isWantedAgain = false;
    const here = this.desk.value;
    if (!here) return;
    if (here !== desk || isWantedAgain) return this.soon(0);
    // Signing in wakes it up again; until then only a capture is worth a try.
    if (this.state.value.failure instanceof SignInNeeded) return;
    const { poll_s: told } = await desk.policy();
    this.soon((typeof told === "number" ? told : POLL_S) * 1000);
  }

  /** Nothing new begins; what runs ends after its next answer. */
  stop(): void {
    clearTimeout(this.timer);
    this.pausing.abort();
  }

  pause(): void {
    this.note({ isPaused: true });
    this.stop();
  }

  resume(): void {
    this.note({ isPaused: false });
    this.soon(0);
  }

  /** Somebody else is here, or the same person has signed in: old complaints are theirs no more. */
  beginAnew(): void {
    this.note({ failure: null, notices: new Set(), isPaused: false });
    this.soon(0);
  }

  private note(values: Partial<Syncing>): void {
    this.state.value = { ...this.state.value, ...values };
  }
}
