/** The visit in one screen, led by the order of work. The next thing is the biggest; all else can be opened. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { app } from "../here";
import { standOn } from "../focus";
import { isReadOnly, type Job } from "../jobs";
import { isOver, isSigned, nextOf, openSteps, slotsOf, stepsOf, type Next } from "../order";
import { go, place, STAGES, type Stage } from "../routes";
import { labelOf, language, words } from "../words";
import { Assessment } from "./assessment";
import { Checklist } from "./checklist";
import { Button } from "./controls";
import { Finish } from "./finish";
import { Icon, type IconName } from "./icons";
import { Notes } from "./notes";
import { Parts } from "./parts";
import { Photos } from "./photos";
import { Signing } from "./signing";
import { Way } from "./way";

const SCREENS: Readonly<Record<Stage, (facts: { job: Job }) => ComponentChildren>> = {
  way: Way,
  assessment: Assessment,
  checklist: Checklist,
  photos: Photos,
  parts: Parts,
  notes: Notes,
  signing: Signing,
  finish: Finish,
};

export function VisitScreen({ job }: { job: Job }) {
  const next = nextOf(job);
  const current = stageOf(next);
  const asked = place.value.page === "job" ? place.value.stage : null;
  const [touched, setTouched] = useState<Partial<Record<Stage, boolean>>>({});
  useEffect(() => {
    if (asked) setTouched((before) => ({ ...before, [asked]: true }));
  }, [asked]);
  const led = current ?? (job.visit.finished ? "finish" : null);
  const isOpen = (stage: Stage) => touched[stage] ?? (stage === led || stage === asked);
  return (
    <div class="visit">
      <NextBar job={job} next={next} />
      {STAGES.filter((stage) => isThere(job, stage)).map((stage) => (
        <StageSection
          key={stage}
          job={job}
          stage={stage}
          isOpen={isOpen(stage)}
          isAsked={stage === asked}
          isCurrent={stage === current && !isOver(job)}
          onToggle={() => setTouched({ ...touched, [stage]: !isOpen(stage) })}
        />
      ))}
    </div>
  );
}

/** A visit that has not begun asks for little; what a job does not have is not shown. */
function isThere(job: Job, stage: Stage): boolean {
  if (stage === "checklist") return !!job.sheet.checklist?.steps.length;
  if (stage === "finish") return !isReadOnly(job) || !!job.visit.finished;
  return true;
}

interface StageFacts {
  job: Job;
  stage: Stage;
  isOpen: boolean;
  isAsked: boolean;
  isCurrent: boolean;
  onToggle: () => void;
}

function StageSection({ job, stage, isOpen, isAsked, isCurrent, onToggle }: StageFacts) {
  const say = words.value.stages;
  const { isDone, told } = standing(job, stage);
  const here = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isAsked) here.current?.scrollIntoView({ block: "start" });
  }, [isAsked]);
  const Content = SCREENS[stage];
  const mark = isDone ? "stage-mark stage-done" : "stage-mark";
  return (
    <section
      ref={here}
      id={`stage-${stage}`}
      class={isCurrent ? "stage stage-current" : "stage"}
      aria-label={say[stage]}
    >
      <h2>
        <button type="button" class="stage-head" aria-expanded={isOpen} onClick={onToggle}>
          <span class={mark}>
            <Icon name={isDone ? "check" : "dot"} />
          </span>
          <span class="stage-name">
            {say[stage]} <span class="for-readers">{isDone ? say.done : say.open}</span>
          </span>
          <span class="stage-told">{told}</span>
          <Icon name="next" />
        </button>
      </h2>
      {isOpen && (
        <div class="stage-content">
          <Content job={job} />
        </div>
      )}
    </section>
  );
}

/** Whether a stage is done, and the few words that say how far it is. */
function standing(job: Job, stage: Stage): { isDone: boolean; told: string } {
  const say = words.value;
  const { sheet, visit } = job;
  switch (stage) {
    case "way":
      return { isDone: !!visit.arrived_at, told: visit.arrived_at ? say.stages.arrived : "" };
    case "assessment": {
      const severity = visit.assessment?.severity;
      return { isDone: !!severity, told: severity ? say.severities[severity] : "" };
    }
    case "checklist": {
      const steps = stepsOf(sheet, visit).filter((step) => step.required);
      const open = openSteps(sheet, visit).length;
      return { isDone: open === 0, told: say.of(steps.length - open, steps.length) };
    }
    case "photos": {
      const slots = slotsOf(sheet, visit).filter((each) => each.minimum > 0);
      const filled = slots.filter((each) => each.have >= each.minimum).length;
      return { isDone: filled === slots.length, told: say.of(filled, slots.length) };
    }
    case "parts": {
      const used = Object.values(visit.parts).filter((line) => !line.voided).length;
      const asked = Object.keys(visit.requests).length;
      return { isDone: used + asked > 0, told: used + asked > 0 ? String(used + asked) : "" };
    }
    case "notes": {
      const count = visit.notes.length + visit.leads.length;
      return { isDone: count > 0, told: count > 0 ? String(count) : "" };
    }
    case "signing":
      return {
        isDone: isSigned(visit),
        told: visit.receipt ? say.signing.states[visit.receipt.state] : "",
      };
    case "finish":
      return {
        isDone: !!visit.finished,
        told: visit.finished ? say.outcomes[visit.finished.outcome] : "",
      };
  }
}

