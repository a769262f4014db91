/**
 * The one object that the screens read: who is open, their jobs, what waits, how the sync goes.
 *
 * Screens read its signals and call its verbs; nothing else here keeps state. What is on the disk is the
 * truth, and after every write, of this tab or another, the signals are read anew from it.
 */

import { batch, computed, effect, signal } from "@preact/signals";
import { Dexie } from "dexie";

import type { Captures } from "./captures";
import { Conversation } from "./conversation";
import { Desk } from "./desks";
import { signInWith } from "./enrolment";
import { Failure, failureOf, SignInNeeded } from "./errors";
import type { Language, Light } from "./generated/words";
import { figuresOf, NOTHING_WAITS, type Figures } from "./figures";
import { jobOf, type Job } from "./jobs";
import { askAtDoor, waitingBehind, type Behind } from "./locked";
import { Memory } from "./memory";
import { comingJobs, lightOf } from "./readiness";
import type { Opened } from "./outbox";
import * as people from "./people";
import { httpTransport } from "./transport";
import { Rounds } from "./rounds";
import { go, goInstead, place } from "./routes";
import type { Farewell, PersonRow, Store } from "./store";
import { language, speak, wanted } from "./words";

/** Who may see what: nobody yet, somebody at the door, or the person whose PIN was right. */
export type Door =
  | { is: "opening" }
  | { is: "broken"; failure: Failure }
  | { is: "sign-in"; username: string }
  | { is: "choose-pin"; opened: Opened }
  | { is: "locked"; personId: string }
  | { is: "open" };

const LOCK_AFTER_MS = 5 * 60_000;
const LOOK_MS = 10_000;
const AFTER_CAPTURE_MS = 1_500;
const AFTER_WAKING_MS = 1_500; // what Safari is asked to send at the moment of waking up, it fails
const REREAD_MS = 150;
const LOOK_AROUND_MS = 1_000;
const KNOCK_MS = 1_500; // behind the PIN, which somebody wants to type at once
const KNOCK_AGAIN_MS = 5 * 60_000;
const NO_FIGURES: Figures = { waiting: NOTHING_WAITS, byJob: new Map() };

export class App {
  readonly door = signal<Door>({ is: "opening" });
  readonly people = signal<PersonRow[]>([]);
  /** What is said at the door of a tablet that the office took out of service. */
  readonly farewell = signal<Farewell | null>(null);
  /** What waits of each person while the tablet is locked, and whether the office collects it. */
  readonly behind = signal<ReadonlyMap<string, Behind>>(new Map());
  readonly isCollected = signal(false);
  readonly desk = signal<Desk | null>(null);
  readonly jobs = signal<Job[] | null>(null);
  readonly figures = signal<Figures>(NO_FIGURES);
  /** How ready this person is to leave for the jobs of today and tomorrow. */
  readonly lights = signal<ReadonlyMap<string, Light>>(new Map());
  readonly syncedAt = signal<string | null>(null);
  readonly isOnline = signal(navigator.onLine);
  /** What went wrong with the last thing that somebody did; said until it is read. */
  readonly failure = signal<Failure | null>(null);
  /** The job whose tablet is in the customer's hands: nothing else is reachable without the PIN. */
  readonly handedOver = signal<string | null>(null);
  /** Room is running out: not all that is held back for entries and photos is there. */
  readonly isShort = signal(false);
  /** Restarts into the new version of the app that waits, if there is one. */
  readonly update = signal<(() => void) | null>(null);
  /** The camera is open, something is being drawn, or the tablet is in the customer's hands. */
  readonly isCapturing = computed(
    () => this.handedOver.value !== null || ["camera", "drawing"].includes(place.value.page),
  );

  /** Chosen at the door, it is stronger than what the office knows of the person. */
  private chosenLanguage: Language | null = null;
  private lastTouch = Date.now();
  private rereadTimer: ReturnType<typeof setTimeout> | undefined;
  private lookTimer: ReturnType<typeof setTimeout> | undefined;
  private knockTimer: ReturnType<typeof setTimeout> | undefined;

