/**
 * The exchanges of tests/vectors/tus.json: what this client can send goes out byte by byte as it stands
 * there, and after each answer comes the step in `then`.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Conversation } from "../../field_client/tablet/src/conversation";
import { uploadStep } from "../../field_client/tablet/src/plan";
import type { Answer } from "../../field_client/tablet/src/transport";
import { UPLOADS, askOffset, create, sendPiece } from "../../field_client/tablet/src/uploads";
import { DEVICE, Notebook, talkWith } from "./devices";
import { FakeServer, type Heard } from "./network";
import { vectors } from "./vectors";

type Text = string | { readonly text: string; readonly times: number };

interface Step {
  readonly send?: readonly string[];
  readonly body?: Text;
  readonly cut?: boolean;
  readonly answer: { readonly status: number; readonly headers: Record<string, string> } | null;
  readonly then?: { readonly known: number; readonly step: string; readonly offset: number };
}

interface Exchange {
  readonly name: string;
  readonly file: { readonly size: number; readonly sha256: string };
  readonly steps: readonly Step[];
}

const { exchanges: EXCHANGES } = vectors<{ exchanges: Exchange[] }>("tus");
const PLACE = `${UPLOADS}/01980000-0000-7000-8000-00000000a001`;
const WORDS = { "{upload}": PLACE, "{token}": "a-0", "{device}": DEVICE };
const MIME = "image/jpeg";

/** What a request says of its upload; whatever else a browser adds is its own business. */
const TELLING = /^(upload-|tus-|sync-device|authorization|content-|x-http-)/;

let server: FakeServer;

beforeAll(async () => {
  server = await FakeServer.opens();
});

afterAll(() => server.closes());

function whole(text: Text = ""): string {
  return typeof text === "string" ? text : text.text.repeat(text.times);
}

function filledIn(text: string): string {
  return Object.entries(WORDS).reduce((so, [word, value]) => so.replaceAll(word, value), text);
}

/** The request of a step, as a server hears it. */
function requestOf({ send = [], body }: Step): Omit<Heard, "body"> & { body: string } {
  const [first = "", ...lines] = send.map(filledIn);
  const [method = "", path = ""] = first.split(" ");
  const told = lines.map((line) => [
    line.slice(0, line.indexOf(":")).toLowerCase(),
    line.slice(line.indexOf(":") + 2),
  ]);
  return { method, path, headers: Object.fromEntries(told), body: whole(body) };
}

/** The same request by this client; null for what it never sends: other servers' clients do. */
function ours(
  step: Step,
  file: Exchange["file"],
): ((talk: Conversation) => Promise<Answer>) | null {
  const { method, path, headers, body } = requestOf(step);
  const content = new TextEncoder().encode(body);
  const isOfOurs = headers["tus-resumable"] === "1.0.0" && headers["sync-device"] === DEVICE;
  const isAsWritten = new URL(path, server.origin).pathname === path; // a browser resolves dots itself
  if (
    step.cut ||
    !isOfOurs ||
    !isAsWritten ||
    Object.keys(headers).some((name) => !KNOWN.has(name))
  ) {
    return null;
  }
  const size = Number(headers["upload-length"]);
  if (method === "POST" && path === UPLOADS && headers["upload-metadata"] === said(file)) {
    const promised = { sha256: file.sha256, size, mime: MIME };
    return size >= 0 ? (talk) => create(talk, promised, content) : null;
  }
  if (method === "PATCH" && Number(headers["upload-offset"]) >= 0 && "content-length" in headers) {
    const isBytes = headers["content-type"] === "application/offset+octet-stream";
    const offset = Number(headers["upload-offset"]);
    return isBytes ? (talk) => sendPiece(talk, path, offset, content) : null;
  }
  return method === "HEAD" ? (talk) => askOffset(talk, path) : null;
}

const KNOWN: ReadonlySet<string> = new Set([
  "host",
  "authorization",
  "sync-device",
  "tus-resumable",
  "upload-length",
  "upload-metadata",
  "upload-offset",
  "content-type",
  "content-length",
]);

function said({ sha256 }: Exchange["file"]): string {
  return `sha256 ${btoa(sha256)},mime ${btoa(MIME)}`;
}

function telling(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => TELLING.test(name)));
}

/** Plays a step of ours against a server that answers as the vector says. */
async function plays(step: Step, send: (talk: Conversation) => Promise<Answer>): Promise<Answer> {
  const { status = 0, headers = {} } = step.answer ?? {};
  const filled = Object.entries(headers).map(([name, value]) => [name, filledIn(value)]);
  server.answers(() => ({ status, headers: Object.fromEntries(filled) }));
  const expected = requestOf(step);
  const isSignedIn = "authorization" in expected.headers;
  const notebook = isSignedIn ? new Notebook() : new Notebook(null);
  const answer = await send(talkWith(server, notebook));
  const heard = server.heard.at(-1);
  expect([heard?.method, heard?.path]).toEqual([expected.method, expected.path]);
  expect(telling(heard?.headers ?? {})).toEqual(telling(expected.headers));
  expect(heard?.body.toString()).toBe(expected.body);
  return answer;
}

describe("as the vectors say", () => {
  it.for(EXCHANGES.map((each) => [each.name, each] as const))("%s", async ([, { file, steps }]) => {
    for (const step of steps.filter(({ answer }) => answer !== null)) {
      const send = step.send === undefined ? null : ours(step, file);
      const answer = send === null ? null : await plays(step, send);
      if (step.then !== undefined) {
        const status = answer?.status ?? step.answer?.status ?? 0;
        const told = answer?.headers.get("Upload-Offset") ?? step.answer?.headers["Upload-Offset"];
        const next = uploadStep(status, told ?? null, step.then.known, file.size);
        expect({ step: next.name, offset: next.offset }).toEqual({
          step: step.then.step,
          offset: step.then.offset,
        });
      }
    }
  });
});

it("sends most of what stands there, and every request that it knows", () => {
  const steps = EXCHANGES.flatMap(({ steps, file }) => steps.map((step) => ({ step, file })));
  const sent = steps.filter(({ step }) => step.send !== undefined);
  const own = sent.filter(({ step, file }) => ours(step, file) !== null);
  const methods = new Set(own.map(({ step }) => step.send?.[0]?.split(" ")[0]));
  expect(methods).toEqual(new Set(["POST", "HEAD", "PATCH"]));
  expect(own.length).toBeGreaterThan(sent.length / 2);
});
