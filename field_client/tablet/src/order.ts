/** The order of work on site: what comes next, and how far each part of the visit is. Pure. */

import { shownSteps, problem } from "./domain/checklists";
import type { Retake, Sheet, Step, Visit } from "./domain/documents";
import { filledSlots } from "./domain/visits";
import { isReadOnly, stateOf, type Job } from "./jobs";

/** What the biggest button of the visit does. */
export type Next =
  | { does: "accept" | "travel" | "arrive" | "assess" | "receipt" | "finish" }
  | { does: "photo"; slot: string }
  | { does: "answer"; step: Step }
  | { does: "nothing" };

/**
 * What to do next. Everything can be done in another order; this only leads.
 *
 * The photo of how it was comes before the work, whatever else is open: later it cannot be taken any more.
 */
export function nextOf(job: Job): Next {
  const { sheet, visit } = job;
  const [wanted] = openRetakes(job);
  if (wanted && !isReadOnly(job)) return { does: "photo", slot: wanted.slot };
  if (isOver(job)) return { does: "nothing" };
  if (!visit.accepted_at) return { does: "accept" };
  if (!visit.travel_started_at && !visit.arrived_at) return { does: "travel" };
  if (!visit.arrived_at) return { does: "arrive" };
  if (!visit.assessment) return { does: "assess" };
  const slots = openSlots(sheet, visit);
  if (slots.includes("before")) return { does: "photo", slot: "before" };
  const step = openSteps(sheet, visit).find((each) => each.kind !== "photo");
  if (step) return { does: "answer", step };
  if (slots[0]) return { does: "photo", slot: slots[0] };
  if (!isSigned(visit)) return { does: "receipt" };
  return { does: "finish" };
}

export function isOver(job: Job): boolean {
  const hasEnded = !!job.visit.finished || job.visit.state === "declined";
  return hasEnded || isReadOnly(job) || ["cancelled", "verified", "rework"].includes(stateOf(job));
}

/** Signed, or with a reason why not. */
export function isSigned(visit: Visit): boolean {
  return visit.receipt?.state === "signed" || visit.receipt?.state === "unsigned";
}

/** What the office wants again. A photo that it does not know yet answers one of its slot, sent or not. */
export function openRetakes({ sheet, visit }: Job): Retake[] {
  const answers = Object.entries(visit.photos)
    .filter(([photoId, photo]) => photo.state === "taken" && !(photoId in sheet.visit.photos))
    .map(([, photo]) => photo.slot);
  return sheet.retakes.filter(({ slot }) => {
    const at = answers.indexOf(slot);
    if (at >= 0) answers.splice(at, 1);
    return at < 0;
  });
}

export interface SlotFacts {
  slot: string;
  label: object;
  minimum: number;
  have: number;
}

/** All photo slots: those of the job, then those that only a step of the checklist asks for. */
export function slotsOf(sheet: Sheet, visit: Visit): SlotFacts[] {
  const have = filledSlots(visit);
  const own = sheet.slots.map((each) => ({
    slot: each.slot,
    label: each,
    minimum: each.minimum ?? 1,
    have: have[each.slot] ?? 0,
  }));
  const named = new Set(own.map((each) => each.slot));
  const ofSteps = stepsOf(sheet, visit)
    .filter((step) => step.kind === "photo")
    .map((step) => ({
      slot: slotOf(step),
      label: step,
      minimum: step.required ? (step.minimum ?? 1) : 0,
      have: have[slotOf(step)] ?? 0,
    }));
  return [...own, ...ofSteps.filter((each) => !named.has(each.slot))];
}

export function slotOf(step: Step): string {
  return step.slot ?? step.step_id;
}

function openSlots(sheet: Sheet, visit: Visit): string[] {
  const open = slotsOf(sheet, visit).filter((each) => each.have < each.minimum);
  return open.map((each) => each.slot);
}

export function answersOf(visit: Visit): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(visit.answers).map(([stepId, given]) => [stepId, given.answer]),
  );
}

export function stepsOf(sheet: Sheet, visit: Visit): Step[] {
  return shownSteps(sheet.checklist, answersOf(visit));
}

/** The required steps that have no good answer yet. */
export function openSteps(sheet: Sheet, visit: Visit): Step[] {
  const answers = answersOf(visit);
  const have = filledSlots(visit);
  return stepsOf(sheet, visit).filter((step) => {
    if (!step.required) return false;
    if (step.kind === "photo") return (have[slotOf(step)] ?? 0) < (step.minimum ?? 1);
    return problem(step, answers[step.step_id]) !== null;
  });
}