function stageOf(next: Next): Stage | null {
  switch (next.does) {
    case "accept":
    case "travel":
    case "arrive":
      return "way";
    case "assess":
      return "assessment";
    case "answer":
      return "checklist";
    case "photo":
      return "photos";
    case "receipt":
      return "signing";
    case "finish":
      return "finish";
    case "nothing":
      return null;
  }
}

/** The one primary action: a thumb finds it at the lower edge, wherever the screen is scrolled. */
function NextBar({ job, next }: { job: Job; next: Next }) {
  const say = words.value.next;
  const { jobId } = job;
  const isAt = (stage: Stage) => place.value.page === "job" && place.value.stage === stage;
  switch (next.does) {
    case "accept":
      return (
        <Bar icon="check" onPress={() => app.capture(jobId, (does) => does.accept(jobId))}>
          {say.accept}
        </Bar>
      );
    case "travel":
      return (
        <Bar icon="map" onPress={() => app.capture(jobId, (does) => does.travel(jobId))}>
          {say.travel}
        </Bar>
      );
    case "arrive":
      return (
        <Bar icon="flag" onPress={() => app.capture(jobId, (does) => does.arrive(jobId))}>
          {say.arrive}
        </Bar>
      );
    case "assess":
      return (
        <Bar icon="list" target="stage-assessment" onPress={() => show(jobId, "assessment")}>
          {say.assess}
        </Bar>
      );
    case "answer":
      return (
        <Bar
          icon="list"
          target={`step-${next.step.step_id}`}
          onPress={() => showStep(jobId, next.step.step_id)}
        >
          {say.answer(labelOf(next.step, language.value))}
        </Bar>
      );
    case "photo": {
      const known = slotsOf(job.sheet, job.visit).find((each) => each.slot === next.slot);
      const label = labelOf(known?.label, language.value) || next.slot;
      return (
        <Bar icon="camera" onPress={() => go({ page: "camera", jobId, slot: next.slot })}>
          {say.photo(label)}
        </Bar>
      );
    }
    case "receipt":
      return (
        <Bar icon="sign" onPress={() => app.handOver(jobId)}>
          {say.receipt}
        </Bar>
      );
    case "finish":
      if (isAt("finish")) return null; // its own button says the same, with what belongs to it
      return (
        <Bar icon="flag" target="stage-finish" onPress={() => show(jobId, "finish")}>
          {say.finish}
        </Bar>
      );
    case "nothing":
      return null;
  }
}

interface BarFacts {
  icon: IconName;
  onPress: () => unknown;
  children: ComponentChildren;
  /** What the bar leads to on this screen: while that is in sight, the bar is not needed. */
  target?: string;
}

function Bar({ icon, onPress, children, target }: BarFacts) {
  const isInSight = useIsInSight(target);
  return (
    <div class="next-bar" role="region" aria-label={words.value.next.title} hidden={isInSight}>
      <Button kind="next" icon={icon} onPress={onPress}>
        {children}
      </Button>
    </div>
  );
}

const ABOVE = 64; // px that the bar at the top covers
const BELOW = 96; // px that this bar covers

function useIsInSight(target: string | undefined): boolean {
  const [isInSight, setInSight] = useState(false);
  useLayoutEffect(() => {
    const seen = target === undefined ? null : document.getElementById(target);
    setInSight(seen !== null && isInView(seen.getBoundingClientRect()));
    if (!seen) return;
    const look = () => setInSight(isInView(seen.getBoundingClientRect()));
    const watch = new IntersectionObserver(look, {
      rootMargin: `-${ABOVE}px 0px -${BELOW}px 0px`,
      threshold: [0, 0.3, 0.5, 0.7, 1],
    });
    watch.observe(seen);
    return () => watch.disconnect();
  }, [target]);
  return isInSight;
}

/** At least half of it is on the screen, or half of the screen shows nothing else. */
function isInView({ top, bottom, height }: DOMRect): boolean {
  const room = innerHeight - ABOVE - BELOW;
  const shown = Math.min(bottom, innerHeight - BELOW) - Math.max(top, ABOVE);
  return shown >= Math.min(height, room) / 2;
}

/** To a part of this screen; again, too, when the address is already there. */
function show(jobId: string, stage: Stage): void {
  go({ page: "job", jobId, stage });
  document.getElementById(`stage-${stage}`)?.scrollIntoView({ block: "start" });
}

/** To one question of the checklist, where its part is open. */
function showStep(jobId: string, stepId: string): void {
  const step = document.getElementById(`step-${stepId}`);
  if (!step) return show(jobId, "checklist");
  step.scrollIntoView({ block: "start" });
  standOn(step);
}
