/** What goes over the wire, and what comes back: against a real server on the loopback. */

import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NetworkDown } from "../../field_client/tablet/src/errors";
import { Answer, httpTransport, packed, wholeBody } from "../../field_client/tablet/src/transport";
import { FakeServer } from "./network";

let server: FakeServer;

beforeEach(async () => {
  server = await FakeServer.opens();
});

afterEach(() => server.closes());

function ask(method = "GET", body: Uint8Array<ArrayBuffer> | null = null): Promise<Answer> {
  return httpTransport(server.origin)(method, "/somewhere?page=2", { "Sync-Protocol": "1" }, body);
}

describe("a request", () => {
  it("goes out as it was given, without a cookie", async () => {
    await ask("PATCH", new TextEncoder().encode("bytes"));
    expect(server.heard).toMatchObject([
      {
        method: "PATCH",
        path: "/somewhere?page=2",
        headers: { "sync-protocol": "1", "content-length": "5" },
        body: Buffer.from("bytes"),
      },
    ]);
    expect(server.heard[0]?.headers).not.toHaveProperty("cookie");
  });

  it("brings back status, headers and body", async () => {
    server.answers(() => ({ status: 207, headers: { "X-More": "yes" }, body: { text: "整" } }));
    const answer = await ask();
    expect([answer.status, answer.headers.get("x-more"), answer.json()]).toEqual([
      207,
      "yes",
      { text: "整" },
    ]);
    expect(answer.isOurs).toBe(true);
  });

  it("reads what comes packed", async () => {
    const body = gzipSync(JSON.stringify({ text: "long ".repeat(1000) }));
    server.answers(() => ({ status: 200, headers: { "Content-Encoding": "gzip" }, body }));
    expect((await ask()).json()).toEqual({ text: "long ".repeat(1000) });
  });

  it("reads what was longer when it was packed", async () => {
    const headers = { "Content-Encoding": "gzip" };
    server.answers(() => ({ status: 200, headers, body: gzipSync("{}") }));
    expect((await ask()).json()).toEqual({});
  });

  it("of the head has a length without a body", async () => {
    const headers = { "Upload-Offset": "7", "Content-Length": "42" };
    server.answers(() => ({ status: 200, headers }));
    const answer = await ask("HEAD");
    expect([answer.headers.get("upload-offset"), answer.body.length]).toEqual(["7", 0]);
  });

  it("does not follow where it is sent", async () => {
    server.answers(() => ({ status: 302, headers: { Location: "/login" }, isStrange: true }));
    const answer = await ask();
    expect(answer.isOurs).toBe(false);
    expect(server.heard).toHaveLength(1);
  });
});

describe("the network is down", () => {
  it("when nobody is there", async () => {
    const gone = await FakeServer.opens();
    const { origin } = gone;
    await gone.closes();
    await expect(httpTransport(origin)("GET", "/", {})).rejects.toThrow(NetworkDown);
  });

  it("when nobody says anything", async () => {
    server.answers(() => null);
    await expect(httpTransport(server.origin, 0.05)("GET", "/", {})).rejects.toThrow(NetworkDown);
  });

  it.each([0, 1, 9])("when the answer is cut after %i bytes", async (cutAfter) => {
    server.answers(() => ({ status: 200, body: { more: "to come" }, cutAfter }));
    await expect(ask()).rejects.toThrow(NetworkDown);
  });

  it("when a packed answer is cut", async () => {
    const body = gzipSync(JSON.stringify({ text: "a".repeat(100_000) }));
    const headers = { "Content-Encoding": "gzip" };
    server.answers(() => ({ status: 200, headers, body, cutAfter: body.length - 20 }));
    await expect(ask()).rejects.toThrow(NetworkDown);
  });
});

describe("a body", () => {
  it("that is shorter than was promised is cut, even where the browser does not mind", async () => {
    const headers = { "Content-Length": "9" };
    await expect(wholeBody(new Response("short", { headers }), "GET")).rejects.toThrow(NetworkDown);
    expect(await wholeBody(new Response("not short", { headers }), "GET")).toHaveLength(9);
  });

  it("may come slowly, as long as it comes", async () => {
    server.answers(() => ({
      status: 200,
      body: { text: "slow" },
      inPieces: { of: 4, everyMs: 800 },
    }));
    const answer = await httpTransport(server.origin, 2)("GET", "/", {});
    expect(answer.json()).toEqual({ text: "slow" });
  });
});

describe("an answer", () => {
  const say = (body: string, headers: Record<string, string> = {}) =>
    new Answer(503, new Headers(headers), new TextEncoder().encode(body));

  it.each(["[1]", "7", "null", '"text"', "<html>", "", '{"cut": '])("%s is no object", (body) => {
    expect(say(body).json()).toBeNull();
  });

  it.each([
    ['{"retry_after_s": 2.5}', {}, 2.5],
    ['{"retry_after_s": 0}', { "Retry-After": "9" }, 0],
    ['{"retry_after_s": -1}', {}, 0],
    ['{"retry_after_s": 1e9}', {}, 86_400],
    ['{"retry_after_s": true}', {}, null],
    ["<html>", { "Retry-After": "9" }, 9],
    ["", { "Retry-After": "Sat, 21 Nov 2026 08:00:00 GMT" }, null],
    ["", { "Retry-After": "999999999" }, 86_400],
    ["", {}, null],
  ] as const)("%s with %j asks to wait %s s", (body, headers, seconds) => {
    expect(say(body, headers).retryAfterS).toBe(seconds);
  });

  it.each([
    ["doorstep/1", true],
    ["doorstep/2", true],
    ["other", false],
    [null, false],
  ])("by %s is ours: %s", (name, isOurs) => {
    const headers = new Headers(name === null ? {} : { "Sync-Server": name });
    expect(new Answer(200, headers).isOurs).toBe(isOurs);
  });
});

describe("a document", () => {
  it("that is short goes as it is; half a character as its escape", async () => {
    const { body, headers } = await packed({ text: "half \ud83d", and: "整" });
    expect(JSON.parse(new TextDecoder().decode(body))).toEqual({ text: "half \ud83d", and: "整" });
    expect(headers).toEqual({ "Content-Type": "application/json" });
  });

  it("that is long is packed", async () => {
    const { body, headers } = await packed({ text: "long ".repeat(1000) });
    expect(headers).toEqual({ "Content-Type": "application/json", "Content-Encoding": "gzip" });
    expect(JSON.parse(gunzipSync(body).toString())).toEqual({ text: "long ".repeat(1000) });
    expect(body.length).toBeLessThan(200);
  });
});
