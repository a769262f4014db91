/** The office's upload resource as far as a tablet sees it, which stumbles when it is told to. */

import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { UPLOADS } from "../../field_client/tablet/src/uploads";
import type { Heard, Reply } from "./network";

interface Upload {
  readonly id: string;
  readonly sha256: string;
  readonly size: number;
  bytes: Buffer;
}

const CHECK = "/sync/v1/media/check";

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

export class TusOffice {
  /** What lies there for good, by hash. */
  readonly stored = new Map<string, Buffer>();
  /** One word for each request of an upload: what, from where, how many bytes. */
  readonly log: string[] = [];
  private readonly open = new Map<string, Upload>();
  private readonly ahead: ((heard: Heard) => Reply | undefined)[] = [];
  private most = Infinity;
  private isFull = false;
  private made = 0;

  /** The next request of an upload is answered so, and nothing else happens. */
  says(reply: Reply): void {
    this.ahead.push(() => reply);
  }

  /** The next request is done, but nobody hears of it. */
  losesAnAnswer(): void {
    this.ahead.push((heard) => ({ ...this.upload(heard), body: "lost", cutAfter: 0 }));
  }

  /** Of the next piece only so much comes before the connection ends. */
  hearsOnly(bytes: number): void {
    this.ahead.push((heard) => {
      const reply = this.upload({ ...heard, body: heard.body.subarray(0, bytes) });
      return { ...reply, body: "lost", cutAfter: 0 };
    });
  }

  /** The next request comes with other bytes than were sent. */
  hearsOtherBytes(): void {
    this.ahead.push((heard) => this.upload({ ...heard, body: Buffer.alloc(heard.body.length) }));
  }

  /** The next request is as it should be; troubles that follow are for later ones. */
  works(): void {
    this.ahead.push((heard) => this.upload(heard));
  }

  takesAtMost(bytes: number): void {
    this.most = bytes;
  }

  runsOutOfSpace(): void {
    this.isFull = true;
  }

  forgetsWhatIsOpen(): void {
    this.open.clear();
  }

  /** Part of a file came earlier. */
  hasTheBeginning(content: Buffer, bytes: number): void {
    this.begin(sha256(content), content.length).bytes = content.subarray(0, bytes);
  }

  readonly answer = (heard: Heard): Reply => {
    if (heard.path === CHECK) {
      return this.check(heard);
    }
    const reply = this.ahead.shift()?.(heard) ?? this.upload(heard);
    this.log.push(`${heard.method} ${noteOf(heard)}-> ${reply.status}`);
    return reply;
  };

  private check({ headers, body }: Heard): Reply {
    const text = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    const { blobs } = JSON.parse(text.toString()) as { blobs: { sha256: string }[] };
    return { status: 200, body: { blobs: blobs.map((each) => this.standing(each.sha256)) } };
  }

  private standing(hash: string): Record<string, unknown> {
    const upload = this.open.get(hash);
    if (this.stored.has(hash) || upload === undefined) {
      return { sha256: hash, state: this.stored.has(hash) ? "stored" : "absent" };
    }
    const address = `https://outside.example${UPLOADS}/${upload.id}`; // as a proxy may write it
    return { sha256: hash, state: "partial", upload: address, offset: upload.bytes.length };
  }

  private upload(heard: Heard): Reply {
    if (heard.body.length > this.most) {
      return { status: 413, body: "<html>", isStrange: true };
    }
    if (heard.method === "POST") {
      return this.create(heard);
    }
    const upload = [...this.open.values()].find(({ id }) => heard.path === `${UPLOADS}/${id}`);
    if (upload === undefined) {
      return { status: 404, body: { code: "file_unknown" } };
    }
    return heard.method === "HEAD" ? this.tell(upload) : this.take(upload, heard);
  }

  /** Whatever only lacked its last step is finished first. */
  private tell(upload: Upload): Reply {
    if (upload.bytes.length === upload.size) {
      this.add(upload, Buffer.alloc(0));
    }
    return at(upload, 200);
  }

  private create({ headers, body }: Heard): Reply {
    const [, hash = ""] = /^sha256 (\S+),mime \S+$/.exec(headers["upload-metadata"] ?? "") ?? [];
    if (this.isFull) {
      return { status: 507, body: { code: "storage_full" } };
    }
    const upload = this.begin(atob(hash), Number(headers["upload-length"]));
    if (body.length > 0 || upload.size === 0) {
      const reply = this.add(upload, body);
      return reply.status === 204 ? at(upload, 201) : reply;
    }
    return at(upload, 201);
  }

  private begin(hash: string, size: number): Upload {
    const known = this.open.get(hash);
    const id = `u-${(this.made += 1)}`;
    const upload = known ?? { id, sha256: hash, size, bytes: Buffer.alloc(0) };
    this.open.set(hash, upload);
    return upload;
  }

  private take(upload: Upload, { headers, body }: Heard): Reply {
    const isThere = Number(headers["upload-offset"]) === upload.bytes.length;
    return isThere ? this.add(upload, body) : at(upload, 409, { code: "offset_mismatch" });
  }

  private add(upload: Upload, body: Buffer): Reply {
    upload.bytes = Buffer.concat([upload.bytes, body]);
    if (upload.bytes.length < upload.size) {
      return at(upload, 204);
    }
    if (sha256(upload.bytes) !== upload.sha256) {
      this.open.delete(upload.sha256);
      return at(upload, 460, { code: "checksum_mismatch" });
    }
    this.stored.set(upload.sha256, upload.bytes);
    return at(upload, 204);
  }
}

function at({ id, bytes }: Upload, status: number, body?: Record<string, unknown>): Reply {
  const headers = { Location: `${UPLOADS}/${id}`, "Upload-Offset": String(bytes.length) };
  return { status, headers, body };
}

function noteOf({ headers, body }: Heard): string {
  const offset = headers["upload-offset"];
  const from = offset === undefined ? "" : `${offset} `;
  return body.length === 0 ? from : `${from}+${body.length} `;
}
