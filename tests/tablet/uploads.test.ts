/** Sending files to an office that stumbles: every byte arrives, and none twice but what was cut. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as errors from "../../field_client/tablet/src/errors";
import { LIMITS } from "../../field_client/tablet/src/plan";
import {
  MediaStopped,
  Uploads,
  type FileSource,
  type Listener,
  type Policy,
  type WaitingFile,
} from "../../field_client/tablet/src/uploads";
import { HandClock, Notebook, talkWith } from "./devices";
import { FakeServer } from "./network";
import { TusOffice, sha256 } from "./tus_office";

const KIB = 1024;
const SMALL = Buffer.alloc(100, "small");
const LARGE = Buffer.alloc(300 * KIB, "large");
const CHUNK = 128 * KIB;

/** The bytes on a tablet. */
class Bag implements FileSource {
  private readonly files = new Map<string, Buffer>();
  private readonly jammed = new Map<string, Error>();

  adds(content: Buffer, more: Partial<WaitingFile> = {}): WaitingFile {
    const file = { sha256: sha256(content), size: content.length, mime: "image/jpeg" };
    this.files.set(file.sha256, content);
    return { ...file, purpose: "photo", place: this.files.size, ...more };
  }

  loses(file: WaitingFile): void {
    this.files.delete(file.sha256);
  }

  changes(file: WaitingFile): void {
    this.files.set(file.sha256, Buffer.alloc(file.size, "changed"));
  }

  jams(file: WaitingFile, problem: Error): void {
    this.jammed.set(file.sha256, problem);
  }

  async size(hash: string): Promise<number | null> {
    return this.files.get(hash)?.length ?? null;
  }

  async read(hash: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
    const problem = this.jammed.get(hash);
    if (problem !== undefined) {
      throw problem;
    }
    return Uint8Array.from(this.files.get(hash)?.subarray(from, to) ?? []);
  }
}

/** What was written down of each file. */
class Diary implements Listener {
  readonly lines: string[] = [];
  readonly seen: number[] = [];

  constructor(private readonly names: Map<string, string>) {}

  progress(_file: WaitingFile, here: number): void {
    this.seen.push(here);
  }

  async stored(file: WaitingFile): Promise<void> {
    this.lines.push(`${this.names.get(file.sha256)} stored`);
  }

  async problem(file: WaitingFile, why: string): Promise<void> {
    this.lines.push(`${this.names.get(file.sha256)} ${why}`);
  }

  async lost(file: WaitingFile, why: string): Promise<void> {
    this.lines.push(`${this.names.get(file.sha256)} lost, ${why}`);
  }
}

let server: FakeServer;
let office: TusOffice;
let bag: Bag;
let diary: Diary;
let small: WaitingFile;
let large: WaitingFile;

beforeEach(async () => {
  server = await FakeServer.opens();
  office = new TusOffice();
  server.answers(office.answer);
  bag = new Bag();
  [small, large] = [bag.adds(SMALL), bag.adds(LARGE)];
  diary = new Diary(
    new Map([
      [small.sha256, "small"],
      [large.sha256, "large"],
    ]),
  );
});

afterEach(() => server.closes());

function uploads(changes: Partial<Policy> = {}, pause?: AbortSignal): Uploads {
  const limits = { ...LIMITS, chunk_bytes: CHUNK };
  const policy = { limits, media: "any", onCellular: false, ...changes };
  return new Uploads(talkWith(server), bag, policy, diary, pause);
}

function has(...contents: Buffer[]): void {
  expect([...office.stored.values()].map(sha256).sort()).toEqual(contents.map(sha256).sort());
}

describe("a good day", () => {
  it("sends the first bytes with the creation, and a large file in pieces", async () => {
    const sending = uploads();
    await sending.run([large, small]);
    has(SMALL, LARGE);
    expect(office.log).toEqual([
      "POST +100 -> 201",
      "POST +131072 -> 201",
      "PATCH 131072 +131072 -> 204",
      "PATCH 262144 +45056 -> 204",
    ]);
    expect(diary.lines).toEqual(["small stored", "large stored"]);
    expect(diary.seen).toEqual([100, 100, 131072, 262144, 307200, 307200]);
    expect(sending.bytesSent).toBe(100 + 300 * KIB);
  });

  it("sends nothing that is there, and asks for a hundred at once", async () => {
    const many = Array.from({ length: 101 }, (_, at) => bag.adds(Buffer.from(`file ${at}`)));
    many.forEach(({ sha256: hash }, at) => office.stored.set(hash, Buffer.from(`file ${at}`)));
    await uploads().run(many);
    expect(server.heard.map(({ path }) => path)).toEqual(Array(2).fill("/sync/v1/media/check"));
    expect(diary.lines).toHaveLength(101);
  });

  it("goes on where it stopped, whatever host a proxy names", async () => {
    office.hasTheBeginning(LARGE, 200 * KIB);
    await uploads().run([large]);
    expect(office.log).toEqual(["PATCH 204800 +102400 -> 204"]);
    has(LARGE);
  });

  it("asks before it believes that a file is whole", async () => {
    office.hasTheBeginning(LARGE, LARGE.length);
    await uploads().run([large]);
    expect(office.log).toEqual(["HEAD -> 200"]);
    expect(diary.lines).toEqual(["large stored"]);
    has(LARGE);
  });

  it("has nothing to send", async () => {
    await uploads().run([]);
    expect(server.heard).toEqual([]);
  });

  it("sends a file without a byte", async () => {
    await uploads().run([bag.adds(Buffer.alloc(0))]);
    expect(office.log).toEqual(["POST -> 201"]);
    expect(server.heard.at(-1)?.headers).not.toHaveProperty("content-type");
    expect(diary.lines).toHaveLength(1);
  });
});

