/** A tablet whose modules talk to a real server; `DOORSTEP_LIVE` names the file that says where and as whom. */

import { readFileSync, writeFileSync } from "node:fs";

import { Base } from "../../../field_client/tablet/src/base";
import { Captures } from "../../../field_client/tablet/src/captures";
import { browserClock } from "../../../field_client/tablet/src/clock";
import { Conversation } from "../../../field_client/tablet/src/conversation";
import { signInWith } from "../../../field_client/tablet/src/enrolment";
import { measure } from "../../../field_client/tablet/src/looks";
import { Memory } from "../../../field_client/tablet/src/memory";
import { Outbox, type Opened } from "../../../field_client/tablet/src/outbox";
import { choosePin } from "../../../field_client/tablet/src/people";
import type { Shot } from "../../../field_client/tablet/src/photos";
import { Store } from "../../../field_client/tablet/src/store";
import { Sync, type Report } from "../../../field_client/tablet/src/sync";
import { httpTransport } from "../../../field_client/tablet/src/transport";

export interface Story {
  address: string;
  username: string;
  password: string;
  jobId: string;
  pictures: Record<string, string>;
  box: string;
  result: string;
}

export const STORY = JSON.parse(
  readFileSync(String(process.env["DOORSTEP_LIVE"]), "utf8"),
) as Story;

export class Tablet {
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

/** As the camera would hand it over; what is measured of it does not matter here. */
export function picture(name: string): Shot {
  const bytes = new Uint8Array(readFileSync(String(STORY.pictures[name])));
  const look = measure({ width: 9, height: 8, pixels: new Uint8Array(72) });
  return { bytes, mime: "image/jpeg", width: 1600, height: 1200, doubts: [], look };
}

/** Hands over what came of it to the test that asked. */
export function tell(result: unknown): void {
  writeFileSync(STORY.result, JSON.stringify(result));
}
