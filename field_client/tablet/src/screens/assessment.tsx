/** How bad it is, before the work: one tap, and words where they help. */

import { app } from "../here";
import type { Job } from "../jobs";
import { isReadOnly } from "../jobs";
import { words } from "../words";
import type { Severity } from "../generated/words";
import { Button, Choice, Field, Notice, useDraft } from "./controls";

const SEVERITIES: readonly Severity[] = ["minor", "major", "critical", "unsafe"];

export function Assessment({ job }: { job: Job }) {
  const say = words.value;
  const { jobId, visit } = job;
  const known = visit.assessment;
  const [text, setText] = useDraft(`${jobId}/assessment`, known?.words ?? "");
  const [chosen, setChosen] = useDraft(`${jobId}/severity`, known?.severity ?? "");
  const isSaved = known?.severity === chosen && (known.words ?? "") === text.trim();
  const save = async () => {
    const said = text.trim() || undefined;
    const isKept = await app.capture(jobId, (does) => does.assess(jobId, chosen, [], said));
    if (isKept) app.mine.drafts.forget(`${jobId}/assessment`, `${jobId}/severity`);
  };
  if (isReadOnly(job)) return <p>{known ? say.severities[known.severity] : say.stages.open}</p>;
  return (
    <div class="stack">
      <Choice
        label={say.assessment.severity}
        options={SEVERITIES.map((value) => ({ value, label: say.severities[value] }))}
        chosen={SEVERITIES.find((each) => each === chosen) ?? null}
        onChoose={setChosen}
      />
      {chosen === "unsafe" && (
        <Notice tone="lost">
          <p>{say.assessment.unsafe}</p>
        </Notice>
      )}
      <Field label={say.assessment.words} value={text} onInput={setText} lines={3} />
      <Button kind="strong" icon="check" isDisabled={!chosen || isSaved} onPress={save}>
        {isSaved ? say.saved : say.assessment.save}
      </Button>
    </div>
  );
}