describe("the policy", () => {
  it("keeps heavy photos back on a cellular network, and lets signatures go", async () => {
    const signature = bag.adds(Buffer.alloc(400 * KIB, "pen"), { purpose: "signature" });
    const heavy = bag.adds(Buffer.alloc(301 * KIB, "heavy"));
    await uploads({ media: "wifi_preferred", onCellular: true }).run([heavy, large, signature]);
    expect([...office.stored.keys()]).toEqual([signature.sha256, large.sha256]);
  });
});

describe("a connection that is cut", () => {
  it("costs nothing but the cut piece, and the rest goes at once", async () => {
    office.works();
    office.hearsOnly(50 * KIB);
    const sending = uploads();
    await sending.run([large]);
    expect(office.log).toEqual([
      "POST +131072 -> 201",
      "PATCH 131072 +131072 -> 204",
      "PATCH 182272 +124928 -> 204",
    ]);
    expect(sending.bytesSent).toBe(LARGE.length);
    has(LARGE);
  });

  it("again and again is gone on from for as long as something gets through", async () => {
    for (let cut = 0; cut < 10; cut += 1) office.hearsOnly(20 * KIB);
    await uploads().run([large]);
    expect(office.log).toHaveLength(10 + 1);
    has(LARGE);
  });

  it("before anything got through is waited for", async () => {
    office.works();
    office.hearsOnly(0);
    await expect(uploads().run([large])).rejects.toThrow(errors.NetworkDown);
    expect(office.log).toHaveLength(2);
  });

  it("and told of goes on from what the server says when it is asked", async () => {
    office.works();
    office.says({ status: 400, headers: { "Upload-Offset": "7" }, body: { code: "body_cut" } });
    await uploads().run([large]);
    expect(office.log.slice(1, 4)).toEqual([
      "PATCH 131072 +131072 -> 400",
      "HEAD -> 200",
      "PATCH 131072 +131072 -> 204",
    ]);
    has(LARGE);
  });

  it("in the creation is found again by its hash", async () => {
    office.losesAnAnswer();
    await uploads().run([large]);
    expect(office.log.filter((line) => line.startsWith("POST"))).toHaveLength(1);
    has(LARGE);
  });

  it("behind the last byte sends nothing again", async () => {
    office.losesAnAnswer();
    await uploads().run([small]);
    expect(office.log).toEqual(["POST +100 -> 201"]);
    expect(diary.lines).toEqual(["small stored"]);
  });
});

describe("another offset", () => {
  it("is asked for, and only the answer to that is believed", async () => {
    office.hasTheBeginning(LARGE, 10 * KIB);
    office.works();
    office.says({ status: 409, headers: { "Upload-Offset": "5" }, body: { code: "conflict" } });
    await uploads().run([large]);
    expect(office.log.slice(0, 4)).toEqual([
      "PATCH 10240 +131072 -> 204",
      "PATCH 141312 +131072 -> 409",
      "HEAD -> 200",
      "PATCH 141312 +131072 -> 204",
    ]);
    has(LARGE);
  });

  it("that never fits ends in a pause, and not in a circle", async () => {
    server.answers((heard) => {
      const isCheck = heard.path.endsWith("check");
      return isCheck
        ? office.answer(heard)
        : {
            status: heard.method === "POST" ? 201 : 409,
            headers: { "Upload-Offset": "0", Location: "/sync/v1/media/uploads/u" },
          };
    });
    await expect(uploads().run([large])).rejects.toThrow(errors.ServerBusy);
    expect(server.heard.length).toBeLessThan(40);
  });
});

describe("an upload that is gone", () => {
  it.each([404, 410])("(%i) is begun anew", async (status) => {
    office.works();
    office.works();
    office.says({ status, body: { code: "upload_gone" } });
    await uploads().run([large]);
    expect(diary.lines).toEqual(["large stored"]);
    has(LARGE);
  });
});

