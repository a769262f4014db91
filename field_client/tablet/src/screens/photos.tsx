/** The photos of a visit by slot: what is wanted, what is here, and where each of them is. */

import { useComputed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Photo } from "../domain/documents";
import { app } from "../here";
import { isReadOnly, type Job } from "../jobs";
import { openRetakes, slotsOf, type SlotFacts } from "../order";
import { hrefOf } from "../routes";
import { useSeen } from "../sight";
import { clockTime } from "../times";
import { labelOf, language, words } from "../words";
import { Badge, Button, Dialog, Field, LinkButton, Notice, useDraft, type Tone } from "./controls";
import type { IconName } from "./icons";
import { Nowhere } from "./frame";

export function Photos({ job }: { job: Job }) {
  const slots = slotsOf(job.sheet, job.visit);
  const next = nextSlot(job, slots);
  return (
    <div class="stack">
      <Retakes job={job} />
      {slots.map((slot) => (
        <SlotPhotos key={slot.slot} job={job} slot={slot} isNext={slot.slot === next} />
      ))}
      {slots.length === 0 && <p class="empty">{words.value.photos.none}</p>}
    </div>
  );
}

/** The one slot that is to be filled next: what the office asks for again, else the first that lacks a photo. */
function nextSlot(job: Job, slots: readonly SlotFacts[]): string | undefined {
  return (openRetakes(job)[0] ?? slots.find((each) => each.have < each.minimum))?.slot;
}

function Retakes({ job }: { job: Job }) {
  const say = words.value.photos;
  const labels = new Map(slotsOf(job.sheet, job.visit).map((each) => [each.slot, each.label]));
  return (
    <>
      {openRetakes(job).map((retake) => (
        <Notice key={retake.photo_id} tone="risk" icon="camera">
          <p>
            {say.retake(
              labelOf(labels.get(retake.slot), language.value) || retake.slot,
              retake.reason ?? "",
            )}
          </p>
        </Notice>
      ))}
    </>
  );
}

function SlotPhotos({ job, slot, isNext }: { job: Job; slot: SlotFacts; isNext: boolean }) {
  const say = words.value;
  const label = labelOf(slot.label, language.value) || slot.slot;
  const photos = Object.entries(job.visit.photos).filter(
    ([, photo]) => photo.slot === slot.slot && photo.state === "taken",
  );
  const isFilled = slot.have > 0 && slot.have >= slot.minimum;
  const take = isFilled ? say.photos.another : say.photos.take;
  return (
    <section class="slot" aria-label={label}>
      <header class="slot-head">
        <h3>{label}</h3>
        <Badge tone="plain" icon={isFilled ? "check" : "camera"}>
          {slot.minimum > 0 ? say.of(slot.have, slot.minimum) : say.photos.many(slot.have)}
        </Badge>
      </header>
      <ul class="photo-row">
        {photos.map(([photoId, photo]) => (
          <li key={photoId}>
            <PhotoCard job={job} photoId={photoId} photo={photo} label={label} />
          </li>
        ))}
        {!isReadOnly(job) && (
          <li>
            <LinkButton
              to={hrefOf({ page: "camera", jobId: job.jobId, slot: slot.slot })}
              icon="camera"
              kind={isNext ? "strong" : "plain"}
              label={`${take}: ${label}`}
            >
              {take}
            </LinkButton>
          </li>
        )}
      </ul>
    </section>
  );
}

interface PhotoFacts {
  job: Job;
  photoId: string;
  photo: Photo;
  label: string;
}

function PhotoCard({ job, photoId, photo, label }: PhotoFacts) {
  const time = clockTime(photo.at, language.value, job.sheet.window.time_zone);
  return (
    <a class="photo-card" href={hrefOf({ page: "photo", jobId: job.jobId, photoId })}>
      <span class="for-readers">{words.value.photos.one(label, time)}</span>
      <Thumbnail sha256={photo.sha256} alt="" />
      <PhotoState job={job} sha256={photo.sha256} />
    </a>
  );
}

/** A picture from the sealed bytes, made when it is seen. Its room is kept, so that nothing jumps when it comes. */
export function Thumbnail({ sha256, alt }: { sha256: string | null; alt: string }) {
  const [address, setAddress] = useState<string | null>(null);
  const here = useRef<HTMLSpanElement>(null);
  const isSeen = useSeen(here);
  const desk = app.desk.value;
  useEffect(() => {
    let isHere = true;
    const show = (made: string | null) => isHere && setAddress(made);
    if (sha256 && desk && isSeen) void desk.thumbnails.of(sha256).then(show, () => show(null));
    return () => {
      isHere = false;
    };
  }, [sha256, desk, isSeen]);
  return (
    <span ref={here} class="thumbnail">
      {address ? <img src={address} alt={alt} /> : <span class="thumbnail-none" />}
    </span>
  );
}

