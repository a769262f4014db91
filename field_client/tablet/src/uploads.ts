/**
 * Sending files: tus 1.0, resumed at the byte, one at a time, found again by their SHA-256.
 *
 * Nothing about an upload is stored here: what the server has of a file is asked by hash each time, so
 * that no upload address can go stale on the tablet.
 */

import { expected, refusal, type Conversation } from "./conversation";
import { sha256Hex } from "./domain/canonical";
import { objects } from "./domain/json";
import {
  Failure,
  ForeignAnswer,
  NetworkDown,
  PhotoUnreadable,
  ServerBusy,
  SignInNeeded,
} from "./errors";
import {
  SMALLEST_CHUNK,
  goesNow,
  pieceSize,
  sendingOrder,
  uploadStep,
  type Limits,
  type UploadStep,
  type WaitingBlob,
} from "./plan";
import type { Answer } from "./transport";

export const UPLOADS = "/sync/v1/media/uploads";
const CHECKED_AT_ONCE = 100;
const MOST_TRIES = 4;
const UNHEARD_OF = -1;
const TUS = { "Tus-Resumable": "1.0.0" };
const BYTES = { ...TUS, "Content-Type": "application/offset+octet-stream" };

/** A file that waits, as the store knows it. */
export interface WaitingFile extends WaitingBlob {
  readonly mime: string;
}

/** Where the bytes lie. */
export interface FileSource {
  /** How many bytes are here of a file; null when there are none. */
  size(sha256: string): Promise<number | null>;
  /** Rejects with PhotoUnreadable when the bytes are spoiled for good, else when they cannot be read now. */
  read(sha256: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Who wants to know what becomes of each file, and writes it down. */
export interface Listener {
  /** The server has so many bytes of it. */
  progress?(file: WaitingFile, here: number): void;
  /** The server has it, and its hash is right. */
  stored(file: WaitingFile): Promise<void>;
  /** It cannot go now: it stays, is shown, and is tried at the next sync. */
  problem(file: WaitingFile, why: "refused" | "unreadable"): Promise<void>;
  /** Our own copy is gone too: an event must say so, so that nobody waits for it for ever. */
  lost(file: WaitingFile, why: "missing" | "damaged"): Promise<void>;
}

export interface Policy {
  readonly limits: Limits;
  readonly media: string;
  readonly onCellular: boolean;
}

/** Files wait and everything else goes on: the server is short of space, or a person has paused them. */
export class MediaStopped extends Error {
  constructor(readonly why: "storage_full" | "paused") {
    super(why);
  }
}

/** What the server has of a file, by its own word. */
interface Standing {
  readonly state?: unknown;
  readonly upload?: unknown;
  readonly offset?: unknown;
}

/** Sends files. Rejects with NetworkDown, ServerBusy, SignInNeeded, MediaStopped. */
export class Uploads {
  bytesSent = 0;
  /** What the server and every proxy on the way take at once. */
  private chunk: number;
  /** What the line carries in a moment. */
  private piece: number;
  /** How much of the file on its way the server has, by its last word. */
  private reached = UNHEARD_OF;

  constructor(
    private readonly talk: Conversation,
    private readonly source: FileSource,
    private readonly policy: Policy,
    private readonly listener: Listener,
    private readonly pause?: AbortSignal,
  ) {
    this.chunk = this.piece = policy.limits.chunk_bytes;
  }

  async run(waiting: Iterable<WaitingFile>): Promise<void> {
    const { media, onCellular } = this.policy;
    const going = sendingOrder(waiting).filter((file) => goesNow(file, media, onCellular));
    for (let start = 0; start < going.length; start += CHECKED_AT_ONCE) {
      const group = going.slice(start, start + CHECKED_AT_ONCE);
      const known = await this.check(group);
      for (const file of group) {
        await this.send(file, known.get(file.sha256) ?? {});
      }
    }
  }

  private async check(group: readonly WaitingFile[]): Promise<Map<string, Standing>> {
    const blobs = group.map(({ sha256, size }) => ({ sha256, size }));
    const answer = await this.talk.ask("POST", "/sync/v1/media/check", { blobs });
    const told = expected(answer, "blobs").blobs;
    if (!Array.isArray(told)) {
      throw new ForeignAnswer({ why: "not the expected object" });
    }
    return new Map(objects(told).map((each) => [String(each.sha256), each]));
  }

  /** One file, until the server has it or says that it will not take it now. */
  private async send(file: WaitingFile, known: Standing): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      this.reached = reached(known, file.size);
      if (known.state === "stored") {
        return this.noteStored(file);
      }
      if (this.pause?.aborted) {
        throw new MediaStopped("paused");
      }
      const end = await this.transfer(file, known);
      if (end === "stored") {
        return this.noteStored(file);
      }
      if (end === "refused") {
        return this.listener.problem(file, "refused");
      }
      if (end === "unreadable") {
        return this.noteUnreadable(file);
      }
      if (end === "check_own_copy" && (await this.isDamaged(file))) {
        return this.listener.lost(file, "damaged");
      }
      known = (await this.check([file])).get(file.sha256) ?? {};
      if (end instanceof NetworkDown) {
        this.noteCut(file, known, end);
        tries = 0;
      }
    }
    throw new ServerBusy({ problem: "upload" });
  }