describe("a body that is too large", () => {
  it("is halved until it passes", async () => {
    office.takesAtMost(40 * KIB);
    await uploads().run([large]);
    expect(office.log.slice(0, 4)).toEqual([
      "POST +131072 -> 413",
      "POST +65536 -> 413",
      "POST +32768 -> 201",
      "PATCH 32768 +32768 -> 204",
    ]);
    has(LARGE);
  });

  it("is halved by what there was of it", async () => {
    office.takesAtMost(40 * KIB);
    const middle = Buffer.alloc(60 * KIB, "middle");
    await uploads().run([bag.adds(middle)]);
    expect(office.log).toEqual([
      "POST +61440 -> 413",
      "POST +30720 -> 201",
      "PATCH 30720 +30720 -> 204",
    ]);
    has(middle);
  });

  it("is not halved for ever", async () => {
    office.takesAtMost(KIB);
    await expect(uploads().run([large])).rejects.toThrow(errors.ServerBusy);
    expect(diary.lines).toEqual([]);
  });
});

it("sends smaller pieces over a thin line, so that a cut costs little", async () => {
  const clock = new HandClock();
  server.answers((heard) => {
    clock.passes(heard.body.length / (30 * KIB));
    return office.answer(heard);
  });
  const limits = { ...LIMITS, chunk_bytes: CHUNK };
  const talk = talkWith(server, new Notebook(), clock);
  await new Uploads(talk, bag, { limits, media: "any", onCellular: false }, diary).run([large]);
  expect(office.log.slice(0, 4)).toEqual([
    "POST +131072 -> 201",
    "PATCH 131072 +65536 -> 204",
    "PATCH 196608 +32768 -> 204",
    "PATCH 229376 +32768 -> 204",
  ]);
  has(LARGE);
});

describe("other bytes than were promised", () => {
  it("are sent again while the own copy is right", async () => {
    office.hearsOtherBytes();
    await uploads().run([small]);
    expect(office.log).toEqual(["POST +100 -> 460", "POST +100 -> 201"]);
    has(SMALL);
  });

  it("are said to be lost when the own copy is damaged", async () => {
    bag.changes(small);
    await uploads().run([small, large]);
    expect(diary.lines).toEqual(["small lost, damaged", "large stored"]);
  });
});

describe("bytes that cannot be read", () => {
  it("and are not there are lost", async () => {
    bag.loses(small);
    await uploads().run([small, large]);
    expect(diary.lines).toEqual(["small lost, missing", "large stored"]);
  });

  it("and are spoiled for good are lost", async () => {
    bag.jams(small, new errors.PhotoUnreadable());
    await uploads().run([small, large]);
    expect(diary.lines).toEqual(["small lost, missing", "large stored"]);
  });

  it("for now are no loss", async () => {
    bag.jams(small, new Error("not now"));
    await uploads().run([small, large]);
    expect(diary.lines).toEqual(["small unreadable", "large stored"]);
  });

  it("because the whole store is away stop the sending", async () => {
    bag.jams(small, new errors.StoreLost());
    await expect(uploads().run([small, large])).rejects.toThrow(errors.StoreLost);
    expect(diary.lines).toEqual([]);
  });
});

describe("a server that says no", () => {
  it.each([403, 412, 415, 422])("to one file (%i) still takes the others", async (status) => {
    office.says({ status, body: { code: "not_allowed" } });
    await uploads().run([small, large]);
    expect(diary.lines).toEqual(["small refused", "large stored"]);
  });

  it.each([408, 423, 429, 500, 503])("for now (%i) is waited for", async (status) => {
    office.says({ status, body: { code: "busy", retry_after_s: 3 } });
    await expect(uploads().run([small])).rejects.toMatchObject({
      code: "server_busy",
      retryAfterS: 3,
    });
    expect(diary.lines).toEqual([]);
  });

  it("because it is short of space stops the files alone", async () => {
    office.runsOutOfSpace();
    await expect(uploads().run([small])).rejects.toThrow(new MediaStopped("storage_full"));
  });

  it("because the sign-in ran out asks to sign in", async () => {
    office.says({ status: 401, body: { code: "token_expired" } });
    const limits = { ...LIMITS, chunk_bytes: CHUNK };
    const talk = talkWith(server, new Notebook(null));
    const sending = new Uploads(talk, bag, { limits, media: "any", onCellular: false }, diary);
    await expect(sending.run([small])).rejects.toThrow(errors.SignInNeeded);
  });

  it("of which nobody knows who it is, is no server", async () => {
    server.answers(() => ({ status: 200, body: "<html>", isStrange: true }));
    await expect(uploads().run([small])).rejects.toThrow(errors.ForeignAnswer);
  });

  it.each([{ blobs: "all" }, {}])("%j is not what was asked", async (body) => {
    server.answers(() => ({ status: 200, body }));
    await expect(uploads().run([small])).rejects.toThrow(errors.ForeignAnswer);
  });
});

describe("a pause", () => {
  it("ends behind the piece that is on its way; later it goes on from there", async () => {
    const pause = new AbortController();
    server.answers((heard) => {
      if (heard.method === "PATCH") {
        pause.abort();
      }
      return office.answer(heard);
    });
    await expect(uploads({}, pause.signal).run([large])).rejects.toThrow(
      new MediaStopped("paused"),
    );
    await uploads().run([large]);
    expect(office.log).toEqual([
      "POST +131072 -> 201",
      "PATCH 131072 +131072 -> 204",
      "PATCH 262144 +45056 -> 204",
    ]);
  });
});