const MARKS: Readonly<Record<string, { tone: Tone; icon: IconName }>> = {
  waiting: { tone: "plain", icon: "tablet" },
  sending: { tone: "accent", icon: "send" },
  stored: { tone: "proven", icon: "office" },
  lost: { tone: "lost", icon: "alert" },
};

/** Saved here, sending 60 %, with the office. Of sixty photos only the one on its way is drawn at each step. */
export function PhotoState({ job, sha256 }: { job: Job; sha256: string | null }) {
  const say = words.value.photos;
  const kept = useComputed(
    () => app.figures.value.byJob.get(job.jobId)?.blobs.get(sha256 ?? "") ?? "stored",
  );
  const sent = useComputed(() => {
    const { file } = app.syncing.value;
    return file?.sha256 === sha256 ? Math.floor((100 * file.sent) / file.size) : null;
  });
  const [known, share] = [kept.value, sent.value];
  const isSending = known === "waiting" && share !== null;
  const { tone, icon } = MARKS[isSending ? "sending" : known] ?? { tone: "plain", icon: "dot" };
  return (
    <Badge tone={tone} icon={icon}>
      {isSending ? say.sending(share) : say.states[known]}
    </Badge>
  );
}

/** One photo, large; from here it can be taken again or taken back. */
export function PhotoScreen({ job, photoId }: { job: Job; photoId: string }) {
  const say = words.value;
  const photo = job.visit.photos[photoId];
  const [address, setAddress] = useState<string | null>(null);
  const sha256 = photo?.sha256 ?? null;
  useEffect(() => {
    let made: string | null = null;
    let isHere = true;
    const show = (bytes: Uint8Array<ArrayBuffer>) => {
      if (!isHere) return;
      made = URL.createObjectURL(new Blob([bytes]));
      setAddress(made);
    };
    if (sha256) void app.mine.files.read(sha256).then(show, () => undefined);
    return () => {
      isHere = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [sha256]);
  if (!photo) return <Nowhere text={say.photos.unknown} />;
  const slot = slotsOf(job.sheet, job.visit).find((each) => each.slot === photo.slot);
  const label = labelOf(slot?.label, language.value) || (photo.slot ?? "");
  const zone = job.sheet.window.time_zone;
  const back = hrefOf({ page: "job", jobId: job.jobId, stage: "photos" });
  return (
    <div class="photo-screen">
      <h1>{label}</h1>
      <p class="badges">
        <span>{clockTime(photo.at, language.value, zone)}</span>
        <PhotoState job={job} sha256={sha256} />
      </p>
      <div class="photo-large">
        {address ? <img src={address} alt={label} /> : <span class="thumbnail-none" />}
      </div>
      {photo.reason && <p>{say.photos.fromGallery(photo.reason)}</p>}
      <div class="actions">
        <LinkButton to={back} icon="back">
          {say.photos.backToAll}
        </LinkButton>
        {photo.state === "taken" && !isReadOnly(job) && (
          <>
            <LinkButton to={hrefOf({ page: "drawing", jobId: job.jobId, photoId })} icon="pen">
              {say.photos.draw}
            </LinkButton>
            <Discard job={job} photoId={photoId} back={back} />
          </>
        )}
      </div>
    </div>
  );
}

function Discard({ job, photoId, back }: { job: Job; photoId: string; back: string }) {
  const say = words.value.photos;
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useDraft(`${job.jobId}/discard/${photoId}`);
  const discard = async () => {
    const isKept = await app.capture(job.jobId, (does) =>
      does.discard(job.jobId, photoId, reason.trim()),
    );
    if (!isKept) return;
    setReason("");
    location.hash = back;
  };
  return (
    <>
      <Button kind="apart" icon="bin" onPress={() => setAsking(true)}>
        {say.discard}
      </Button>
      {isAsking && (
        <Dialog title={say.discard} onClose={() => setAsking(false)}>
          <p>{say.discardMeans}</p>
          <Field label={say.discardWhy} value={reason} onInput={setReason} />
          <Button kind="apart" isDisabled={!reason.trim()} onPress={discard}>
            {say.discardNow}
          </Button>
        </Dialog>
      )}
    </>
  );
}
