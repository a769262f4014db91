/** Addresses: what stands behind the # leads to a place, and back. */

import { describe, expect, it } from "vitest";

import { hrefOf, placeOf, type Place } from "../../field_client/tablet/src/routes";

const PLACES: Place[] = [
  { page: "day" },
  { page: "status" },
  { page: "account" },
  { page: "job", jobId: "J-1049", stage: null },
  { page: "job", jobId: "J-1049", stage: "photos" },
  { page: "camera", jobId: "J-1049", slot: "before" },
  { page: "camera", jobId: "J-1049", slot: "左 / right #1" },
  { page: "photo", jobId: "J-1049", photoId: "0197f3d0-0000-7000-8000-000000000000" },
  { page: "drawing", jobId: "J-1049", photoId: "0197f3d0-0000-7000-8000-000000000000" },
  { page: "receipt", jobId: "J-1049" },
];

describe("an address", () => {
  it.each(PLACES)("leads back to where it was made: %o", (place) => {
    expect(placeOf(hrefOf(place))).toEqual(place);
  });

  it.each(["", "#", "#/nowhere", "#/job", "#/job/"])(
    "that leads nowhere leads to the day: %s",
    (hash) => {
      expect(placeOf(hash)).toEqual({ page: "day" });
    },
  );

  it("with an unknown part leads to the job", () => {
    expect(placeOf("#/job/J-1/hall")).toEqual({ page: "job", jobId: "J-1", stage: null });
  });

  it("that was cut in the middle of a letter is read as it is", () => {
    expect(placeOf("#/job/J-1%E5")).toEqual({ page: "job", jobId: "J-1%E5", stage: null });
  });
});
