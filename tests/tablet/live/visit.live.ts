/**
 * A whole visit by the app's own modules, told to a real server. `DOORSTEP_LIVE` says where that is and whose
 * visit it is; what came of it goes to the file that it names, for the test that asked.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { test } from "vitest";

import { Base } from "../../../field_client/tablet/src/base";
import { Captures } from "../../../field_client/tablet/src/captures";
import { browserClock } from "../../../field_client/tablet/src/clock";
import { Conversation } from "../../../field_client/tablet/src/conversation";
import { digest } from "../../../field_client/tablet/src/domain/canonical";
import { signInWith } from "../../../field_client/tablet/src/enrolment";
import { jobOf } from "../../../field_client/tablet/src/jobs";
import { measure } from "../../../field_client/tablet/src/looks";
import { Memory } from "../../../field_client/tablet/src/memory";
import { Outbox, type Opened } from "../../../field_client/tablet/src/outbox";
import { choosePin } from "../../../field_client/tablet/src/people";
import type { Shot } from "../../../field_client/tablet/src/photos";
import { Store } from "../../../field_client/tablet/src/store";
import { Sync, type Report } from "../../../field_client/tablet/src/sync";
import { httpTransport } from "../../../field_client/tablet/src/transport";

interface Story {
  address: string;
  username: string;
  password: string;
  jobId: string;
  pictures: Record<string, string>;
  result: string;
}

const STORY = JSON.parse(readFileSync(String(process.env["DOORSTEP_LIVE"]), "utf8")) as Story;

class Tablet {
  private constructor(
    private readonly store: Store,
    private readonly who: Opened,
  ) {}

  static async signedIn(): Promise<Tablet> {
    const store = await new Store(browserClock, "live").open();
    const talk = await talkOf(store, null);
    const opened = await signInWith(store, talk, STORY.username, STORY.password);
    return new Tablet(store, await choosePin(store, opened, "274981"));
  }

  get outbox(): Outbox {
    return new Outbox(this.store, this.who);
  }

  get base(): Base {
    return new Base(this.store, this.who);
  }

  get captures(): Captures {
    return new Captures(this.base, this.outbox);
  }

  async sync(): Promise<Report> {
    const memory = await Memory.of(this.store, this.who);
    const talk = await talkOf(this.store, this.who);
    return new Sync(this.outbox, talk, memory, { onCellular: false, withMedia: true }).run();
  }
}

async function talkOf(store: Store, who: Opened | null): Promise<Conversation> {
  const memory = await Memory.of(store, who);
  return new Conversation(httpTransport(STORY.address), memory, browserClock, "en");
}

function picture(name: string): Shot {
  const bytes = new Uint8Array(readFileSync(String(STORY.pictures[name])));
  const look = measure({ width: 9, height: 8, pixels: new Uint8Array(72) });
  return { bytes, mime: "image/jpeg", width: 1600, height: 1200, doubts: [], look };
}

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
  writeFileSync(STORY.result, JSON.stringify(result));
}, 60_000);