  /** A cut that let something through is gone on from at once; after any other, waiting is all that helps. */
  private noteCut(file: WaitingFile, known: Standing, cut: NetworkDown): void {
    const offset = reached(known, file.size);
    if (offset <= this.reached) {
      throw cut;
    }
    this.noted(file, { name: "go_on", offset }, Math.max(0, this.reached));
  }

  /** Creates or resumes an upload and sends piece by piece; tells why it ended. */
  private async transfer(file: WaitingFile, known: Standing): Promise<Ending> {
    if ((await this.source.size(file.sha256)) !== file.size) {
      return "unreadable";
    }
    try {
      return await this.pieces(file, known);
    } catch (problem) {
      if (problem instanceof PhotoUnreadable) {
        return "unreadable";
      }
      if (problem instanceof NetworkDown) {
        return problem;
      }
      throw problem;
    }
  }

  private async pieces(file: WaitingFile, known: Standing): Promise<Ending> {
    let where = known.state === "partial" ? pathOf(known.upload) : null;
    let step = standing(Number(known.offset) || 0, file.size);
    if (where === null) {
      ({ where, step } = await this.create(file));
    }
    let stuck = 0;
    while (stuck <= MOST_TRIES) {
      if (step.name === "go_on" && step.offset >= file.size && stuck === 0) {
        return "stored";
      }
      if (step.name === "check_again" || step.name === "check_own_copy") {
        return step.name;
      }
      if (step.name === "skip" || where === null) {
        return "refused";
      }
      if (step.name === "smaller") {
        this.shrink();
      }
      const before: number = step.offset;
      step = await this.next(where, step, file);
      stuck = step.name === "go_on" && step.offset > before ? 0 : stuck + 1;
    }
    return "check_again";
  }

  /** The first bytes come along, so that a photo costs one round trip less. */
  private async create(file: WaitingFile): Promise<{ where: string | null; step: UploadStep }> {
    const content = await this.read(file, 0);
    const answer = await this.paced(content, 0, create(this.talk, file, content));
    let step = this.step(answer, 0, file.size);
    if (step.name === "smaller" && content.length > 0) {
      this.chunk = content.length;
      this.shrink();
      return this.create(file);
    }
    if (step.name === "ask_offset") {
      step = { name: "check_again", offset: 0 };
    }
    if (isCreated(answer) && !answer.headers.has("Upload-Offset")) {
      step = { name: "go_on", offset: 0 };
    }
    return { where: pathOf(answer.headers.get("Location")), step: this.noted(file, step, 0) };
  }

  private async next(
    where: string,
    { name, offset }: UploadStep,
    file: WaitingFile,
  ): Promise<UploadStep> {
    if (this.pause?.aborted) {
      throw new MediaStopped("paused");
    }
    if (name === "ask_offset") {
      const told = this.step(await askOffset(this.talk, where), offset, file.size);
      const isOver = told.name === "go_on" && told.offset >= file.size;
      return isOver ? { name: "check_again", offset: told.offset } : told;
    }
    const content = await this.read(file, offset);
    const answer = await this.paced(content, offset, sendPiece(this.talk, where, offset, content));
    return this.noted(file, this.step(answer, offset, file.size), offset);
  }

  /**
   * Learns from how long these bytes are on their way how many should go next; bytes that the server does not
   * take, because it has others by now, say nothing: it may answer before they are there.
   */
  private async paced(content: Uint8Array, from: number, going: Promise<Answer>): Promise<Answer> {
    const { clock } = this.talk;
    const began = clock.monoMs();
    const answer = await going;
    if (Number(answer.headers.get("Upload-Offset")) === from + content.length) {
      this.piece = pieceSize(this.piece, content.length, clock.monoMs() - began);
    }
    return answer;
  }

