/** The window of an appointment as people say it, in the zone of the site. */

import type { Job } from "../jobs";
import { clockTime, dayKey, dayName } from "../times";
import { language, words } from "../words";

const DAY_MS = 24 * 3600_000;

/** "today 14:00–16:00", in the zone of the site. */
export function windowWords(job: Job): string {
  const say = words.value;
  const { start, end, time_zone: zone } = job.sheet.window;
  if (!start) return say.day.noWindow;
  const times = [start, end].filter((each) => each !== null);
  const span = times.map((each) => clockTime(each, language.value, zone)).join("–");
  const day = dayKey(start, zone);
  if (day === dayKey(Date.now(), zone)) return `${say.day.today} ${span}`;
  if (day === dayKey(Date.now() + DAY_MS, zone)) return `${say.day.tomorrow} ${span}`;
  return `${dayName(start, language.value, zone)} ${span}`;
}
