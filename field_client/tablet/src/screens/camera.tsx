/** Taking a photo for a slot: live picture, outline, shutter; doubts are told while one is still there. */

import { useEffect, useRef, useState } from "preact/hooks";

import { closeCamera, frameOf, hasLamp, lightLamp, openCamera } from "../camera";
import { CameraUnavailable, failureOf, type Failure } from "../errors";
import { app } from "../here";
import type { Job } from "../jobs";
import { slotsOf } from "../order";
import { shapeOf, subjectOf } from "../outlines";
import { prepare, type Shot } from "../photos";
import { goInstead, type Place } from "../routes";
import { labelOf, language, words } from "../words";
import { Button, Dialog, Field, Notice, useDraft } from "./controls";
import { FailureNotice } from "./errors";

interface CameraFacts {
  job: Job;
  slot: string;
}

/** A picture that was taken and is not proof yet. */
interface Candidate {
  shot: Shot;
  address: string;
  reason?: string;
}

export function CameraScreen({ job, slot }: CameraFacts) {
  const say = words.value.camera;
  const known = slotsOf(job.sheet, job.visit).find((each) => each.slot === slot);
  const label = labelOf(known?.label, language.value) || slot;
  const [candidate, setCandidate] = useState<Candidate | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [count, setCount] = useState(0);
  const back: Place = { page: "job", jobId: job.jobId, stage: "photos" };

  /** True once it is kept without a question. */
  const look = async (picture: Blob | ImageBitmap, reason?: string) => {
    setFailure(null);
    try {
      const shot = await prepare(picture, await app.mine.earlierLooks());
      const more = reason ? { reason } : {};
      if (shot.doubts.length === 0) return await keep(shot, more);
      const address = URL.createObjectURL(new Blob([shot.bytes]));
      setCandidate({ shot, address, ...more });
    } catch (problem) {
      setFailure(failureOf(problem));
    }
    return false;
  };
  const keep = async (shot: Shot, more: { reason?: string }) => {
    const isKept = await app.capture(job.jobId, (does) => does.photo(job.jobId, slot, shot, more));
    if (!isKept) return false;
    if (more.reason) app.mine.drafts.forget(reasonName(job, slot));
    setCount((taken) => taken + 1);
    dropCandidate();
    const have = (known?.have ?? 0) + 1;
    if (have >= (known?.minimum ?? 1)) goInstead(back);
    return true;
  };
  const dropCandidate = () => {
    setCandidate((old) => {
      if (old) URL.revokeObjectURL(old.address);
      return null;
    });
  };

  return (
    <main class="camera" aria-label={say.title(label)}>
      <header class="camera-head">
        <Button kind="quiet" icon="back" onPress={() => goInstead(back)}>
          {say.done}
        </Button>
        <h1>{label}</h1>
        <p role="status">{count > 0 ? say.savedHere(count) : ""}</p>
      </header>
      {candidate ? (
        <Doubtful
          candidate={candidate}
          label={label}
          onAgain={dropCandidate}
          onKeep={() => keep(candidate.shot, candidate.reason ? { reason: candidate.reason } : {})}
        />
      ) : (
        <Viewfinder job={job} slot={slot} failure={failure} onPicture={look} />
      )}
    </main>
  );
}

interface ViewfinderFacts extends CameraFacts {
  failure: Failure | null;
  onPicture: (picture: Blob | ImageBitmap, reason?: string) => Promise<boolean>;
}

