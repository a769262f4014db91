/** Talking to the server as one person: headers, tokens, whose answer it is, and what the time is there. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as talking from "../../field_client/tablet/src/conversation";
import * as errors from "../../field_client/tablet/src/errors";
import type { Transport } from "../../field_client/tablet/src/transport";
import { DEVICE, HandClock, Notebook, talkWith } from "./devices";
import { FakeServer, SERVER_TIME, type Heard, type Reply } from "./network";

const REFRESH = "/api/v1/auth/refresh";
const RUN_OUT = { status: 401, body: { code: "token_expired" } };

let server: FakeServer;

beforeEach(async () => {
  server = await FakeServer.opens();
});

afterEach(() => server.closes());

/** Lets in whoever brings `access`, and changes `refresh` for both. */
function guard(access: string, refresh: string | null): (heard: Heard) => Reply {
  return ({ path, headers }) => {
    if (path === REFRESH) {
      const isRight = headers.authorization === `Bearer ${refresh}`;
      const tokens = { access_token: access, refresh_token: "r-1" };
      return isRight ? { status: 200, body: tokens } : { status: 401, body: {} };
    }
    return headers.authorization === `Bearer ${access}` ? { status: 200, body: {} } : RUN_OUT;
  };
}

function paths(): string[] {
  return server.heard.map(({ path }) => path);
}

describe("a request", () => {
  it("says who asks, with what, and as what", async () => {
    await talkWith(server).ask("POST", "/sync/v1/hello", { outbox: {} });
    expect(server.heard).toMatchObject([
      {
        method: "POST",
        path: "/sync/v1/hello",
        headers: {
          authorization: "Bearer a-0",
          "sync-device": DEVICE,
          "sync-protocol": "1",
          "sync-app": talking.APP,
          "accept-language": "en",
          "content-type": "application/json",
        },
        body: Buffer.from('{"outbox":{}}'),
      },
    ]);
  });

  it("of nobody carries no token, and hears its 401", async () => {
    server.answers(() => ({ status: 401, body: { code: "wrong_password" } }));
    const talk = talkWith(server, new Notebook(null));
    const answer = await talk.ask("POST", "/api/v1/auth/login", { username: "alice" });
    expect(answer.status).toBe(401);
    expect(server.heard[0]?.headers).not.toHaveProperty("authorization");
    expect(server.heard).toHaveLength(1);
  });
});

describe("a sign-in that has run out", () => {
  it("is renewed once, kept, and the request goes again", async () => {
    server.answers(guard("a-1", "r-0"));
    const notebook = new Notebook();
    const answer = await talkWith(server, notebook).ask("GET", "/sync/v1/pull");
    expect(answer.status).toBe(200);
    expect(notebook.known).toEqual({ access_token: "a-1", refresh_token: "r-1" });
    expect(paths()).toEqual(["/sync/v1/pull", REFRESH, "/sync/v1/pull"]);
  });

  it("is renewed once for all who ask at the same time", async () => {
    server.answers(guard("a-1", "r-0"));
    const talk = talkWith(server);
    const answers = await Promise.all([1, 2, 3].map(() => talk.ask("GET", "/sync/v1/pull")));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(paths().filter((path) => path === REFRESH)).toHaveLength(1);
  });

  it("was renewed by another tab already: its tokens are taken", async () => {
    server.answers(guard("a-1", null));
    const notebook = new Notebook();
    const talk = talkWith(server, notebook);
    server.answers((heard) => {
      notebook.known = { access_token: "a-1", refresh_token: "r-1" };
      return guard("a-1", null)(heard);
    });
    expect((await talk.ask("GET", "/sync/v1/pull")).status).toBe(200);
    expect(paths()).toEqual(["/sync/v1/pull", "/sync/v1/pull"]);
  });

  it.each([200, 401])("was renewed by another tab while it was asked (%i)", async (status) => {
    const notebook = new Notebook();
    const faster = { access_token: "a-2", refresh_token: "r-2" };
    server.answers(({ path, headers }) => {
      if (path === REFRESH) {
        notebook.known = faster;
        return { status, body: { access_token: "a-1", refresh_token: "r-1" } };
      }
      return headers.authorization === "Bearer a-2" ? { status: 200, body: {} } : RUN_OUT;
    });
    expect((await talkWith(server, notebook).ask("GET", "/x")).status).toBe(200);
    expect(notebook.known).toBe(faster);
  });

  it("is not brought back for somebody who signs out meanwhile", async () => {
    const notebook = new Notebook();
    server.answers((heard) => {
      notebook.known = heard.path === REFRESH ? null : notebook.known;
      return guard("a-1", "r-0")(heard);
    });
    const talk = talkWith(server, notebook);
    await expect(talk.ask("GET", "/x")).rejects.toThrow(errors.SignInNeeded);
    expect(notebook.known).toBeNull();
  });

  it("keeps the old refresh token when no new one comes", async () => {
    const notebook = new Notebook();
    server.answers(({ path, headers }) => {
      const isNew = headers.authorization === "Bearer a-1";
      return path === REFRESH || isNew ? { status: 200, body: { access_token: "a-1" } } : RUN_OUT;
    });
    await talkWith(server, notebook).ask("GET", "/sync/v1/pull");
    expect(notebook.known).toEqual({ access_token: "a-1", refresh_token: "r-0" });
  });

  it.each([400, 401, 403, 422])("and cannot be renewed (%i) asks to sign in", async (status) => {
    server.answers(({ path }) => (path === REFRESH ? { status, body: {} } : RUN_OUT));
    const notebook = new Notebook();
    const before = notebook.known;
    await expect(talkWith(server, notebook).ask("GET", "/x")).rejects.toThrow(errors.SignInNeeded);
    expect(notebook.known).toBe(before);
  });

  it("is no reason to sign in while the network is down", async () => {
    server.answers(({ path }) =>
      path === REFRESH ? { status: 200, body: "<html>", isStrange: true } : RUN_OUT,
    );
    await expect(talkWith(server).ask("GET", "/x")).rejects.toThrow(errors.ForeignAnswer);
  });

  it("does not go round in circles", async () => {
    const fresh = { access_token: "a-1", refresh_token: "r-1" };
    server.answers(({ path }) => (path === REFRESH ? { status: 200, body: fresh } : RUN_OUT));
    await expect(talkWith(server).ask("GET", "/x")).rejects.toThrow(errors.SignInNeeded);
    expect(paths().length).toBeLessThan(6);
  });
});

