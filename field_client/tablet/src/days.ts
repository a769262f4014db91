/** Which day a job is for, as they count the days where the site is. Pure. */

import type { Job } from "./jobs";
import { isOver } from "./order";
import { dayKey } from "./times";

export type Group = "overdue" | "today" | "tomorrow" | "later" | "open" | "earlier";

/** In the order in which they are shown. */
export const GROUPS: readonly Group[] = [
  "overdue",
  "today",
  "tomorrow",
  "later",
  "open",
  "earlier",
];

const DAY_MS = 24 * 3600_000;

interface Days {
  today: string;
  tomorrow: string;
}

/** Each job by the day of its site. What day it is there is asked once for each zone: asking is slow. */
export function grouped(jobs: readonly Job[], now: number): Map<Group, Job[]> {
  const zones = new Map<string, Days>();
  const groups = new Map<Group, Job[]>();
  for (const job of jobs) {
    const { time_zone: zone } = job.sheet.window;
    const here = zones.get(zone) ?? daysIn(zone, now);
    zones.set(zone, here);
    const group = groupOf(job, here);
    const others = groups.get(group);
    if (others) others.push(job);
    else groups.set(group, [job]);
  }
  return groups;
}

function daysIn(zone: string, now: number): Days {
  return { today: dayKey(now, zone), tomorrow: dayKey(now + DAY_MS, zone) };
}

function groupOf(job: Job, { today, tomorrow }: Days): Group {
  const { start, time_zone: zone } = job.sheet.window;
  if (!start) return "open";
  const day = dayKey(start, zone);
  if (day < today) return isOver(job) ? "earlier" : "overdue";
  if (day === today) return "today";
  return day === tomorrow ? "tomorrow" : "later";
}
