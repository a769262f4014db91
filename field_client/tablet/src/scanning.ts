/** Reading bar codes with the camera, in browsers that can do it by themselves. */

import { signal } from "@preact/signals";

import { closeCamera, openCamera } from "./camera";

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

interface DetectorKind {
  new (): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const LOOK_MS = 150;
const BUZZ_MS = 60;

/** Whether this browser reads codes; false until it has said so. */
export const canScan = signal(false);

function kind(): DetectorKind | undefined {
  return (globalThis as { BarcodeDetector?: DetectorKind }).BarcodeDetector;
}

/** Some browsers name the detector and can read nothing with it. */
export async function askWhetherItScans(): Promise<void> {
  const hasCamera = typeof navigator.mediaDevices?.getUserMedia === "function";
  const formats = hasCamera
    ? await kind()
        ?.getSupportedFormats()
        .catch(() => [])
    : [];
  canScan.value = (formats ?? []).length > 0;
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
  const Kind = kind();
  if (!Kind) return null;
  const stream = await openCamera();
  try {
    if (stopped.aborted) return null;
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    const code = await read(new Kind(), video, stopped);
    if (code !== null) navigator.vibrate?.(BUZZ_MS);
    return code;
  } finally {
    closeCamera(stream);
  }
}

async function read(
  detector: Detector,
  video: HTMLVideoElement,
  stopped: AbortSignal,
): Promise<string | null> {
  while (!stopped.aborted) {
    const found = await detector.detect(video).catch(() => []); // no picture yet
    const code = found.map((each) => each.rawValue.trim()).find((text) => text !== "");
    if (code && !stopped.aborted) return code;
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  return null;
}
