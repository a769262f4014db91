/**
 * What really happened on a job: the fold of its field events, and what a visit still lacks.
 *
 * Events arrive late, twice or out of order; the fold never fails on them: it keeps what it is told and
 * moves the state only forward. Nothing is changed in place: each step gives a new visit.
 */

import * as table from "../generated/visits.json";
import type { VisitState } from "../generated/words";
import * as checklists from "./checklists";
import type {
  Answered,
  Assessment,
  Checklist,
  FieldEvent,
  Finish,
  Lead,
  Note,
  PartLine,
  PartRequest,
  Photo,
  ReceiptState,
  Slot,
  Swap,
  Visit,
} from "./documents";
import { entry, facts, type Json } from "./json";

/** The order in which a visit moves. It may skip a step, never go back. */
export const STATES = table.states as readonly VisitState[];
const DECLINED = table.declined as VisitState;
const MOVING_KINDS: ReadonlySet<string> = new Set(table.movingKinds);
const RECEIPT_KINDS: ReadonlySet<string> = new Set(table.receiptKinds);

/** A visit of which nothing has happened yet. */
export function empty(): Visit {
  return structuredClone(table.empty) as unknown as Visit;
}

/**
 * The visit after one more event; unknown kinds change nothing. The event must have passed
 * `events.check`.
 */
export function apply(visit: Visit, event: FieldEvent): Visit {
  const step = entry(STEPS, event.kind);
  return step === undefined ? visit : { ...visit, ...step(visit, event, event.data) };
}

/** The visit that these events tell, oldest first. */
export function fold(events: Iterable<FieldEvent>): Visit {
  let visit = empty();
  for (const event of events) {
    visit = apply(visit, event);
  }
  return visit;
}

type Step = (visit: Visit, event: FieldEvent, data: Json) => Partial<Visit>;

const STEPS: Readonly<Record<string, Step>> = {
  "job.accepted": (visit, event) => ({
    accepted_at: visit.accepted_at ?? event.captured_at,
    state: moved(visit, "accepted"),
  }),
  "job.declined": (visit, _, data) => ({
    declined_reason: data.reason as string,
    state: visit.state === "finished" ? visit.state : DECLINED,
  }),
  "travel.started": (visit, event) => ({
    travel_started_at: visit.travel_started_at ?? event.captured_at,
    state: moved(visit, "travelling"),
  }),
  "visit.arrived": (visit, event) => ({
    arrived_at: visit.arrived_at ?? event.captured_at,
    state: moved(visit, "on_site"),
  }),
  "visit.assessed": (_visit, _event, data) => ({
    assessment: facts(data, ["severity", "findings", "words"]) as unknown as Assessment,
  }),
  "checklist.answered": (visit, event, data) => ({
    answers: { ...visit.answers, [data.step_id as string]: answered(event, data) },
  }),
  "photo.taken": takePhoto,
  "photo.discarded": (visit, event, data) => dropPhoto(visit, event, data, "discarded"),
  "photo.lost": (visit, event, data) => dropPhoto(visit, event, data, "lost"),
  "part.used": usePart,
  "part.voided": voidPart,
  "part.requested": (visit, _, data) => ({
    requests: { ...visit.requests, [data.request_id as string]: asked(data) },
  }),
  "serial.swapped": (visit, _, data) => ({
    swaps: [...visit.swaps, facts(data, table.swapFacts) as unknown as Swap],
  }),
  "note.added": (visit, event, data) => ({
    notes: [
      ...visit.notes,
      { ...facts(data, ["text", "audience"]), at: event.captured_at } as Note,
    ],
  }),
  "lead.noted": (visit, event, data) => ({
    leads: [...visit.leads, { ...facts(data, ["text", "product"]), at: event.captured_at } as Lead],
  }),
  "receipt.presented": present,
  "receipt.signed": sign,
  "receipt.unsigned": leaveUnsigned,
  "visit.finished": finish,
};

function moved(visit: Visit, state: VisitState): VisitState {
  const isForward = STATES.indexOf(state) > STATES.indexOf(visit.state);
  return visit.state !== DECLINED && isForward ? state : visit.state;
}

function answered(event: FieldEvent, data: Json): Answered {
  const said = facts(data, ["answer", "words"]);
  return { ...said, event_id: event.event_id, at: event.captured_at } as Answered;
}

function takePhoto(visit: Visit, event: FieldEvent, data: Json): Partial<Visit> {
  const id = data.photo_id as string;
  const photo = {
    ...facts(data, table.photoFacts),
    at: event.captured_at,
    state: entry(visit.photos, id)?.state ?? "taken",
  };
  return { photos: { ...visit.photos, [id]: photo as unknown as Photo } };
}

/** Only its end may be known: the photo itself may come later. */
function dropPhoto(
  visit: Visit,
  event: FieldEvent,
  data: Json,
  state: Photo["state"],
): Partial<Visit> {
  const id = data.photo_id as string;
  const unknown = { ...facts({}, table.photoFacts), at: event.captured_at };
  const photo = { ...(entry(visit.photos, id) ?? unknown), state };
  return { photos: { ...visit.photos, [id]: photo as Photo } };
}

