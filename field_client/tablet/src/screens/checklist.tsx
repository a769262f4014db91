/** The checklist: yes or no, a number within limits, text, a choice, a photo; steps that depend on others. */

import { useState } from "preact/hooks";

import type { Answer, Step } from "../domain/documents";
import { problem, slotOf } from "../domain/checklists";
import { filledSlots } from "../domain/visits";
import { app } from "../here";
import { isReadOnly, type Job } from "../jobs";
import { stepsOf } from "../order";
import { hrefOf } from "../routes";
import { labelOf, language, words } from "../words";
import { Button, Choice, Field, LinkButton, useDraft } from "./controls";
import { Icon } from "./icons";

interface StepFacts {
  job: Job;
  step: Step;
}

export function Checklist({ job }: { job: Job }) {
  return (
    <ol class="steps">
      {stepsOf(job.sheet, job.visit).map((step) => (
        <li key={step.step_id} id={`step-${step.step_id}`} class="step">
          <StepForm job={job} step={step} />
        </li>
      ))}
    </ol>
  );
}

function StepForm({ job, step }: StepFacts) {
  if (isReadOnly(job)) return <GivenAnswer job={job} step={step} />;
  switch (step.kind) {
    case "yes_no":
      return <YesNo job={job} step={step} />;
    case "choice":
      return <OneOf job={job} step={step} />;
    case "photo":
      return <PhotoStep job={job} step={step} />;
    default:
      return <Typed job={job} step={step} />;
  }
}

function label(step: Step): string {
  const text = labelOf(step, language.value) || step.step_id;
  return step.required ? text : `${text} (${words.value.checklist.optional})`;
}

function answer({ job, step }: StepFacts): unknown {
  return job.visit.answers[step.step_id]?.answer;
}

function give({ job, step }: StepFacts, given: Answer): Promise<boolean> {
  return app.capture(job.jobId, (does) => does.check(job.jobId, step.step_id, given));
}

function YesNo(facts: StepFacts) {
  const say = words.value;
  const given = answer(facts);
  return (
    <Choice
      label={label(facts.step)}
      options={[
        { value: "yes", label: say.yes },
        { value: "no", label: say.no },
      ]}
      chosen={given === true ? "yes" : given === false ? "no" : null}
      onChoose={(chosen) => give(facts, chosen === "yes")}
    />
  );
}

function OneOf(facts: StepFacts) {
  const given = answer(facts);
  const options = (facts.step.choices ?? []).map((each) => ({
    value: each.value,
    label: labelOf(each, language.value) || each.value,
  }));
  return (
    <Choice
      label={label(facts.step)}
      options={options}
      chosen={typeof given === "string" ? given : null}
      onChoose={(chosen) => give(facts, chosen)}
    />
  );
}

/** A number or text: kept as typed at every key, said when the finger leaves the field. */
function Typed(facts: StepFacts) {
  const say = words.value.checklist;
  const { job, step } = facts;
  const isNumber = step.kind === "number";
  const given = answer(facts);
  const name = `${job.jobId}/step/${step.step_id}`;
  const [typed, setTyped] = useDraft(name, given === undefined ? "" : String(given));
  const [isLeft, setLeft] = useState(false);
  const value = isNumber ? numberIn(typed) : typed;
  const code = typed === "" ? null : problem(step, value);
  const isSaved = given !== undefined && given === value;
  const save = async () => {
    if (await give(facts, value)) app.mine.drafts.forget(name);
  };
  const type = (text: string) => {
    setTyped(text);
    setLeft(false);
  };
  const wrong = isLeft && code ? say.problems[code](step.minimum ?? 0, step.maximum ?? 0) : null;
  return (
    <div class="step-typed" onFocusOut={() => setLeft(true)}>
      <Field
        label={label(step)}
        value={typed}
        onInput={type}
        kind={isNumber ? "decimal" : "text"}
        lines={isNumber ? 1 : 2}
        problem={wrong}
        {...(step.unit ? { unit: step.unit } : {})}
        {...(limits(step) ? { hint: limits(step) } : {})}
      />
      <Button
        kind={isSaved ? "quiet" : "strong"}
        icon="check"
        isDisabled={typed === "" || code !== null || isSaved}
        label={`${isSaved ? words.value.saved : say.save}: ${label(step)}`}
        onPress={save}
      >
        {isSaved ? words.value.saved : say.save}
      </Button>
    </div>
  );
}

/** A comma is what many keyboards give for a point. What is no number stays text, and is told so. */
function numberIn(typed: string): number | string {
  const text = typed.trim().replace(",", ".");
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : typed;
}

function limits(step: Step): string {
  if (step.kind !== "number") return "";
  const { minimum, maximum, unit } = step;
  if (typeof minimum !== "number" || typeof maximum !== "number") return "";
  return `${minimum}–${maximum} ${unit ?? ""}`.trim();
}

function PhotoStep({ job, step }: StepFacts) {
  const say = words.value;
  const slot = slotOf(step);
  const have = filledSlots(job.visit)[slot] ?? 0;
  const need = step.minimum ?? 1;
  const take = have >= need ? say.photos.another : say.photos.take;
  return (
    <div class="step-photo">
      <p class="step-label">
        {label(step)} <span class="count-of">{say.of(have, need)}</span>
      </p>
      <LinkButton
        to={hrefOf({ page: "camera", jobId: job.jobId, slot })}
        icon={have >= need ? "check" : "camera"}
        label={`${take}: ${label(step)}`}
      >
        {take}
      </LinkButton>
    </div>
  );
}

function GivenAnswer({ job, step }: StepFacts) {
  const say = words.value;
  const given = answer({ job, step });
  const told = given === true ? say.yes : given === false ? say.no : String(given ?? "…");
  return (
    <p class="step-given">
      <Icon name={given === undefined ? "dot" : "check"} /> {label(step)}: {told}
    </p>
  );
}
