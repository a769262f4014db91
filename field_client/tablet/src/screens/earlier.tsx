/** What happened before: earlier trips for the same ticket or the same thing, with their pictures. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { CustomerPicture, Trip } from "../domain/documents";
import { app } from "../here";
import type { Job } from "../jobs";
import { slotsOf } from "../order";
import { useSeen } from "../sight";
import { moment } from "../times";
import { labelOf, language, named, words } from "../words";

export function Earlier({ job }: { job: Job }) {
  return (
    <ol class="trips">
      {job.sheet.history.map((trip) => (
        <li key={trip.job_id} class="stack">
          <TripWords job={job} trip={trip} />
          <ul class="photo-row">
            {trip.photos.map((photo) => (
              <li key={photo.photo_id}>
                <EarlierPicture photoId={photo.photo_id} alt={slotLabel(job, photo.slot)} />
                <span class="quiet">{slotLabel(job, photo.slot)}</span>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

/** What the customer sent, so that the right part is in the van. */
export function FromCustomer({ pictures }: { pictures: readonly CustomerPicture[] }) {
  const say = words.value.job;
  return (
    <ul class="photo-row">
      {pictures.map((each) => (
        <li key={each.photo_id}>
          <EarlierPicture photoId={each.photo_id} alt={each.note || say.fromCustomerAlone} />
          <span class="quiet">{each.note || say.fromCustomerAlone}</span>
        </li>
      ))}
    </ul>
  );
}

function TripWords({ job, trip }: { job: Job; trip: Trip }) {
  const say = words.value;
  const zone = job.sheet.window.time_zone;
  return (
    <div>
      <p>
        <strong>{moment(trip.finished_at, language.value, zone, say.day.today)}</strong>{" "}
        {named(say.outcomes, trip.outcome)}
        {trip.cause && ` · ${named(say.causes, trip.cause)}`}
      </p>
      {trip.words && <p>{trip.words}</p>}
      <p class="quiet">{trip.job_id}</p>
    </div>
  );
}

function slotLabel(job: Job, slot: string): string {
  const known = slotsOf(job.sheet, job.visit).find((each) => each.slot === slot);
  return labelOf(known?.label, language.value) || slot;
}

/** Read when it is seen, and as long as it is not here again after each sync. Its room is kept until then. */
function EarlierPicture({ photoId, alt }: { photoId: string; alt: string }) {
  const [bytes, setBytes] = useState<Uint8Array<ArrayBuffer> | null>(null);
  const [address, setAddress] = useState<string | null>(null);
  const here = useRef<HTMLSpanElement>(null);
  const isSeen = useSeen(here);
  const desk = app.desk.value;
  const isRunning = app.syncing.value.isRunning;
  useEffect(() => {
    let isHere = true;
    const show = (read: Uint8Array<ArrayBuffer> | null) => isHere && setBytes(read);
    if (desk && isSeen && !bytes) void desk.earlier.read(photoId).then(show, () => undefined);
    return () => {
      isHere = false;
    };
  }, [photoId, desk, isSeen, isRunning]);
  useEffect(() => {
    if (!bytes) return;
    const made = URL.createObjectURL(new Blob([bytes]));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return (
    <span ref={here} class="thumbnail">
      {address ? <img src={address} alt={alt} /> : <span class="thumbnail-none" />}
    </span>
  );
}
