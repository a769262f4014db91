/**
 * The loop: hello, send events, receive, send files, ask about open ends, tidy up. Again until it is done.
 *
 * What was sent and not answered is simply sent again; the server knows every event and file by its id. So
 * the loop may be cut off anywhere, and the next one goes on from what the store says.
 */

import { share, stamp } from "./clock";
import { APP, expected, type Conversation } from "./conversation";
import type { Look } from "./departures";
import { enrol, enrolAnew } from "./enrolment";
import { adopt } from "./epochs";
import {
  DeviceLost,
  NetworkDown,
  ServerBusy,
  ServerSaid,
  SignInNeeded,
  type Failure,
} from "./errors";
import { Files } from "./files";
import type { Memory } from "./memory";
import type { Outbox } from "./outbox";
import { note, person } from "./people";
import { isNewEpoch, limitsOf, pauseS, type Limits } from "./plan";
import { DeviceForked, DeviceUnknown, EpochChanged, Push } from "./push";
import { Pull } from "./pull";
import { tidy } from "./tidying";
import { listenerOf, queued, sourceOf, type Progress } from "./sending";
import { MediaStopped, Uploads } from "./uploads";
import { isObject, type Json } from "./domain/json";
import type { Store } from "./store";
import { anythingWaits, signEverybodyOut, strip, wipe } from "./wiping";

const MOST_TURNS = 5; // new lives of the server or new identities of the tablet, in one sync
const LOCK = "doorstep-sync";

/** What one sync came to; `problem` is why it ended early, null when everything went its way. */
export interface Report {
  byStatus: Map<string, number>;
  changes: number;
  files: number;
  bytesSent: number;
  waitingEvents: number;
  waitingFiles: number;
  notices: Set<string>;
  problem: Failure | null;
  /** The office took the tablet out of service, and this person's work is no longer on it. */
  hasLeft: boolean;
}

/** What the office hears about leaving for the coming jobs. */
export interface Departing {
  news(): Promise<readonly Look[]>;
  told(looks: readonly Look[]): void;
  forgetWhatWasTold(): Promise<void>;
}

export interface Surroundings {
  onCellular: boolean;
  withMedia: boolean;
  progress?: Progress;
  /** Somebody is in the middle of a photo or a signature: a tablet that is collected waits for them. */
  isCapturing?: () => boolean;
  departures?: Departing;
  /** What the office hears of this machine beside what waits: clock, room, battery. */
  machine?: () => Promise<Json>;
  /** Aborts between two requests: the person pauses, or the page closes. */
  signal?: AbortSignal;
}

/** One sync of one person. Raises StorageFull and StoreLost; all else is in the report. */
export class Sync {
  private readonly store: Store;
  private readonly report: Report;
  private turns = 0;
  /** As the office sees this tablet: active, draining (it is collected) or revoked (it was lost). */
  private device = "active";

  constructor(
    private readonly outbox: Outbox,
    private readonly talk: Conversation,
    private readonly memory: Memory,
    private readonly around: Surroundings,
  ) {
    this.store = outbox.store;
    this.report = {
      byStatus: new Map(),
      changes: 0,
      files: 0,
      bytesSent: 0,
      waitingEvents: 0,
      waitingFiles: 0,
      notices: new Set(),
      problem: null,
      hasLeft: false,
    };
  }

  /** Syncs until nothing is left, waiting for a slow network or server at most `patienceS` in all. */
  async run(patienceS = 30): Promise<Report> {
    await alone(async () => {
      await this.untilDone(patienceS);
      await tidy(this.outbox);
      await this.leave();
    });
    this.report.waitingEvents = (await this.outbox.waiting()).length;
    this.report.waitingFiles = (await new Files(this.outbox).waiting()).length;
    return this.report;
  }

  /** A tablet that the office has taken out of service is emptied, but never of work that waits. */
  private async leave(): Promise<void> {
    const { problem } = this.report;
    if (problem instanceof DeviceLost) {
      await strip(this.store);
      await signEverybodyOut(this.store);
      this.report.hasLeft = true;
    } else if (this.device !== "active" && problem === null && !this.around.isCapturing?.()) {
      this.report.hasLeft = await wipe(this.store);
    }
  }

  private async untilDone(patienceS: number): Promise<void> {
    const { clock } = this.store;
    let attempt = 0;
    let waited = 0;
    while (!this.around.signal?.aborted) {
      const before = this.progress;
      const rest = await this.tried();
      if (rest === null) return;
      attempt = this.progress > before ? 0 : attempt;
      const asked = Math.max(rest, await this.askedPause());
      const pause = pauseS(asked, attempt, () => share(clock));
      attempt += 1;
      const nobodyThere = this.progress === 0 && this.report.problem instanceof NetworkDown;
      if (nobodyThere || waited + pause > patienceS) return;
      await clock.sleep(pause);
      waited += pause;
    }
  }

  /** A round; the seconds to rest before the next, or null when there is nothing to go on with. */
  private async tried(): Promise<number | null> {
    try {
      const rest = await this.round();
      this.report.problem = null;
      return rest;
    } catch (problem) {
      if (problem instanceof SignInNeeded || problem instanceof ServerSaid) {
        this.report.problem = problem;
        return null;
      }
      if (!(problem instanceof NetworkDown || problem instanceof ServerBusy)) throw problem;
      this.report.problem = problem;
      return problem instanceof ServerBusy ? (problem.retryAfterS ?? 0) : 0;
    }
  }

