/** The end of a visit: what is missing is named with a way to it; then completed, or incomplete with a cause. */

import { useState } from "preact/hooks";

import { CAUSES } from "../domain/events";
import type { Missing } from "../domain/visits";
import type { Cause, Outcome } from "../generated/words";
import { app } from "../here";
import { isReadOnly, missingOf, type Job } from "../jobs";
import { slotsOf } from "../order";
import { hrefOf, type Stage } from "../routes";
import { clockTime } from "../times";
import { labelOf, language, named, words } from "../words";
import { Button, Choice, Field, Notice, useDraft } from "./controls";
import { Icon } from "./icons";
import { NewLead } from "./notes";

export function Finish({ job }: { job: Job }) {
  if (job.visit.finished) return <Finished job={job} />;
  if (isReadOnly(job)) return null;
  return <Finishing job={job} />;
}

function Finishing({ job }: { job: Job }) {
  const say = words.value;
  const { jobId } = job;
  const missing = missingOf(job);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [cause, setCause] = useState<Cause | null>(proposedCause(job));
  const [text, setText] = useDraft(`${jobId}/finish`);
  const isAnyway = outcome === "completed" && missing.length > 0;
  const needsWords = isAnyway || (outcome === "incomplete" && cause === "other");
  const isReady =
    outcome !== null &&
    (outcome === "completed" || cause !== null) &&
    (!needsWords || text.trim() !== "");
  const finish = async () => {
    if (!outcome) return;
    const ending = {
      outcome,
      anyway: isAnyway,
      ...(outcome === "incomplete" && cause ? { cause } : {}),
      ...(text.trim() ? { words: text.trim() } : {}),
    };
    if (await app.capture(jobId, (does) => does.finish(jobId, ending))) setText("");
  };
  return (
    <div class="stack">
      {missing.length > 0 ? <MissingList job={job} missing={missing} /> : <NothingMissing />}
      <Choice
        label={say.finish.outcome}
        options={[
          { value: "completed", label: say.outcomes.completed },
          { value: "incomplete", label: say.outcomes.incomplete },
        ]}
        chosen={outcome}
        onChoose={setOutcome}
      />
      {outcome === "incomplete" && (
        <>
          <Choice
            label={say.finish.cause}
            options={CAUSES.map((value) => ({ value, label: say.causes[value] }))}
            chosen={cause}
            onChoose={setCause}
          />
          <Notice tone="accent" icon="again">
            <p>{say.finish.revisit}</p>
          </Notice>
        </>
      )}
      {outcome && (
        <Field
          label={isAnyway ? say.finish.anywayWhy : say.finish.words}
          value={text}
          onInput={setText}
          lines={2}
          {...(needsWords ? { hint: say.finish.wordsNeeded } : {})}
        />
      )}
      <Button kind="next" icon="flag" isDisabled={!isReady} onPress={finish}>
        {isAnyway ? say.finish.anyway : say.finish.finish}
      </Button>
      <NewLead job={job} />
    </div>
  );
}

/** What was asked for on site is most likely why somebody must come again. */
function proposedCause(job: Job): Cause | null {
  const reasons = Object.values(job.visit.requests).map((each) => each.reason);
  if (reasons.includes("damaged")) return "goods_damaged";
  if (reasons.includes("wrong")) return "wrong_part";
  return reasons.length > 0 ? "part_missing" : null;
}

function NothingMissing() {
  return (
    <Notice tone="proven" icon="check">
      <p>{words.value.finish.nothingMissing}</p>
    </Notice>
  );
}

function MissingList({ job, missing }: { job: Job; missing: readonly Missing[] }) {
  const say = words.value.finish;
  return (
    <section class="missing" aria-label={say.missing}>
      <h3>{say.missing}</h3>
      <ul>
        {missing.map((each) => (
          <li key={`${each.code}/${each.subject}`}>
            <a class="missing-link" href={wayTo(job, each)}>
              <Icon name="alert" />
              <span>{missingWords(job, each)}</span>
              <Icon name="next" />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

const STAGE_OF: Readonly<Record<string, Stage>> = {
  arrival: "way",
  checklist_step: "checklist",
  photo_slot: "photos",
  receipt: "signing",
};

function wayTo(job: Job, { code, subject }: Missing): string {
  const { jobId } = job;
  if (code === "photo_slot") return hrefOf({ page: "camera", jobId, slot: subject });
  return hrefOf({ page: "job", jobId, stage: STAGE_OF[code] ?? null });
}

function missingWords(job: Job, { code, subject }: Missing): string {
  const say = words.value.finish;
  const reader = language.value;
  const { sheet, visit } = job;
  switch (code) {
    case "arrival":
      return say.missingArrival;
    case "receipt":
      return say.missingReceipt;
    case "photo_slot": {
      const slot = slotsOf(sheet, visit).find((each) => each.slot === subject);
      return say.missingPhoto(labelOf(slot?.label, reader) || subject);
    }
    default: {
      const step = sheet.checklist?.steps.find((each) => each.step_id === subject);
      return say.missingStep(labelOf(step, reader) || subject);
    }
  }
}

function Finished({ job }: { job: Job }) {
  const say = words.value;
  const ended = job.visit.finished;
  if (!ended) return null;
  const time = clockTime(ended.at, language.value, job.sheet.window.time_zone);
  const { events = 0, files = 0 } = app.figures.value.byJob.get(job.jobId) ?? {};
  const isWithOffice = job.sheet.received === "complete" && events + files === 0;
  return (
    <div class="stack">
      <p>
        {say.finish.finishedAt(time, named(say.outcomes, ended.outcome))}
        {ended.cause && ` · ${named(say.causes, ended.cause)}`}
      </p>
      {ended.words && <p>{ended.words}</p>}
      <Notice tone={isWithOffice ? "proven" : "plain"} icon={isWithOffice ? "office" : "tablet"}>
        <p>{isWithOffice ? say.received.complete : say.finish.savedHere}</p>
      </Notice>
    </div>
  );
}