describe("an answer", () => {
  it.each([200, 204, 302, 401, 403, 404, 500, 511])(
    "of a stranger (%i) is no answer",
    async (status) => {
      server.answers(() => ({
        status,
        body: status === 204 ? undefined : "<html>",
        isStrange: true,
      }));
      const notebook = new Notebook();
      await expect(talkWith(server, notebook).ask("GET", "/x")).rejects.toThrow(
        errors.ForeignAnswer,
      );
      expect(server.heard).toHaveLength(1);
      expect(notebook.measured).toBeNull();
    },
  );

  it.each([413, 429, 502, 503, 504])("of a proxy that says %i is one", async (status) => {
    server.answers(() => ({ status, body: "<html>", isStrange: true }));
    expect((await talkWith(server).ask("GET", "/x")).status).toBe(status);
  });

  it.each(["<html>", "[]", '{"other": 1}', ""])("%s is not what was asked for", async (body) => {
    server.answers(() => ({ status: 200, body }));
    const answer = await talkWith(server).ask("GET", "/x");
    expect(() => talking.expected(answer, "results")).toThrow(errors.ForeignAnswer);
  });

  it("that is what was asked for is given back", async () => {
    server.answers(() => ({ status: 200, body: { results: [], more: 1 } }));
    const answer = await talkWith(server).ask("GET", "/x");
    expect(talking.expected(answer, "results")).toEqual({ results: [], more: 1 });
  });

  it.each([
    [400, { code: "body_cut" }, errors.NetworkDown, "network_down"],
    [401, { code: "token_revoked" }, errors.SignInNeeded, "sign_in_needed"],
    [403, { code: "device_revoked", detail: "…" }, errors.ServerSaid, "device_revoked"],
    [404, {}, errors.ServerSaid, "http_404"],
    [409, { code: "in_progress" }, errors.ServerBusy, "server_busy"],
    [423, { code: "locked" }, errors.ServerBusy, "server_busy"],
    [426, { code: "client_too_old" }, errors.ServerSaid, "client_too_old"],
    [500, {}, errors.ServerBusy, "server_busy"],
    [507, { code: "storage_full" }, errors.ServerBusy, "server_busy"],
  ])("%i %j is a refusal", async (status, body, kind, code) => {
    server.answers(() => ({ status, body }));
    const talk = talkWith(server, new Notebook(null));
    const answer = await talk.ask("GET", "/x");
    const refused = talking.refusal(answer);
    expect(refused).toBeInstanceOf(kind);
    expect(refused.code).toBe(code);
    expect(() => talking.expected(answer)).toThrow(kind);
  });

  it("tells how long to wait", async () => {
    server.answers(() => ({ status: 503, body: { code: "busy", retry_after_s: 7 } }));
    const refused = talking.refusal(await talkWith(server).ask("GET", "/x"));
    expect(refused).toMatchObject({ code: "server_busy", retryAfterS: 7 });
  });
});

describe("the server's clock", () => {
  const at = Date.parse(SERVER_TIME);

  it("is measured at each answer, and kept when it says something new", async () => {
    const [clock, notebook] = [new HandClock(at + 1830), new Notebook()];
    const talk = talkWith(server, notebook, clock);
    await talk.ask("GET", "/x");
    expect(notebook.measured).toMatchObject({ offset_ms: -1830, boot: "b7e1" });
    await talk.ask("GET", "/x");
    expect(notebook.offsetsKept).toBe(1);
    clock.isSetTo(at + 90 * 86_400_000);
    await talk.ask("GET", "/x");
    expect(notebook.measured?.offset_ms).toBe(-90 * 86_400_000);
    clock.boots("c001");
    await talk.ask("GET", "/x");
    expect(notebook.measured?.boot).toBe("c001");
    expect(notebook.offsetsKept).toBe(3);
  });

  it("is kept again when what is known has grown old", async () => {
    const [clock, notebook] = [new HandClock(at), new Notebook()];
    notebook.measured = { offset_ms: 0, boot: "b7e1", mono_ms: 1000, measured_at: at };
    clock.passes(700);
    clock.isSetTo(at);
    await talkWith(server, notebook, clock).ask("GET", "/x");
    expect(notebook.offsetsKept).toBe(1);
  });

  it("is not measured by an answer that took too long", async () => {
    const [clock, notebook] = [new HandClock(at), new Notebook()];
    server.answers(() => {
      clock.passes(6);
      return { status: 200, body: {} };
    });
    await talkWith(server, notebook, clock).ask("GET", "/x");
    expect(notebook.measured).toBeNull();
  });
});

it("lets the network's own failures through", async () => {
  const away: Transport = async () => {
    throw new errors.NetworkDown({ why: "no signal" });
  };
  const talk = new talking.Conversation(away, new Notebook(), new HandClock(), "zh");
  await expect(talk.ask("GET", "/x")).rejects.toThrow(errors.NetworkDown);
});