  readonly rounds = new Rounds(
    this.desk,
    () => this.afterRound(),
    () => this.isCapturing.value,
  );
  readonly syncing = this.rounds.syncing;
  readonly needsSignIn = computed(() => this.syncing.value.failure instanceof SignInNeeded);

  constructor(readonly store: Store) {
    store.reserve.told = (isShort) => (this.isShort.value = isShort);
  }

  /** Opens the store and stands at the door of whoever worked here last. */
  async open(): Promise<void> {
    try {
      await this.store.open();
      await this.missWhoWasHere();
      await Promise.all([this.readPeople(), this.countBehind()]);
    } catch (problem) {
      this.door.value = { is: "broken", failure: failureOf(problem) };
      return;
    }
    this.listen();
    effect(() => this.desk.value?.whereabouts.follow(this.jobs.value ?? []));
    effect(() => this.knockSoon(this.door.value.is === "locked" ? KNOCK_MS : null));
    effect(() => this.lookAroundSoon(this.jobs.value, this.syncing.value.isRunning));
    this.goToDoor();
  }

  /** Somebody worked here, and the store knows nobody: what they had here has gone, and that is said. */
  private async missWhoWasHere(): Promise<void> {
    if (!localStorage.getItem(LAST_PERSON)) return;
    const { farewell } = await this.store.installation();
    if (farewell || (await people.everybody(this.store)).length > 0) return;
    await this.store.setInstallation({ farewell: "evicted" });
  }

  private async readPeople(): Promise<void> {
    const all = await people.everybody(this.store);
    this.people.value = all.filter((each) => each.byPin && each.tokens);
    this.farewell.value = (await this.store.installation()).farewell ?? null;
  }

  /** Stands before whoever worked here last. */
  goToDoor(): void {
    const last = localStorage.getItem(LAST_PERSON);
    const here = this.people.value;
    const known = here.find((each) => each.personId === last) ?? here[0];
    if (known) void speak(known.language);
    this.door.value = known
      ? { is: "locked", personId: known.personId }
      : { is: "sign-in", username: "" };
  }

