/** What to do next, from facts and answers alone: the tables of the sync protocol. */

import { describe, expect, it } from "vitest";
import * as plan from "../../field_client/tablet/src/plan";
import { vectors, type Case } from "./vectors";

const VECTORS = vectors<Case<unknown, unknown>[]>("plan");

type Reader = (given: unknown) => unknown;

/** A reader of the cases of one subject, which says what stands in them. */
function reads<Given>(read: (given: Given) => unknown): Reader {
  return (given) => read(given as Given);
}

function moment(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

interface Push {
  readonly status: number;
  readonly code: string | null;
  readonly size: number;
  readonly failures: number;
}

interface Upload {
  readonly status: number;
  readonly offset: string | null;
  readonly known: number;
  readonly size: number;
}

interface Drop {
  readonly state: string;
  readonly uses: { readonly event_state: string; readonly complete_since: string | null }[];
  readonly now: string;
  readonly keep_days: number;
}

interface Lost {
  readonly missing: plan.Missing;
  readonly own_events: Record<string, string | null>;
  readonly own_blobs: Record<string, string>;
}

interface Batch {
  readonly waiting: plan.WaitingEvent[];
  readonly limits: Partial<plan.Limits>;
  readonly at_most: number | null;
  readonly resting: string[];
}

const READERS: Readonly<Record<string, Reader>> = {
  push: reads((given: Push) => plan.pushStep(given.status, given.code, given.size, given.failures)),
  event: reads((given: { result: plan.EventResult }) => plan.eventStep(given.result)),
  upload: reads((given: Upload) => {
    const step = plan.uploadStep(given.status, given.offset, given.known, given.size);
    return { step: step.name, offset: step.offset };
  }),
  backoff: reads((given: { attempt: number; share: number }) =>
    plan.backoffS(given.attempt, () => given.share),
  ),
  pause: reads((given: { asked_s: number; attempt: number; share: number }) =>
    plan.pauseS(given.asked_s, given.attempt, () => given.share),
  ),
  change: reads((given: { own_version: number | null; change: plan.Change; has_unsent: boolean }) =>
    plan.changeStep(given.own_version, given.change, given.has_unsent),
  ),
  drop: reads((given: Drop) => {
    const uses = given.uses.map((use) => ({
      eventState: use.event_state,
      completeSince: moment(use.complete_since),
    }));
    return plan.mayDrop(given.state, uses, Date.parse(given.now), given.keep_days);
  }),
  batch: reads((given: Batch) => {
    const options = { atMost: given.at_most, resting: new Set(given.resting) };
    const chosen = plan.batch(given.waiting, { ...plan.LIMITS, ...given.limits }, options);
    return chosen.map((each) => each.event_id);
  }),
  limits: reads((given: { hello: { limits?: unknown } }) => plan.limitsOf(given.hello)),
  order: reads((given: { blobs: plan.WaitingBlob[] }) =>
    plan.sendingOrder(given.blobs).map((blob) => blob.sha256),
  ),
  goes: reads((given: { blob: plan.WaitingBlob; media: string; on_cellular: boolean }) =>
    plan.goesNow(given.blob, given.media, given.on_cellular),
  ),
  lost: reads((given: Lost) => {
    const events = new Map(Object.entries(given.own_events));
    return plan.lostByServer(given.missing, events, new Map(Object.entries(given.own_blobs)));
  }),
  epoch: reads((given: { known: string | null; told: unknown }) =>
    plan.isNewEpoch(given.known, given.told),
  ),
  overlay: reads(
    (given: { row: plan.StoredEvent; base_version: number }) =>
      plan.overlay([given.row], given.base_version).length > 0,
  ),
  manifest: reads((given: { lane: Parameters<typeof plan.manifest>[0] }) =>
    plan.manifest(given.lane),
  ),
};

describe("as the vectors say", () => {
  it.for(VECTORS.map((each) => [each.name, each] as const))("%s", async ([name, each]) => {
    const read = READERS[name.split(":")[0] ?? ""];
    expect(await read?.(each.given)).toEqual(each.expect);
  });
});

describe("sending", () => {
  it("carries the envelope as it was captured", () => {
    const body = { kind: "note.added", v: 1, data: { text: "长" } };
    const row = { event_id: "e-1", seq: 7, job_id: "J-1", body: JSON.stringify(body) };
    expect(plan.batch([row], plan.LIMITS)).toEqual([{ ...body, event_id: "e-1", seq: 7 }]);
  });

  it("counts bytes, not letters", () => {
    const row = (seq: number) => ({
      event_id: `e-${seq}`,
      seq,
      job_id: "J-1",
      body: JSON.stringify({ text: "长".repeat(100) }),
    });
    const limits = { ...plan.LIMITS, max_push_bytes: 512 + 600 };
    expect(plan.batch([row(1), row(2)], limits)).toHaveLength(1);
    expect(plan.batch([row(1), row(2)], { ...limits, max_push_bytes: 512 + 700 })).toHaveLength(2);
  });

  it("sums up what a push came to", () => {
    const results = [
      { event_id: "a", status: "applied", custody: true },
      { event_id: "b", status: "applied", custody: true },
      { event_id: "q", status: "quarantined", custody: true },
      { event_id: "r", status: "retry", custody: false, retry_after_s: 9 },
      { event_id: "f", status: "retry", custody: false, code: "device_forked" },
    ];
    expect(plan.settled(results)).toEqual({
      byStatus: { applied: 2, quarantined: 1 },
      resting: new Map([
        ["r", 9],
        ["f", 0],
      ]),
      forked: true,
    });
    expect(plan.settled([])).toEqual({ byStatus: {}, resting: new Map(), forked: false });
  });
});

describe("the next piece of a file", () => {
  const KIB = 1024;
  it.each([
    ["is twice as large after a quick one", 128 * KIB, 128 * KIB, 999, 256 * KIB],
    ["stays after the quick rest of a file, which says little", 128 * KIB, 127 * KIB, 9, 128 * KIB],
    ["stays after one that took a moment", 128 * KIB, 128 * KIB, 2000, 128 * KIB],
    ["is half as large after a slow one", 128 * KIB, 128 * KIB, 2001, 64 * KIB],
    ["is half of what went when that was less", 1024 * KIB, 300 * KIB, 2001, 150 * KIB],
    ["is never larger after a slow one", 16 * KIB, 100 * KIB, 2001, 16 * KIB],
    ["has an end to its smallness", 16 * KIB, 16 * KIB, 60_000, 16 * KIB],
  ])("%s", (_, piece, sent, tookMs, next) => {
    expect(plan.pieceSize(piece, sent, tookMs)).toBe(next);
  });
});

describe("what the screen shows", () => {
  const event = (kind: string, data: plan.ShownEvent["data"], at = "12:00") => ({
    event_id: kind,
    kind,
    v: 1,
    captured_at: `2026-11-21T${at}:00+08:00`,
    data,
  });
  const note = event("note.added", { text: "Door sticks", audience: "office" });

  it("is a note whose answer was lost once", () => {
    const base = plan.shownVisit(null, [note]);
    expect(plan.shownVisit(base, [note]).notes).toEqual(base.notes);
    expect(
      plan.shownVisit(base, [{ ...note, captured_at: "2026-11-21T12:05:00+08:00" }]).notes,
    ).toHaveLength(2);
  });

  it("does not change by an event that cannot be read", async () => {
    const broken = event("note.added", { text: 7 });
    const later = { ...note, v: 99, data: null as unknown as plan.ShownEvent["data"] };
    expect(plan.shownVisit(null, [broken, later])).toEqual(plan.shownVisit(null, []));
    const { events } = await plan.manifest([broken, later]);
    expect(events).toEqual(["note.added", "note.added"]);
  });

  it("leaves the base as it was", () => {
    const base = plan.shownVisit(null, []);
    const before = structuredClone(base);
    plan.shownVisit(base, [note]);
    expect(base).toEqual(before);
  });
});
