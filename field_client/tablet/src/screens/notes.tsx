/** Notes for the office or the customer, and a lead in ten seconds. */

import { useState } from "preact/hooks";

import type { Audience } from "../generated/words";
import { app } from "../here";
import { isReadOnly, type Job } from "../jobs";
import { words } from "../words";
import { Badge, Button, Choice, Field, useDraft } from "./controls";

export function Notes({ job }: { job: Job }) {
  const say = words.value.notes;
  return (
    <div class="stack">
      <ul class="lines">
        {job.visit.notes.map((note) => (
          <li key={`${note.at}${note.text}`} class="line">
            <span class="line-main">{note.text}</span>
            <Badge tone="plain">{say.audiences[note.audience]}</Badge>
          </li>
        ))}
        {job.visit.leads.map((lead) => (
          <li key={`${lead.at}${lead.text}`} class="line">
            <span class="line-main">{lead.text}</span>
            <Badge tone="accent" icon="star">
              {say.lead}
            </Badge>
          </li>
        ))}
      </ul>
      {!isReadOnly(job) && <NewNote job={job} />}
      {!isReadOnly(job) && <NewLead job={job} />}
    </div>
  );
}

function NewNote({ job }: { job: Job }) {
  const say = words.value.notes;
  const [text, setText] = useDraft(`${job.jobId}/note`);
  const [audience, setAudience] = useState<Audience>("office");
  const save = async () => {
    const isKept = await app.capture(job.jobId, (does) =>
      does.note(job.jobId, text.trim(), audience),
    );
    if (isKept) setText("");
  };
  return (
    <div class="stack">
      <Field label={say.note} value={text} onInput={setText} lines={2} />
      {text.trim() && (
        <Choice
          label={say.forWhom}
          isList
          options={[
            { value: "office", label: say.audiences.office },
            { value: "customer", label: say.audiences.customer },
          ]}
          chosen={audience}
          onChoose={setAudience}
        />
      )}
      <Button icon="note" isDisabled={!text.trim()} onPress={save}>
        {say.save}
      </Button>
    </div>
  );
}

export function NewLead({ job }: { job: Job }) {
  const say = words.value.notes;
  const [text, setText] = useDraft(`${job.jobId}/lead`);
  const save = async () => {
    const isKept = await app.capture(job.jobId, (does) => does.lead(job.jobId, text.trim()));
    if (isKept) setText("");
  };
  return (
    <div class="stack">
      <Field label={say.leadWhat} value={text} onInput={setText} hint={say.leadHint} />
      <Button icon="star" isDisabled={!text.trim()} onPress={save}>
        {say.saveLead}
      </Button>
    </div>
  );
}