  /** The next piece of a file. */
  private async read(file: WaitingFile, from: number): Promise<Uint8Array<ArrayBuffer>> {
    const isAlmostAll = file.size - from < 1.25 * this.piece; // a small rest is not worth a round trip
    const to = Math.min(isAlmostAll ? file.size : from + this.piece, from + this.chunk, file.size);
    const content = await this.source.read(file.sha256, from, to).catch((problem: unknown) => {
      if (problem instanceof Failure) {
        throw problem;
      }
      throw new PhotoUnreadable({ why: String(problem) }, { cause: problem });
    });
    if (content.length !== to - from) {
      throw new PhotoUnreadable({ why: "cut" });
    }
    return content;
  }

  private step(answer: Answer, known: number, size: number): UploadStep {
    const step = uploadStep(answer.status, answer.headers.get("Upload-Offset"), known, size);
    if (step.name === "wait") {
      throw refusal(answer);
    }
    if (step.name === "sign_in") {
      throw new SignInNeeded();
    }
    if (step.name === "stop_media") {
      throw new MediaStopped("storage_full");
    }
    return step;
  }

  private noted(file: WaitingFile, step: UploadStep, before: number): UploadStep {
    if (step.name === "go_on") {
      this.reached = step.offset;
      this.bytesSent += Math.max(0, step.offset - before);
      this.listener.progress?.(file, step.offset);
    }
    return step;
  }

  private shrink(): void {
    if (this.chunk <= SMALLEST_CHUNK) {
      throw new ServerBusy({ problem: "http_413" });
    }
    this.chunk = Math.max(SMALLEST_CHUNK, Math.floor(this.chunk / 2));
  }

  private async noteStored(file: WaitingFile): Promise<void> {
    await this.listener.stored(file);
    this.listener.progress?.(file, file.size);
  }

  /** Gone for good only when the bytes really are not there, or are others. */
  private async noteUnreadable(file: WaitingFile): Promise<void> {
    if (await this.isDamaged(file)) {
      return this.listener.lost(file, "missing");
    }
    return this.listener.problem(file, "unreadable");
  }

  /** Whether our own copy is missing or has other bytes; false when that cannot be found out now. */
  private async isDamaged(file: WaitingFile): Promise<boolean> {
    const size = await this.source.size(file.sha256);
    if (size !== file.size) {
      return true;
    }
    try {
      const content = await this.source.read(file.sha256, 0, file.size);
      return (await sha256Hex(content)) !== file.sha256;
    } catch (problem) {
      return problem instanceof PhotoUnreadable;
    }
  }
}

/** Where to begin with what is there; that all of it is stored, only an answer to our bytes can say. */
function standing(offset: number, size: number): UploadStep {
  return { name: offset < size ? "go_on" : "ask_offset", offset };
}

/** How much of a file the server has. */
function reached({ state, offset }: Standing, size: number): number {
  if (state === "stored") {
    return size;
  }
  return state === "partial" ? Number(offset) || 0 : UNHEARD_OF;
}

/** Why a transfer ended; what cut it comes along. */
type Ending = "stored" | "refused" | "unreadable" | "check_again" | "check_own_copy" | NetworkDown;

// The three requests of an upload.

/** Opens an upload with the first bytes of its file, if any, or finds the one of the same hash again. */
export function create(
  talk: Conversation,
  file: Pick<WaitingFile, "sha256" | "size" | "mime">,
  content: Uint8Array<ArrayBuffer>,
): Promise<Answer> {
  const isAlone = content.length === 0;
  return talk.send("POST", UPLOADS, isAlone ? null : content, {
    ...(isAlone ? TUS : BYTES),
    "Upload-Length": String(file.size),
    "Upload-Metadata": `sha256 ${btoa(file.sha256)},mime ${btoa(file.mime)}`,
  });
}

/** Asks how far an upload has come. */
export function askOffset(talk: Conversation, where: string): Promise<Answer> {
  return talk.send("HEAD", where, null, TUS);
}

export function sendPiece(
  talk: Conversation,
  where: string,
  offset: number,
  content: Uint8Array<ArrayBuffer>,
): Promise<Answer> {
  return talk.send("PATCH", where, content, { ...BYTES, "Upload-Offset": String(offset) });
}

function isCreated({ status }: Answer): boolean {
  return status === 200 || status === 201;
}

/** The path of an upload on our server, whatever host name a proxy wrote into it. */
function pathOf(location: unknown): string | null {
  if (typeof location !== "string" || location === "") {
    return null;
  }
  return new URL(location, `http://server${UPLOADS}/`).pathname;
}
