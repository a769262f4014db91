/**
 * What a checklist asks for now, what is missing, which answers fit.
 *
 * Left out: cases with `document` or `slots`, by which the server judges what the office writes.
 */

import { describe, expect, it } from "vitest";
import * as checklists from "../../field_client/tablet/src/domain/checklists";
import type { Checklist, Step } from "../../field_client/tablet/src/domain/documents";
import { vectors, type Case } from "./vectors";

interface Asked {
  readonly checklist: Checklist;
  readonly answers: checklists.Answers;
  readonly photos: checklists.PhotoCounts;
}
interface Judged {
  readonly step: Step;
  readonly answer: unknown;
}

const VECTORS = vectors<Case<Asked | Judged | { document: unknown }, unknown>[]>("checklists");

describe("a checklist", () => {
  const cases = VECTORS.filter((each): each is Case<Asked, unknown> => "checklist" in each.given);
  it.each(cases)("$name", ({ given, expect: expected }) => {
    const { checklist, answers, photos } = given;
    expect({
      shown: checklists.shownSteps(checklist, answers).map((step) => step.step_id),
      missing: checklists.missing(checklist, answers, photos),
      problems: checklists.problems(checklist, answers),
    }).toEqual(expected);
  });
});

describe("an answer", () => {
  const cases = VECTORS.filter((each): each is Case<Judged, unknown> => "step" in each.given);
  it.each(cases)("$name", ({ given, expect: expected }) => {
    expect({ problem: checklists.problem(given.step, given.answer) }).toEqual(expected);
  });
});
