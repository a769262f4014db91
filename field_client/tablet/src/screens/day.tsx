/** My day: the jobs on a timeline, today first; the biggest thing is the next appointment. */

import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";

import { app } from "../here";
import { isReadOnly, stateOf, type Job } from "../jobs";
import { isOver, openRetakes } from "../order";
import { hrefOf, place } from "../routes";
import { addressLine, clockTime, dayKey, dayName } from "../times";
import { labelOf, language, named, words } from "../words";
import { Badge, Button, Field, type Tone } from "./controls";
import type { IconName } from "./icons";

type Group = "overdue" | "today" | "tomorrow" | "later" | "earlier" | "open";

const GROUPS: readonly Group[] = ["overdue", "today", "tomorrow", "later", "open", "earlier"];
const DAY_MS = 24 * 3600_000;

export function Day() {
  const say = words.value;
  const jobs = app.jobs.value;
  const [query, setQuery] = useState("");
  const found = (jobs ?? []).filter((job) => matches(job, query));
  const groups = grouped(found);
  return (
    <section class="day" aria-label={say.day.title}>
      <header class="day-head">
        <h1>{say.day.title}</h1>
        <p class="day-date">{dayName(Date.now(), language.value, null)}</p>
      </header>
      {jobs && jobs.length > 3 && (
        <Field kind="search" label={say.day.search} value={query} onInput={setQuery} />
      )}
      {jobs?.length === 0 && <NoJobs />}
      {jobs && jobs.length > 0 && found.length === 0 && <p class="empty">{say.day.nothingFound}</p>}
      {GROUPS.map((group) => (
        <DayGroup key={group} group={group} jobs={groups.get(group) ?? []} />
      ))}
    </section>
  );
}

function NoJobs() {
  const say = words.value;
  const { isRunning } = app.syncing.value;
  return (
    <div class="empty">
      <p>{isRunning ? say.day.loading : say.day.empty}</p>
      {!isRunning && (
        <Button icon="again" onPress={() => app.rounds.now()}>
          {say.status.sendNow}
        </Button>
      )}
    </div>
  );
}

function DayGroup({ group, jobs }: { group: Group; jobs: Job[] }) {
  if (jobs.length === 0) return null;
  return (
    <section class="day-group" aria-label={words.value.day[group]}>
      <h2>
        {words.value.day[group]} <span class="count-of">{jobs.length}</span>
      </h2>
      <ol class="timeline">
        {jobs.map((job) => (
          <JobCard key={job.jobId} job={job} hasDay={group !== "today" && group !== "tomorrow"} />
        ))}
      </ol>
    </section>
  );
}

function JobCard({ job, hasDay }: { job: Job; hasDay: boolean }) {
  const { sheet } = job;
  const isHere = useComputed(() => "jobId" in place.value && place.value.jobId === job.jobId);
  const title = sheet.customer.name;
  return (
    <li class={isOver(job) ? "card card-over" : "card"}>
      <a
        href={hrefOf({ page: "job", jobId: job.jobId, stage: null })}
        aria-current={isHere.value ? "page" : undefined}
      >
        <WindowTime job={job} />
        <span class="card-main">
          {hasDay && <WindowDay job={job} />}
          <span class="card-title">{title}</span>
          <span class="card-work">{sheet.work}</span>
          <span class="card-site">{addressLine(sheet.site)}</span>
          <span class="badges">
            <StateBadge job={job} />
            <JobBadges job={job} />
          </span>
        </span>
      </a>
    </li>
  );
}

/** The window in the zone of the site, which may not be the tablet's. */
function WindowTime({ job }: { job: Job }) {
  const { start, end, time_zone: zone } = job.sheet.window;
  if (!start) return <span class="card-time card-time-none">{words.value.day.noWindow}</span>;
  return (
    <span class="card-time">
      <time dateTime={start}>{clockTime(start, language.value, zone)}</time>
      {end && <time dateTime={end}>{clockTime(end, language.value, zone)}</time>}
    </span>
  );
}

function WindowDay({ job }: { job: Job }) {
  const { start, time_zone: zone } = job.sheet.window;
  if (!start) return null;
  return <span class="card-day">{dayName(start, language.value, zone)}</span>;
}

