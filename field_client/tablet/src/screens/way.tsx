/** The way there: accepted, set out, arrived; each said once, with its time against the window. */

import { useState } from "preact/hooks";

import { app } from "../here";
import { isReadOnly, type Job } from "../jobs";
import { isOver } from "../order";
import { clockTime } from "../times";
import { language, words } from "../words";
import { Button, Dialog, Field, useDraft } from "./controls";
import { Readiness } from "./readiness";
import { windowWords } from "./windows";

export function Way({ job }: { job: Job }) {
  const say = words.value.way;
  const { visit, jobId } = job;
  const mayAct = !isOver(job) && !isReadOnly(job);
  return (
    <div class="stack">
      <p>{say.window(windowWords(job))}</p>
      <ol class="moments">
        <Moment at={visit.accepted_at} said={say.accepted} open={say.notAccepted} job={job} />
        <Moment
          at={visit.travel_started_at}
          said={say.travelled}
          open={say.notTravelled}
          job={job}
        />
        <Moment at={visit.arrived_at} said={say.arrived} open={say.notArrived} job={job} />
      </ol>
      {visit.arrived_at && <p>{punctuality(job)}</p>}
      {visit.declined_reason && <p>{say.declined(visit.declined_reason)}</p>}
      {mayAct && !visit.arrived_at && visit.accepted_at && !visit.travel_started_at && (
        <Button icon="flag" onPress={() => app.capture(jobId, (does) => does.arrive(jobId))}>
          {words.value.next.arrive}
        </Button>
      )}
      {mayAct && !visit.arrived_at && <Readiness job={job} />}
      {mayAct && !visit.accepted_at && <Decline job={job} />}
    </div>
  );
}

interface MomentFacts {
  at: string | null;
  said: string;
  open: string;
  job: Job;
}

function Moment({ at, said, open, job }: MomentFacts) {
  const zone = job.sheet.window.time_zone;
  return (
    <li class={at ? "moment moment-done" : "moment"}>
      {at ? (
        <>
          <time dateTime={at}>{clockTime(at, language.value, zone)}</time> {said}
        </>
      ) : (
        open
      )}
    </li>
  );
}

/** "8 min before the window", "on time", "12 min late". */
function punctuality({ sheet, visit }: Job): string {
  const say = words.value.way;
  const { start, end } = sheet.window;
  if (!visit.arrived_at || !start || !end) return "";
  const at = Date.parse(visit.arrived_at);
  const early = Math.round((Date.parse(start) - at) / 60_000);
  const late = Math.round((at - Date.parse(end)) / 60_000);
  if (early > 0) return say.early(early);
  return late > 0 ? say.late(late) : say.onTime;
}

function Decline({ job }: { job: Job }) {
  const say = words.value.way;
  const { jobId } = job;
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useDraft(`${jobId}/decline`);
  const decline = async () => {
    const isKept = await app.capture(jobId, (does) => does.decline(jobId, reason.trim()));
    if (!isKept) return;
    setReason("");
    setAsking(false);
  };
  return (
    <div class="apart">
      <Button kind="apart" icon="cross" onPress={() => setAsking(true)}>
        {say.decline}
      </Button>
      {isAsking && (
        <Dialog title={say.decline} onClose={() => setAsking(false)}>
          <Field label={say.declineWhy} value={reason} onInput={setReason} lines={3} />
          <Button kind="apart" isDisabled={!reason.trim()} onPress={decline}>
            {say.declineNow}
          </Button>
        </Dialog>
      )}
    </div>
  );
}
