/** Where somebody is in the app, as the part of the address behind `#`: reload and deep links work offline. */

import { signal } from "@preact/signals";

export const STAGES = [
  "way",
  "assessment",
  "checklist",
  "photos",
  "parts",
  "notes",
  "signing",
  "finish",
] as const;

/** A part of the visit's one screen, which an address can point at. */
export type Stage = (typeof STAGES)[number];

export type Place =
  | { page: "day" }
  | { page: "status" }
  | { page: "account" }
  | { page: "job"; jobId: string; stage: Stage | null }
  | { page: "camera"; jobId: string; slot: string }
  | { page: "photo"; jobId: string; photoId: string }
  | { page: "drawing"; jobId: string; photoId: string }
  | { page: "receipt"; jobId: string };

export function hrefOf(place: Place): string {
  switch (place.page) {
    case "day":
      return "#/";
    case "status":
    case "account":
      return `#/${place.page}`;
    case "job":
      return jobHref(place.jobId, place.stage ?? "");
    case "camera":
      return jobHref(place.jobId, "camera", place.slot);
    case "photo":
    case "drawing":
      return jobHref(place.jobId, place.page, place.photoId);
    case "receipt":
      return jobHref(place.jobId, "receipt");
  }
}

function jobHref(jobId: string, ...rest: string[]): string {
  const parts = [jobId, ...rest.filter((each) => each !== "")];
  return `#/job/${parts.map(encodeURIComponent).join("/")}`;
}

/** An address that leads nowhere leads to the day. */
export function placeOf(hash: string): Place {
  const [first, jobId, part, subject] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  if (first === "status" || first === "account") return { page: first };
  if (first !== "job" || !jobId) return { page: "day" };
  if (part === "camera" && subject) return { page: "camera", jobId, slot: subject };
  if (part === "photo" && subject) return { page: part, jobId, photoId: subject };
  if (part === "drawing" && subject) return { page: part, jobId, photoId: subject };
  if (part === "receipt") return { page: "receipt", jobId };
  return { page: "job", jobId, stage: STAGES.find((each) => each === part) ?? null };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = signal<Place>({ page: "day" });

export function followAddress(): void {
  const look = () => (place.value = placeOf(location.hash));
  look();
  addEventListener("hashchange", look);
}

export function go(to: Place): void {
  location.hash = hrefOf(to);
}

/** Leaves a page that is over (the camera, the receipt), so that "back" does not lead into it again. */
export function goInstead(to: Place): void {
  history.replaceState(null, "", hrefOf(to));
  place.value = to;
}