function usePart(visit: Visit, _event: FieldEvent, data: Json): Partial<Visit> {
  const id = data.line_id as string;
  const voided = entry(visit.parts, id)?.voided ?? false;
  const line = { voided, ...facts(data, table.partFacts) };
  return { parts: { ...visit.parts, [id]: line as unknown as PartLine } };
}

function voidPart(visit: Visit, _event: FieldEvent, data: Json): Partial<Visit> {
  const id = data.line_id as string;
  const line = { ...(entry(visit.parts, id) ?? facts({}, table.partFacts)), voided: true };
  return { parts: { ...visit.parts, [id]: line as PartLine } };
}

function asked(data: Json): PartRequest {
  return facts(data, table.requestFacts) as unknown as PartRequest;
}

function receipt(state: ReceiptState["state"], event: FieldEvent, said: Json): Partial<Visit> {
  const blank = facts({}, table.receiptFacts);
  const known = { ...blank, ...said, state, at: event.captured_at };
  return { receipt: known as unknown as ReceiptState };
}

function present(visit: Visit, event: FieldEvent, data: Json): Partial<Visit> {
  if (visit.receipt?.state === "signed") {
    return {};
  }
  return receipt("presented", event, { digest: data.receipt_digest, language: data.language });
}

function sign(visit: Visit, event: FieldEvent, data: Json): Partial<Visit> {
  return receipt("signed", event, {
    ...facts(data, table.signatureFacts),
    digest: data.receipt_digest,
    language: visit.receipt?.language ?? null,
  });
}

function leaveUnsigned(visit: Visit, event: FieldEvent, data: Json): Partial<Visit> {
  if (visit.receipt?.state === "signed") {
    return {};
  }
  return receipt("unsigned", event, {
    ...facts(data, ["reason", "words"]),
    digest: visit.receipt?.digest ?? null,
    language: visit.receipt?.language ?? null,
  });
}

function finish(visit: Visit, event: FieldEvent, data: Json): Partial<Visit> {
  if (visit.finished !== null) {
    return {};
  }
  const said = facts(data, ["outcome", "cause", "words", "manifest"]);
  return {
    finished: { ...said, at: event.captured_at } as unknown as Finish,
    state: visit.state === DECLINED ? DECLINED : "finished",
  };
}

/** Finished or declined: events that would move the visit are only recorded. */
export function isOver(visit: Visit): boolean {
  return visit.finished !== null || visit.state === DECLINED;
}

export function isLateMove(visit: Visit, kind: string): boolean {
  return MOVING_KINDS.has(kind) && isOver(visit);
}

/** Whether an event of this kind after a signature makes a new version that is unsigned. */
export function isOnReceipt(kind: string): boolean {
  return RECEIPT_KINDS.has(kind);
}

/** One thing that a visit lacks before it can be finished as completed. */
export interface Missing {
  readonly code: "arrival" | "photo_slot" | "checklist_step" | "receipt";
  readonly subject: string;
}

/** How many usable photos each slot has; `refused` are photo ids that the office wants again. */
export function filledSlots(
  visit: Visit,
  refused: ReadonlySet<string> = new Set(),
): Record<string, number> {
  const counts = new Map<string, number>();
  for (const [id, photo] of Object.entries(visit.photos)) {
    if (photo.state === "taken" && photo.slot !== null && !refused.has(id) && !photo.drawn_on) {
      counts.set(photo.slot, (counts.get(photo.slot) ?? 0) + 1);
    }
  }
  return Object.fromEntries(counts);
}

/** The required slots that have fewer usable photos than their minimum. */
export function missingSlots(
  slots: readonly Slot[],
  visit: Visit,
  refused: ReadonlySet<string> = new Set(),
): string[] {
  const counts = filledSlots(visit, refused);
  return slots
    .filter((each) => (entry(counts, each.slot) ?? 0) < (each.minimum ?? 1))
    .map((each) => each.slot);
}

/** What to do before finishing as completed. A fact from the field is taken without it all the same. */
export function missingBeforeFinish(
  sheet: { readonly slots: readonly Slot[]; readonly checklist: Checklist | null },
  visit: Visit,
): Missing[] {
  const steps = checklists.missing(sheet.checklist, answersOf(visit), filledSlots(visit));
  const isReceiptOpen = visit.receipt === null || visit.receipt.state === "presented";
  return [
    ...(visit.arrived_at ? [] : [lack("arrival")]),
    ...missingSlots(sheet.slots, visit).map((slot) => lack("photo_slot", slot)),
    ...steps.map((step) => lack("checklist_step", step)),
    ...(isReceiptOpen ? [lack("receipt")] : []),
  ];
}

function lack(code: Missing["code"], subject = ""): Missing {
  return { code, subject };
}

/** The answers of a visit by their step, as a checklist reads them. */
export function answersOf(visit: Visit): checklists.Answers {
  const given = Object.entries(visit.answers);
  return Object.fromEntries(given.map(([step, { answer }]) => [step, answer]));
}
