/** The camera at the back of the tablet, as a live stream and as single pictures. */

import { CameraUnavailable } from "./errors";

// More than the long edge of a photo as it is kept, and no more: larger frames only cost time.
const WANTED = { width: { ideal: 2560 }, height: { ideal: 1920 } };

/** Rejects with CameraUnavailable: no camera, no permission, or another app holds it. */
export async function openCamera(): Promise<MediaStream> {
  try {
    const video = { ...WANTED, facingMode: { ideal: "environment" } };
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (problem) {
    throw new CameraUnavailable({ why: String(problem) });
  }
}

export function closeCamera(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** What the live picture shows right now, upright. */
export async function frameOf(video: HTMLVideoElement): Promise<ImageBitmap> {
  if (video.videoWidth === 0) throw new CameraUnavailable({ why: "no picture yet" });
  return createImageBitmap(video);
}

/** Whether the camera has a lamp that can be lit. */
export function hasLamp(stream: MediaStream): boolean {
  const [track] = stream.getVideoTracks();
  const able = track?.getCapabilities?.() as { torch?: boolean } | undefined;
  return able?.torch === true;
}

export async function lightLamp(stream: MediaStream, isOn: boolean): Promise<void> {
  const [track] = stream.getVideoTracks();
  const wanted = { advanced: [{ torch: isOn }] } as unknown as MediaTrackConstraints;
  await track?.applyConstraints(wanted).catch(() => undefined);
}
