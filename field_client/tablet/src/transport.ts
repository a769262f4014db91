/**
 * One request out, one answer in. Everything the network may do wrong becomes `NetworkDown`.
 *
 * `httpTransport` speaks to a real server. A test hands in anything with the same shape.
 */

import { isObject, type Json } from "./domain/json";
import { NetworkDown } from "./errors";

const ANSWER_S = 60; // without a byte from the server
const SLOWEST_BYTES_PER_S = 4096; // a line that is slower is as good as none
const GZIP_FROM_BYTES = 1024;
const LONGEST_PAUSE_S = 24 * 3600; // whoever asks for more does not know what it says

export type HeaderLines = Readonly<Record<string, string>>;

/** Sends to `path` (with its query) on our server. Rejects with `NetworkDown`, nothing else. */
export type Transport = (
  method: string,
  path: string,
  headers: HeaderLines,
  body?: Uint8Array<ArrayBuffer> | null,
) => Promise<Answer>;

/** What came back, whoever it came from. */
export class Answer {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly body: Uint8Array = new Uint8Array(),
  ) {}

  /** Whether our server wrote this, and not a Wi-Fi sign-in page or a proxy. */
  get isOurs(): boolean {
    return this.headers.get("Sync-Server")?.startsWith("doorstep/") ?? false;
  }

  get isFine(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The body as a JSON object; null for anything else. */
  json(): Json | null {
    try {
      const value: unknown = JSON.parse(new TextDecoder().decode(this.body));
      return isObject(value) ? value : null;
    } catch {
      return null;
    }
  }

  /** Seconds to wait as the server says it: in the body of ours, or in the header of a proxy. */
  get retryAfterS(): number | null {
    const told = this.json()?.retry_after_s;
    if (typeof told === "number") {
      return Math.max(0, Math.min(told, LONGEST_PAUSE_S));
    }
    const header = this.headers.get("Retry-After") ?? "";
    return /^\d+$/.test(header) ? Math.min(Number(header), LONGEST_PAUSE_S) : null;
  }
}

/**
 * HTTP by `fetch`, to `server` (an origin; "" is the page's own).
 *
 * Redirects are not followed: our server sends none, a captive portal does. No cookie travels: a person
 * of the office who is signed in beside the app is somebody else.
 */
export function httpTransport(server: string, patienceS = ANSWER_S): Transport {
  return async (method, path, headers, body = null) => {
    const watch = new Watch(patienceS + (body?.byteLength ?? 0) / SLOWEST_BYTES_PER_S);
    try {
      const response = await fetch(server + path, {
        method,
        headers,
        body,
        redirect: "manual",
        credentials: "omit",
        cache: "no-store",
        signal: watch.signal,
      });
      const content = await wholeBody(response, method, () => watch.restart(patienceS));
      return new Answer(response.status, response.headers, content);
    } catch (problem) {
      throw problem instanceof NetworkDown ? problem : down(problem);
    } finally {
      watch.stop();
    }
  };
}

/** Ends a request that has been silent for too long. */
class Watch {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(seconds: number) {
    this.restart(seconds);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  restart(seconds: number): void {
    this.stop();
    this.timer = setTimeout(() => this.controller.abort(), seconds * 1000);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** The body to its end; a cut one must never look whole. `heard` is called at each piece. */
export async function wholeBody(
  response: Response,
  method: string,
  heard: () => void = () => {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    pieces.push(next.value);
    heard();
  }
  const content = joined(pieces);
  const promised = promisedLength(response, method);
  if (promised !== null && content.length < promised) {
    throw new NetworkDown({ why: `cut after ${content.length} of ${promised} bytes` });
  }
  return content;
}

/** What `Content-Length` says of the bytes that we see; of a packed body it says nothing. */
function promisedLength(response: Response, method: string): number | null {
  const told = response.headers.get("Content-Length");
  const isPacked = (response.headers.get("Content-Encoding") ?? "identity") !== "identity";
  if (told === null || isPacked || method === "HEAD" || response.status === 204) {
    return null;
  }
  return Number(told) || 0;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const content = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    content.set(piece, at);
    at += piece.length;
  }
  return content;
}

function down(problem: unknown): NetworkDown {
  return new NetworkDown({ why: String(problem) }, { cause: problem });
}

/**
 * A JSON body and its headers; gzip where it saves something and the browser can.
 *
 * Half a character, which UTF-8 does not know, travels as its escape, so that whatever waits can be sent.
 */
export async function packed(
  document: unknown,
): Promise<{ body: Uint8Array<ArrayBuffer>; headers: HeaderLines }> {
  const body = new TextEncoder().encode(JSON.stringify(document));
  const headers = { "Content-Type": "application/json" };
  if (body.length < GZIP_FROM_BYTES || !("CompressionStream" in globalThis)) {
    return { body, headers };
  }
  return { body: await zipped(body), headers: { ...headers, "Content-Encoding": "gzip" } };
}

async function zipped(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
