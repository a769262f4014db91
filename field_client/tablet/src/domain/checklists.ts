/**
 * What is asked on site: the steps of a checklist, the photo slots, and when an answer will do.
 *
 * Answers are plain JSON: a bool, a number, text, or a list of texts. Lengths are counted in code points.
 * What the office may write into a checklist is the server's to judge.
 */

import * as table from "../generated/checklists.json";
import type { Checklist, Step } from "./documents";
import { asObject, entry, isObject, isSame, lengthOf, saysNothing, type Json } from "./json";

/** What was answered, by step. */
export type Answers = Readonly<Record<string, unknown>>;
/** How many usable photos each slot has. */
export type PhotoCounts = Readonly<Record<string, number>>;

/** Why an answer will not do. */
export type AnswerProblem =
  | "missing"
  | "not_yes_no"
  | "not_a_number"
  | "below_minimum"
  | "above_maximum"
  | "not_a_choice"
  | "not_text"
  | "too_short"
  | "too_long"
  | "not_a_photo";

const BLANKS = new Set(table.blanks);

/**
 * The steps that these answers call for, in order.
 *
 * A step with `only_if` is shown when the step that it names is shown and has that answer; of an answer
 * with several values, when it is among them.
 */
export function shownSteps(checklist: Checklist | null, answers: Answers): Step[] {
  const shown = new Map<string, Step>();
  for (const step of stepsOf(checklist)) {
    if (saysNothing(step.only_if) || holds(asObject(step.only_if), shown, answers)) {
      shown.set(step.step_id, step);
    }
  }
  return [...shown.values()];
}

/**
 * Why this answer will not do, or null: the one place that judges answers.
 *
 * What a step of kind photo needs lies in its slot, so its answer may be missing; if there is one it
 * names photos. Kinds of a later release are not judged.
 */
export function problem(step: Partial<Step>, answer: unknown): AnswerProblem | null {
  const isUnanswered = (answer ?? null) === null;
  if (step.kind === "photo") {
    return isUnanswered || areNames(answer) ? null : "not_a_photo";
  }
  if (isUnanswered || isBlank(answer)) {
    return "missing";
  }
  switch (step.kind) {
    case "yes_no":
      return typeof answer === "boolean" ? null : "not_yes_no";
    case "number":
      return problemOfNumber(step, answer);
    case "text":
      return problemOfText(step, answer);
    case "choice":
      return problemOfChoice(step, answer);
    default:
      return null;
  }
}

/** The ids of the required steps that are shown and not well answered, in order. */
export function missing(
  checklist: Checklist | null,
  answers: Answers,
  photos: PhotoCounts,
): string[] {
  return shownSteps(checklist, answers)
    .filter((step) => step.required && !isDone(step, answers, photos))
    .map((step) => step.step_id);
}

/** The code of each shown step, required or not, that was answered with what will not do. */
export function problems(
  checklist: Checklist | null,
  answers: Answers,
): Record<string, AnswerProblem> {
  const found = shownSteps(checklist, answers).flatMap((step): [string, AnswerProblem][] => {
    const answer = entry(answers, step.step_id) ?? null;
    const code = answer === null ? null : problem(step, answer);
    return code === null ? [] : [[step.step_id, code]];
  });
  return Object.fromEntries(found);
}

/** The photo slot that a step of kind photo fills: its own, or one of the step's name. */
export function slotOf(step: Step): string {
  return step.slot || step.step_id;
}

function stepsOf(checklist: Checklist | null): Step[] {
  const steps: readonly unknown[] = checklist?.steps ?? [];
  return steps.filter(isStep);
}

function isStep(step: unknown): step is Step {
  return isObject(step) && typeof step.step_id === "string";
}

function holds(condition: Json, shown: ReadonlyMap<unknown, Step>, answers: Answers): boolean {
  const step = shown.get(condition.step_id);
  if (step === undefined) {
    return false;
  }
  const given = entry(answers, step.step_id) ?? null;
  const wanted = condition.answer ?? null;
  return Array.isArray(given) ? given.some((one) => isSame(one, wanted)) : isSame(given, wanted);
}

function isDone(step: Step, answers: Answers, photos: PhotoCounts): boolean {
  if (step.kind === "photo") {
    return (entry(photos, slotOf(step)) ?? 0) >= Math.trunc(step.minimum || 1);
  }
  return problem(step, entry(answers, step.step_id)) === null;
}

function isBlank(answer: unknown): boolean {
  if (Array.isArray(answer)) {
    return answer.length === 0;
  }
  return typeof answer === "string" && [...answer].every((letter) => BLANKS.has(letter));
}

function areNames(answer: unknown): boolean {
  const names: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  return names.every((name) => typeof name === "string" && !isBlank(name));
}

function problemOfNumber(step: Partial<Step>, answer: unknown): AnswerProblem | null {
  if (typeof answer !== "number" || !Number.isFinite(answer)) {
    return "not_a_number";
  }
  return problemOfSize(step, answer, "below_minimum", "above_maximum");
}

function problemOfText(step: Partial<Step>, answer: unknown): AnswerProblem | null {
  if (typeof answer !== "string") {
    return "not_text";
  }
  const limits = { maximum: table.longestText, ...step };
  return problemOfSize(limits, lengthOf(answer), "too_short", "too_long");
}

function problemOfChoice(step: Partial<Step>, answer: unknown): AnswerProblem | null {
  const values = (step.choices ?? []).map((choice): unknown => choice.value);
  const chosen: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  const areKnown = chosen.every((one) => typeof one === "string" && values.includes(one));
  return areKnown ? null : "not_a_choice";
}

function problemOfSize(
  limits: Partial<Step>,
  size: number,
  under: AnswerProblem,
  over: AnswerProblem,
): AnswerProblem | null {
  if (size < (limits.minimum ?? -Infinity)) {
    return under;
  }
  return size > (limits.maximum ?? Infinity) ? over : null;
}