  private listen(): void {
    const touched = () => (this.lastTouch = Date.now());
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, touched, true);
    setInterval(() => this.lookUp(), LOOK_MS);
    addEventListener("online", () => this.networkIs(true));
    addEventListener("offline", () => this.networkIs(false));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.lockWhenLeft();
      if (this.isLocked) this.knockSoon(AFTER_WAKING_MS);
      else this.rounds.soon(AFTER_WAKING_MS);
    });
    Dexie.on("storagemutated", (parts) => {
      if (Object.keys(parts).some((part) => SHOWN.test(part))) this.rereadSoon();
    });
  }

  /** Words that are still missing are asked for again: a network may come back without saying so. */
  private lookUp(): void {
    this.lockWhenLeft();
    void speak(wanted.value);
  }

  private networkIs(isOnline: boolean): void {
    this.isOnline.value = isOnline;
    if (!isOnline) return;
    void speak(wanted.value);
    if (this.isLocked) this.knockSoon(0);
    else this.rounds.soon(0);
  }

  // While it is locked.

  private get isLocked(): boolean {
    return this.door.value.is === "locked";
  }

  private knockSoon(inMs: number | null): void {
    clearTimeout(this.knockTimer);
    if (inMs !== null) this.knockTimer = setTimeout(() => void this.knock(), inMs);
  }

  /** What waits is counted, and the office is asked whether this tablet is still in service. */
  private async knock(): Promise<void> {
    try {
      const talk = this.talk(await Memory.of(this.store, null), language.value);
      const { status, hasLeft } = await askAtDoor(this.store, talk, () => this.isLocked);
      this.isCollected.value = status === "draining";
      if (hasLeft) await this.leave();
    } catch (problem) {
      if (!(problem instanceof Failure)) throw problem; // else the next one will tell
    }
    if (this.isLocked) this.knockSoon(KNOCK_AGAIN_MS);
  }

  private async countBehind(): Promise<void> {
    this.behind.value = await waitingBehind(this.store);
  }

  // Who is here.

  /** Raises what signInWith raises. The first time, and after a forgotten PIN, a new PIN is chosen. */
  async signIn(username: string, password: string, language: Language): Promise<void> {
    const talk = this.talk(await Memory.of(this.store, null), language);
    const opened = await signInWith(this.store, talk, username, password);
    const row = await people.person(this.store, opened.personId);
    await this.store.setInstallation({ farewell: null });
    await this.readPeople();
    if (this.desk.value?.who.personId === opened.personId) {
      this.rounds.beginAnew();
      return;
    }
    if (this.chosenLanguage) {
      await people.note(this.store, opened.personId, { language: this.chosenLanguage });
    }
    await speak(this.chosenLanguage ?? row.language);
    this.door.value = { is: "choose-pin", opened };
  }

  async choosePin(opened: Opened, pin: string): Promise<void> {
    const kept = await people.choosePin(this.store, opened, pin);
    await this.letIn(kept);
  }

  /** Raises WrongPin, and SignInNeeded after too many of them. */
  async unlock(personId: string, pin: string): Promise<void> {
    await this.store.wake();
    await this.letIn(await people.open(this.store, personId, pin));
  }

  /** Whether this is the PIN of the person who is open. Raises WrongPin, and SignInNeeded after too many of them. */
  async takeBack(pin: string): Promise<void> {
    const desk = this.mine;
    await people.open(this.store, desk.who.personId, pin);
    this.handedOver.value = null;
  }

  private async letIn(who: Opened): Promise<void> {
    const row = await people.person(this.store, who.personId);
    const memory = await Memory.of(this.store, who);
    const talk = this.talk(memory, row.language);
    void speak(row.language);
    const desk = await new Desk(this.store, who, row, talk, memory).open();
    const last = localStorage.getItem(LAST_PERSON);
    if (last && last !== who.personId) goInstead({ page: "day" }); // where another was is theirs
    localStorage.setItem(LAST_PERSON, who.personId);
    batch(() => {
      this.desk.value = desk;
      this.jobs.value = null;
      this.syncedAt.value = row.syncedAt;
      this.handedOver.value = null;
      this.failure.value = null;
      this.door.value = { is: "open" };
    });
    this.lastTouch = Date.now();
    // Asked each time: a browser that refuses a newcomer may grant it later, to an app that was installed.
    void navigator.storage?.persist?.().catch(() => false);
    await this.readPeople();
    await this.reread();
    this.rounds.beginAnew();
  }

  private talk(memory: Memory, language: Language): Conversation {
    return new Conversation(httpTransport(""), memory, this.store.clock, language);
  }

  private lockWhenLeft(): void {
    if (this.desk.value && Date.now() - this.lastTouch > LOCK_AFTER_MS) this.lock();
  }

  /** A sync that runs keeps the key until it is done; no screen has it any more. */
  lock(): void {
    const desk = this.desk.value;
    if (!desk) return;
    batch(() => {
      this.desk.value = null;
      this.jobs.value = null;
      this.figures.value = NO_FIGURES;
      this.lights.value = new Map();
      this.handedOver.value = null;
      this.door.value = { is: "locked", personId: desk.who.personId };
    });
    void this.countBehind().catch(() => undefined);
    desk.close();
  }

  chooseSomebody(personId: string): void {
    const row = this.people.value.find((each) => each.personId === personId);
    if (row) void speak(row.language);
    this.door.value = { is: "locked", personId };
  }

  goToSignIn(username = ""): void {
    this.door.value = { is: "sign-in", username };
  }

  /** The screen has said what still waits. Nothing is deleted: it goes out after the next sign-in. */
  async signOut(): Promise<void> {
    const { who } = this.mine;
    this.rounds.stop();
    this.lock();
    await people.forgetTokens(this.store, who.personId);
    await this.leave();
  }

  /** Nothing on the screen, and nobody remembered, of whoever worked here last. */
  private async leave(): Promise<void> {
    this.lock();
    localStorage.removeItem(LAST_PERSON);
    goInstead({ page: "day" });
    await this.readPeople();
    this.goToDoor();
  }

  /** Resolves when it is spoken, or cannot be for now; the choice is kept, whichever it is. */
  async chooseLanguage(language: Language): Promise<void> {
    const speaking = speak(language);
    const desk = this.desk.value;
    if (desk) await people.note(this.store, desk.who.personId, { language });
    else this.chosenLanguage = language;
    await speaking;
  }

  /** The desk of whoever is open; a screen that is shown has one. */
  get mine(): Desk {
    const desk = this.desk.value;
    if (!desk) throw new SignInNeeded();
    return desk;
  }

  /** The tablet turns to the customer: from here only the PIN leads back. */
  handOver(jobId: string): void {
    this.handedOver.value = jobId;
    go({ page: "receipt", jobId });
  }

  // What they do.

  /** Does something on a job. True once it is on the disk; a failure is shown, and nothing was written. */
  async capture(jobId: string, act: (captures: Captures) => Promise<unknown>): Promise<boolean> {
    const desk = this.mine;
    try {
      await this.store.wake();
      await act(desk.captures);
    } catch (problem) {
      this.failure.value = failureOf(problem);
      if (problem instanceof SignInNeeded) this.rereadSoon();
      return false;
    }
    this.failure.value = null;
    await this.rereadJob(desk, jobId).catch(() => this.rereadSoon());
    this.rounds.soon(AFTER_CAPTURE_MS);
    return true;
  }

  job(jobId: string): Job | undefined {
    return this.jobs.value?.find((each) => each.jobId === jobId);
  }

  private async rereadJob(desk: Desk, jobId: string): Promise<void> {
    const fresh = await jobOf(desk.base, desk.outbox, jobId);
    const figures = await figuresOf(desk);
    if (this.desk.value !== desk) return;
    batch(() => {
      const known = this.jobs.value ?? [];
      this.jobs.value = known.map((each) => (each.jobId === jobId ? fresh : each));
      this.figures.value = figures;
    });
  }

  private rereadSoon(): void {
    this.rereadTimer ??= setTimeout(() => {
      this.rereadTimer = undefined;
      void this.reread();
    }, REREAD_MS);
  }

  /** Whether the van may leave, when nothing else is to be done: it must never be in the way of a tap. */
  private lookAroundSoon(jobs: readonly Job[] | null, isSyncing: boolean): void {
    clearTimeout(this.lookTimer);
    if (jobs && !isSyncing)
      this.lookTimer = setTimeout(() => void this.lookAround(), LOOK_AROUND_MS);
  }

  private async lookAround(): Promise<void> {
    const desk = this.desk.value;
    if (!desk) return;
    const coming = comingJobs(this.jobs.value ?? [], desk.who.personId, Date.now());
    const seen = await desk.departures.look(coming, this.needsSignIn.value).catch(() => null);
    if (!seen || this.desk.value !== desk) return;
    this.lights.value = new Map([...seen].map(([jobId, checks]) => [jobId, lightOf(checks)]));
  }

  private async afterRound(): Promise<void> {
    if (this.desk.value) void this.store.reserve.fill();
    await this.reread();
  }

  private async reread(): Promise<void> {
    try {
      await this.readAll();
    } catch (problem) {
      this.failure.value = failureOf(problem);
    }
  }

  private async readAll(): Promise<void> {
    const desk = this.desk.value;
    if (!desk) return this.countBehind();
    await this.store.wake();
    const row = await this.store.tables.people.get(desk.who.personId);
    if (!row?.byPin) return this.leave(); // the office took this tablet out of service
    const [jobs, figures] = await Promise.all([desk.jobs(), figuresOf(desk)]);
    if (this.desk.value !== desk) return;
    batch(() => {
      if (!isSame(this.jobs.value, jobs)) this.jobs.value = jobs;
      this.figures.value = figures;
      this.syncedAt.value = row.syncedAt;
    });
  }
}

/** Nothing is new of any job: then no screen need be drawn again. */
function isSame(known: Job[] | null, fresh: Job[]): boolean {
  return known?.length === fresh.length && fresh.every((job, at) => job === known[at]);
}

const LAST_PERSON = "doorstep.person";
const SHOWN = /\/(events|base|blobs|people)\//; // the tables that the signals are read from