function Viewfinder({ job, slot, failure, onPicture }: ViewfinderFacts) {
  const say = words.value.camera;
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [closed, setClosed] = useState<Failure | null>(null);
  const [isLit, setLit] = useState(false);
  const [isLive, setLive] = useState(false);
  const [turn, setTurn] = useState(0);
  const [isShooting, setShooting] = useState(false);

  useEffect(() => {
    let mine: MediaStream | null = null;
    let isHere = true;
    const open = async () => {
      await app.mine.drafts.settled();
      mine = await openCamera();
      if (!isHere) return closeCamera(mine);
      const taken = () => isHere && setClosed(new CameraUnavailable({ why: "taken away" }));
      mine.getVideoTracks()[0]?.addEventListener("ended", taken);
      setStream(mine);
      if (!video.current) return;
      video.current.srcObject = mine;
      await video.current.play().catch(() => undefined);
    };
    open().catch((problem: unknown) => isHere && setClosed(failureOf(problem)));
    return () => {
      isHere = false;
      closeCamera(mine);
    };
  }, [turn]);

  const openAgain = () => {
    setClosed(null);
    setStream(null);
    setLive(false);
    setTurn(turn + 1);
  };

  const shoot = async () => {
    if (!video.current || isShooting) return;
    setShooting(true);
    try {
      await onPicture(await frameOf(video.current));
    } catch (problem) {
      setClosed(failureOf(problem));
    }
    setShooting(false);
  };
  const light = async () => {
    if (!stream) return;
    await lightLamp(stream, !isLit);
    setLit(!isLit);
  };

  const told = failure ?? closed;
  return (
    <>
      <div class="viewfinder">
        <video
          ref={video}
          autoplay
          muted
          playsInline
          aria-label={say.live}
          onPlaying={() => setLive(true)}
        />
        {stream && <Outline job={job} slot={slot} />}
        {told && (
          <div class="viewfinder-told">
            <FailureNotice failure={told} />
            {closed && (
              <Button icon="again" onPress={openAgain}>
                {say.openAgain}
              </Button>
            )}
          </div>
        )}
      </div>
      <div class="camera-foot">
        <Gallery job={job} slot={slot} onPicture={onPicture} />
        <button
          type="button"
          class="shutter"
          aria-label={say.shutter}
          disabled={!isLive || isShooting}
          onClick={() => void shoot()}
        />
        {stream && hasLamp(stream) ? (
          <Button icon="sun" isPressed={isLit} onPress={light}>
            {say.lamp}
          </Button>
        ) : (
          <span class="camera-foot-space" />
        )}
      </div>
    </>
  );
}

/** What the picture should show, drawn over it and said beneath; the office's own words first. */
function Outline({ job, slot }: CameraFacts) {
  const known = slotsOf(job.sheet, job.visit).find((each) => each.slot === slot);
  const subject = subjectOf(slot, labelOf(known?.label, "en"));
  const hints = words.value.camera.hints;
  const hint = labelOf(known?.label, language.value, "hint") || hints[subject ?? "anything"];
  return (
    <>
      <svg
        class="outline"
        viewBox="0 0 400 300"
        preserveAspectRatio="xMidYMid meet"
        aria-hidden="true"
      >
        <path d={shapeOf(subject)} />
      </svg>
      <p class="viewfinder-hint">{hint}</p>
    </>
  );
}

interface DoubtfulFacts {
  candidate: Candidate;
  label: string;
  onAgain: () => void;
  onKeep: () => Promise<unknown>;
}

/** A doubt never refuses: it asks for another shot while that is still cheap. */
function Doubtful({ candidate, label, onAgain, onKeep }: DoubtfulFacts) {
  const say = words.value.camera;
  return (
    <>
      <div class="viewfinder">
        <img src={candidate.address} alt={label} />
      </div>
      <div class="camera-doubts">
        {candidate.shot.doubts.map((doubt) => (
          <Notice key={doubt} tone="risk" isUrgent>
            <p>{words.value.doubts[doubt]}</p>
          </Notice>
        ))}
        <div class="actions">
          <Button kind="next" icon="again" onPress={onAgain}>
            {say.again}
          </Button>
          <Button icon="check" onPress={onKeep}>
            {say.keep}
          </Button>
        </div>
      </div>
    </>
  );
}

type GalleryFacts = CameraFacts & Pick<ViewfinderFacts, "onPicture">;

function reasonName(job: Job, slot: string): string {
  return `${job.jobId}/gallery/${slot}`;
}

/** From the gallery only with a reason: it stands beside the photo for the office, and here until one is kept. */
function Gallery({ job, slot, onPicture }: GalleryFacts) {
  const say = words.value.camera;
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useDraft(reasonName(job, slot));
  const picked = async (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    const file = input.files?.[0];
    if (!file) return;
    setAsking(false);
    if (await onPicture(file, reason.trim())) setReason("");
  };
  return (
    <>
      <Button icon="gallery" onPress={() => setAsking(true)}>
        {say.gallery}
      </Button>
      {isAsking && (
        <Dialog title={say.gallery} onClose={() => setAsking(false)}>
          <Field label={say.galleryWhy} value={reason} onInput={setReason} />
          <label class={reason.trim() ? "button button-strong" : "button button-off"}>
            <span>{say.galleryPick}</span>
            <input
              class="for-readers"
              type="file"
              accept="image/*"
              disabled={!reason.trim()}
              onChange={(event) => void picked(event)}
            />
          </label>
        </Dialog>
      )}
    </>
  );
}
