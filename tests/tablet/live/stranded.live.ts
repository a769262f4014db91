/** A tablet that does not find its network any more hands over a black box. */

import { writeFileSync } from "node:fs";
import { test } from "vitest";

import { exported } from "../../../field_client/tablet/src/blackBox";
import { picture, STORY, Tablet, tell } from "./tablet";

test("what waits goes into the box", async () => {
  const tablet = await Tablet.signedIn();
  await tablet.sync();
  const { captures } = tablet;
  await captures.accept(STORY.jobId);
  await captures.arrive(STORY.jobId);
  await captures.photo(STORY.jobId, "before", picture("before"));
  await captures.note(STORY.jobId, "No network in the whole valley", "office");
  const box = await exported(tablet.outbox);
  writeFileSync(STORY.box, new Uint8Array(await box.file.arrayBuffer()));
  tell({ events: box.events, blobs: box.blobs });
}, 60_000);
