/** A whole visit by the app's own modules, told to a real server. */

import { readFileSync } from "node:fs";
import { test } from "vitest";

import { digest } from "../../../field_client/tablet/src/domain/canonical";
import { jobOf } from "../../../field_client/tablet/src/jobs";
import { picture, STORY, Tablet, tell } from "./tablet";

test("a visit from sign-in to the last photo", async () => {
  const tablet = await Tablet.signedIn();
  await tablet.sync();
  const { captures } = tablet;
  const { jobId } = STORY;
  await captures.accept(jobId);
  await captures.travel(jobId);
  await captures.arrive(jobId);
  await captures.assess(jobId, "minor", ["loose_screw"]);
  await captures.photo(jobId, "before", picture("before"));
  await captures.check(jobId, "level", true);
  await captures.part(jobId, { sku: "HINGE-110", quantity: 2, from: "van", charge: "warranty" });
  await captures.note(jobId, "門の鍵 🔑 / Key is with the neighbour", "customer");
  await captures.photo(jobId, "after", picture("after"));
  const receipt = await captures.sign(jobId, {
    name: "王小明",
    relation: "customer",
    picture: new Uint8Array(readFileSync(String(STORY.pictures["signature"]))),
    stars: 5,
    reservation: "A scratch on the left door",
  });
  await captures.finish(jobId, { outcome: "completed" });
  const report = await tablet.sync();
  const again = await tablet.sync();
  const { base, outbox } = tablet;
  const result = {
    digest: await digest(receipt),
    statuses: [...report.byStatus],
    files: report.files,
    problem: report.problem?.code ?? null,
    waiting: [report.waitingEvents, report.waitingFiles],
    sentAgain: [...again.byStatus],
    job: await jobOf(base, outbox, jobId),
  };
  tell(result);
}, 60_000);