  /** What the server asks of everybody, for example when a thousand tablets come back at once. */
  private async askedPause(): Promise<number> {
    const { hello } = await this.store.installation();
    const policy = hello["policy"];
    return isObject(policy) && typeof policy["backoff_s"] === "number" ? policy["backoff_s"] : 0;
  }

  private get progress(): number {
    const { byStatus, changes, files, bytesSent } = this.report;
    return sum(byStatus.values()) + changes + files + bytesSent;
  }

  /** Everything once; how long to wait for what the server asked to send later. */
  private async round(): Promise<number | null> {
    for (;;) {
      try {
        await this.hello();
        if (this.device === "revoked") await strip(this.store);
        const rest = await this.exchange();
        if (this.device !== "active" && !(await anythingWaits(this.store))) await this.hello();
        return rest;
      } catch (turn) {
        if (turn instanceof EpochChanged) await this.turn(() => this.beginAnew(turn.epoch));
        else if (turn instanceof DeviceForked)
          await this.turn(() => enrolAnew(this.outbox, this.talk, this.memory));
        else if (turn instanceof DeviceUnknown)
          await this.turn(() => enrol(this.outbox, this.talk, this.memory));
        else throw turn;
      }
    }
  }

  /** The server was restored: what it was told of who is ready has to be told again, too. */
  private async beginAnew(epoch: string): Promise<void> {
    await this.around.departures?.forgetWhatWasTold();
    await adopt(this.store, epoch);
  }

  private async turn(act: () => Promise<void>): Promise<void> {
    this.turns += 1;
    if (this.turns > MOST_TURNS) throw new ServerBusy({ problem: "the server keeps changing" });
    await act();
  }

  /** Limits, policy and the server's life; tells how much waits here. */
  private async hello(): Promise<void> {
    const looks = (await this.around.departures?.news()) ?? [];
    const readiness = looks.length > 0 ? { readiness: looks } : {};
    const about = { ...(await this.aboutUs()), ...readiness };
    const answer = await this.talk.ask("POST", "/sync/v1/hello", about);
    if (answer.status === 403 && answer.json()?.["code"] === "device_unknown") {
      throw new DeviceUnknown();
    }
    const said = expected(answer, "epoch", "limits");
    const { limits, policy, black_box_key, protocols } = said;
    await this.store.setInstallation({ hello: { limits, policy, black_box_key, protocols } });
    this.device = statusOf(said["device"]);
    await this.noteContact(said);
    this.around.departures?.told(looks);
  }

  private async aboutUs(): Promise<Json> {
    const waiting = await this.outbox.waiting();
    const files = await new Files(this.outbox).waiting();
    const oldest = waiting[0] && (JSON.parse(await this.outbox.body(waiting[0])) as Json);
    return {
      ...(await this.around.machine?.()),
      app: APP,
      outbox: {
        events: waiting.length,
        oldest: oldest?.["captured_at"] ?? null,
        blobs: files.length,
        bytes: sum(files.map((file) => file.size)),
      },
    };
  }

  private async noteContact(said: Json): Promise<void> {
    const { personId } = this.outbox;
    const { epoch } = await person(this.store, personId);
    const told = String(said["epoch"]);
    if (isNewEpoch(epoch, told)) throw new EpochChanged(told);
    const serverTime = typeof said["time"] === "string" ? { serverTime: said["time"] } : {};
    const syncedAt = stamp(this.store.clock.now());
    await note(this.store, personId, { epoch: told, syncedAt, ...serverTime });
  }

  private async exchange(): Promise<number | null> {
    const limits = limitsOf((await this.store.installation()).hello);
    const push = new Push(this.outbox, this.talk, limits);
    try {
      await push.run();
      await this.pull();
      if (this.around.withMedia) await this.sendFiles(limits);
      await push.heal();
      if ((await this.outbox.waiting()).length > 0) await push.run();
    } finally {
      for (const [status, count] of push.byStatus) {
        this.report.byStatus.set(status, (this.report.byStatus.get(status) ?? 0) + count);
      }
    }
    return push.resting.size > 0 ? Math.max(...push.resting.values()) : null;
  }

  /** A tablet that may not receive any more still delivers. */
  private async pull(): Promise<void> {
    const pull = new Pull(this.outbox, this.talk);
    try {
      await pull.run();
    } catch (refused) {
      if (!(refused instanceof ServerSaid)) throw refused;
      this.report.notices.add(refused.code);
    } finally {
      this.report.changes += pull.changes;
    }
  }

  private async sendFiles(limits: Limits): Promise<void> {
    const { policy } = (await this.store.installation()).hello;
    const media = isObject(policy) ? String(policy["media"] ?? "any") : "any";
    const { onCellular, progress = () => undefined, signal } = this.around;
    const source = sourceOf(this.outbox);
    const listener = listenerOf(this.outbox, progress);
    const uploads = new Uploads(this.talk, source, { limits, media, onCellular }, listener, signal);
    try {
      await uploads.run(await queued(this.outbox));
    } catch (stopped) {
      if (!(stopped instanceof MediaStopped)) throw stopped;
      this.report.notices.add(stopped.why);
    } finally {
      this.report.files += listener.files;
      this.report.bytesSent += uploads.bytesSent;
    }
  }
}

function statusOf(device: unknown): string {
  const told = isObject(device) ? device["status"] : null;
  return told === "draining" || told === "revoked" ? told : "active";
}

/** One sync at a time in all tabs; its correctness does not depend on that. */
export async function alone(act: () => Promise<void>): Promise<void> {
  if (typeof navigator === "undefined" || !navigator.locks) return act();
  await navigator.locks.request(LOCK, act);
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, each) => total + each, 0);
}
