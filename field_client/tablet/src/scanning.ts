/**
 * Reading bar codes with the camera: by the browser itself, or where it cannot, by a reader that is fetched
 * after the first start, when nothing else is to be done, and is kept from then on.
 */

import { signal } from "@preact/signals";

import type { Asked, Told } from "../worker/codes";
import { closeCamera, openCamera } from "./camera";
import { isOnCellular } from "./connections";

/** Finds the texts of the codes in what the camera sees. */
interface Reader {
  read(video: HTMLVideoElement): Promise<string[]>;
  close(): void;
}

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

interface DetectorKind {
  new (): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const IDLE_AFTER_MS = 15_000; // the start and the first sync are over
const LOOK_MS = 150;
const BUZZ_MS = 60;

/** Whether codes can be read here; false until that is known. */
export const canScan = signal(false);

let makeReader: (() => Reader) | null = null;
let asking: Promise<void> | null = null;

/** At the start of the app, behind all that somebody waits for; dear megabytes are spent only when asked for. */
export function prepareWhenIdle(): void {
  setTimeout(() => {
    if (!isOnCellular()) void prepareToScan();
  }, IDLE_AFTER_MS);
}

/** Finds out how codes are read here, and fetches the reader if one is needed; a failure is tried anew later. */
export async function prepareToScan(): Promise<void> {
  if (canScan.value || typeof navigator.mediaDevices?.getUserMedia !== "function") return;
  asking ??= howToRead().then((make) => {
    makeReader = make;
    canScan.value = make !== null;
    asking = null;
  });
  await asking;
}

async function howToRead(): Promise<(() => Reader) | null> {
  const Kind = (globalThis as { BarcodeDetector?: DetectorKind }).BarcodeDetector;
  // Some browsers name the detector and can read nothing with it.
  const formats = await Kind?.getSupportedFormats().catch(() => []);
  if (Kind && formats && formats.length > 0) return () => detecting(new Kind());
  return (await isFetched()) ? () => new WorkingReader() : null;
}

function detecting(detector: Detector): Reader {
  const read = async (video: HTMLVideoElement) =>
    (await detector.detect(video)).map((each) => each.rawValue);
  return { read, close: () => undefined };
}

/** Only what goes through the service worker is kept for when there is no network. */
async function isFetched(): Promise<boolean> {
  if (typeof Worker !== "function" || typeof OffscreenCanvas !== "function") return false;
  await isServed();
  const reader = new WorkingReader();
  const told = await reader.ask("fetch", []).catch(() => null);
  reader.close();
  return told === "here";
}

async function isServed(): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker || serviceWorker.controller || import.meta.env.DEV) return;
  await new Promise((done) => serviceWorker.addEventListener("controllerchange", done));
}

/** The reader of `worker/codes.ts`: one question after the other. */
class WorkingReader implements Reader {
  private readonly worker = new Worker(new URL("../worker/codes.ts", import.meta.url), {
    type: "module",
  });

  async read(video: HTMLVideoElement): Promise<string[]> {
    const picture = await createImageBitmap(video);
    const told = await this.ask(picture, [picture]);
    return Array.isArray(told) ? told : [];
  }

  ask(what: Asked, given: Transferable[]): Promise<Told> {
    return new Promise((heard, failed) => {
      this.worker.onmessage = ({ data }: MessageEvent<Told>) => heard(data);
      this.worker.onerror = (event) => {
        event.preventDefault();
        failed(new Error(event.message));
      };
      this.worker.postMessage(what, given);
    });
  }

  close(): void {
    this.worker.terminate();
  }
}

/**
 * Shows what the camera sees and resolves with the first code in it; null when it was told to stop.
 *
 * Rejects with CameraUnavailable.
 */
export async function firstCode(
  video: HTMLVideoElement,
  stopped: AbortSignal,
): Promise<string | null> {
  const reader = makeReader?.();
  if (!reader) return null;
  const stream = await openCamera().catch((problem: unknown) => {
    reader.close();
    throw problem;
  });
  try {
    if (stopped.aborted) return null;
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    const code = await read(reader, video, stopped);
    if (code !== null) navigator.vibrate?.(BUZZ_MS);
    return code;
  } finally {
    reader.close();
    closeCamera(stream);
  }
}

async function read(
  reader: Reader,
  video: HTMLVideoElement,
  stopped: AbortSignal,
): Promise<string | null> {
  while (!stopped.aborted) {
    const found = await reader.read(video).catch(() => []); // no picture yet
    const code = found.map((text) => text.trim()).find((text) => text !== "");
    if (code && !stopped.aborted) return code;
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  return null;
}
