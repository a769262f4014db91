/** My day: the jobs on a timeline, today first; the biggest thing is the next appointment. */

import { signal, useComputed } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";

import { GROUPS, grouped, type Group } from "../days";
import { stopsOf, type Point, type Stop } from "../distances";
import { app } from "../here";
import { isReadOnly, stateOf, type Job } from "../jobs";
import { isOver, openRetakes } from "../order";
import { hrefOf, place } from "../routes";
import { addressLine, clockTime, dayName, distance } from "../times";
import { labelOf, language, named, words } from "../words";
import { Badge, Button, Field, type Tone } from "./controls";
import type { IconName } from "./icons";

/** What a first look takes in: the rest of a long list is drawn after it. */
const FIRST_CARDS = 24;

/** How many cards are drawn; all of them once the first ones are on the screen, and from then on. */
const most = signal(FIRST_CARDS);

export function Day() {
  const say = words.value;
  const jobs = app.jobs.value;
  const [query, setQuery] = useState("");
  const found = (jobs ?? []).filter((job) => matches(job, query));
  const groups = grouped(found, Date.now());
  const here = app.desk.value?.whereabouts.here.value ?? null;
  useEffect(() => void app.desk.value?.whereabouts.look(), [jobs]);
  useEffect(() => {
    if (jobs) most.value = Infinity;
  }, [jobs === null]);
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
      {drawn(groups).map(({ group, jobs, count }) => (
        <DayGroup key={group} group={group} jobs={jobs} count={count} here={here} />
      ))}
    </section>
  );
}

/** The groups with something in them, up to what is drawn now. */
function drawn(groups: ReadonlyMap<Group, Job[]>): Omit<GroupFacts, "here">[] {
  let room = most.value;
  return GROUPS.map((group) => {
    const all = groups.get(group) ?? [];
    const jobs = all.slice(0, room);
    room -= jobs.length;
    return { group, jobs, count: all.length };
  }).filter(({ jobs }) => jobs.length > 0);
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

/** One drives to those from here; tomorrow begins somewhere else. */
const FROM_HERE: readonly Group[] = ["overdue", "today", "open"];

function stopsIn(group: Group, jobs: readonly Job[], here: Point | null): Stop[] {
  if (FROM_HERE.includes(group) && here) return stopsOf(jobs, here);
  if (group === "today" || group === "tomorrow") return stopsOf(jobs, null);
  return jobs.map((job) => ({ job, metres: null }));
}

interface GroupFacts {
  group: Group;
  jobs: Job[];
  count: number;
  here: Point | null;
}

function DayGroup({ group, jobs, count, here }: GroupFacts) {
  const names = jobs.map((job) => job.jobId).join();
  const stops = useMemo(() => stopsIn(group, jobs, here), [app.jobs.value, names, here]);
  return (
    <section class="day-group" aria-label={words.value.day[group]}>
      <h2>
        {words.value.day[group]} <span class="count-of">{count}</span>
      </h2>
      <ol class="timeline">
        {stops.map(({ job, metres }) => (
          <JobCard
            key={job.jobId}
            job={job}
            hasDay={group !== "today" && group !== "tomorrow"}
            metres={metres}
          />
        ))}
      </ol>
    </section>
  );
}

interface CardFacts extends Stop {
  hasDay: boolean;
}

function JobCard({ job, hasDay, metres }: CardFacts) {
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
          <span class="card-site">
            {addressLine(sheet.site)}
            {metres !== null && <span class="card-far"> · {distance(metres, language.value)}</span>}
          </span>
          <span class="badges">
            <StateBadge job={job} />
            <UnreadyBadge jobId={job.jobId} />
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

/** Something must be put right before the van moves; what it is stands in the job. */
function UnreadyBadge({ jobId }: { jobId: string }) {
  const isRed = useComputed(() => app.lights.value.get(jobId) === "red");
  if (!isRed.value) return null;
  return (
    <Badge tone="lost" icon="cross">
      {words.value.day.unready}
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