const STATE_MARKS: Readonly<Record<string, { tone: Tone; icon: IconName }>> = {
  issued: { tone: "accent", icon: "dot" },
  accepted: { tone: "plain", icon: "check" },
  travelling: { tone: "accent", icon: "map" },
  on_site: { tone: "accent", icon: "flag" },
  finished: { tone: "plain", icon: "check" },
  verified: { tone: "proven", icon: "check" },
  rework: { tone: "risk", icon: "again" },
  declined: { tone: "plain", icon: "cross" },
  cancelled: { tone: "plain", icon: "cross" },
};

/** Where the job stands; one that is no longer ours has its reason instead. */
export function StateBadge({ job }: { job: Job }) {
  if (isReadOnly(job)) return null;
  const state = stateOf(job);
  const { tone, icon } = STATE_MARKS[state] ?? { tone: "plain", icon: "dot" };
  return (
    <Badge tone={tone} icon={icon}>
      {named(words.value.states, state)}
    </Badge>
  );
}

/** Why this job is not like the others: a second trip, a photo wanted again, no longer ours, work unsent. */
export function JobBadges({ job }: { job: Job }) {
  const say = words.value;
  const { sheet } = job;
  const unsent = useComputed(() => {
    const figures = app.figures.value.byJob.get(job.jobId);
    return (figures?.events ?? 0) + (figures?.files ?? 0);
  });
  const retakes = openRetakes(job).length;
  return (
    <>
      {sheet.revisit_of && (
        <Badge tone="risk" icon="again">
          {say.day.revisit(named(say.causes, sheet.cause))}
        </Badge>
      )}
      {sheet.ticket.class !== "ordinary" && (
        <Badge tone="risk" icon="alert">
          {named(say.classes, sheet.ticket.class)}
        </Badge>
      )}
      {isChanged(job) && (
        <Badge tone="risk" icon="note">
          {say.day.changed}
        </Badge>
      )}
      {retakes > 0 && (
        <Badge tone="risk" icon="camera">
          {say.day.retakes(retakes)}
        </Badge>
      )}
      {isReadOnly(job) && (
        <Badge tone="risk" icon="leave">
          {named(say.reasons, job.reason ?? "removed")}
        </Badge>
      )}
      {unsent.value > 0 ? (
        <Badge tone="plain" icon="tablet">
          {say.frame.savedHere(unsent.value)}
        </Badge>
      ) : (
        sheet.received === "complete" && (
          <Badge tone="proven" icon="office">
            {say.received.complete}
          </Badge>
        )
      )}
    </>
  );
}

/** The office wrote a new revision since this person last looked. */
function isChanged(job: Job): boolean {
  const seen = app.desk.value?.drafts.read(`${job.jobId}/seen`);
  return seen !== undefined && seen !== String(job.sheet.rev) && !isOver(job);
}

/** Each job by the day of its site. What day it is there is asked once for each zone: asking is slow. */
function grouped(jobs: readonly Job[]): Map<Group, Job[]> {
  const now = Date.now();
  const zones = new Map<string, { today: string; tomorrow: string }>();
  const groups = new Map<Group, Job[]>();
  for (const job of jobs) {
    const { time_zone: zone } = job.sheet.window;
    const here = zones.get(zone) ?? {
      today: dayKey(now, zone),
      tomorrow: dayKey(now + DAY_MS, zone),
    };
    zones.set(zone, here);
    const group = groupOf(job, here);
    groups.set(group, [...(groups.get(group) ?? []), job]);
  }
  return groups;
}

function groupOf(job: Job, { today, tomorrow }: { today: string; tomorrow: string }): Group {
  const { start, time_zone: zone } = job.sheet.window;
  if (!start) return "open";
  const day = dayKey(start, zone);
  if (day < today) return isOver(job) ? "earlier" : "overdue";
  if (day === today) return "today";
  return day === tomorrow ? "tomorrow" : "later";
}

/** By anything that somebody might remember of a job. */
function matches(job: Job, query: string): boolean {
  if (query.trim() === "") return true;
  const { sheet } = job;
  const known = [
    job.jobId,
    sheet.ticket.id,
    sheet.customer.name,
    sheet.customer.phone.replace(/\s/g, ""),
    sheet.work,
    addressLine(sheet.site),
    labelOf(sheet.asset, language.value, "name"),
    sheet.asset?.serial ?? "",
  ];
  const wanted = query.trim().toLowerCase().split(/\s+/);
  const text = known.join(" ").toLowerCase();
  return wanted.every((word) => text.includes(word));
}
