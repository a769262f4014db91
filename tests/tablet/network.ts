/** A server on the loopback that does as it is told, and notes byte by byte what it heard. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Heard {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The connection ends after so many bytes of the body, although all were promised. */
  readonly cutAfter?: number;
  /** A slow line. */
  readonly inPieces?: { readonly of: number; readonly everyMs: number };
  /** A stranger's answer lacks our header. */
  readonly isStrange?: boolean;
}

/** What to say; null says nothing at all. */
export type Handler = (heard: Heard) => Reply | null | Promise<Reply | null>;

export const SERVER_TIME = "2026-11-21T08:00:00.000Z";

export class FakeServer {
  readonly heard: Heard[] = [];
  private handler: Handler = () => ({ status: 200, body: {} });

  private constructor(private readonly server: Server) {}

  static async opens(): Promise<FakeServer> {
    const server = createServer((request, response) => {
      const broken = (problem: unknown) => response.writeHead(500).end(String(problem));
      fake.serve(request, response).catch(broken);
    });
    const fake = new FakeServer(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return fake;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on. */
  answers(handler: Handler): void {
    this.handler = handler;
  }

  /** These, one after the other; the last one for ever. */
  answersInTurn(...replies: (Reply | null)[]): void {
    this.handler = () => (replies.length > 1 ? replies.shift() : replies[0]) ?? null;
  }

  async closes(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const heard = await listen(request);
    this.heard.push(heard);
    const reply = await this.handler(heard);
    if (reply !== null) {
      say(response, reply);
    }
  }
}

async function listen(request: IncomingMessage): Promise<Heard> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: Buffer.concat(pieces),
  };
}

function say(response: ServerResponse, reply: Reply): void {
  const body = bytesOf(reply.body);
  const ours = reply.isStrange ? {} : { "Sync-Server": "doorstep/1", "Sync-Time": SERVER_TIME };
  const length = reply.status === 204 ? {} : { "Content-Length": String(body.length) };
  response.writeHead(reply.status, { ...ours, ...length, ...reply.headers });
  if (reply.inPieces !== undefined) {
    drip(response, body, reply.inPieces.of, reply.inPieces.everyMs);
  } else if (reply.cutAfter === undefined) {
    response.end(body);
  } else {
    response.write(body.subarray(0, reply.cutAfter), () => response.destroy());
  }
}

function drip(response: ServerResponse, body: Buffer, bytes: number, everyMs: number): void {
  if (body.length <= bytes) {
    response.end(body);
  } else {
    response.write(body.subarray(0, bytes));
    setTimeout(() => drip(response, body.subarray(bytes), bytes, everyMs), everyMs);
  }
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) {
    return body;
  }
  if (body === undefined) {
    return Buffer.alloc(0);
  }
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}
