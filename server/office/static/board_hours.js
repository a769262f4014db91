// Times are what the clocks of the board's zone say, "2026-11-24T09:00", reckoned as if in UTC: the browser's
// own zone has no say.

const minutesOf = (wall) => Date.parse(`${wall}:00Z`) / 60_000;
const wallOf = (minutes) => new Date(minutes * 60_000).toISOString().slice(0, 16);
export const later = (wall, minutes) => wallOf(minutesOf(wall) + minutes);
export const between = (start, end) => minutesOf(end) - minutesOf(start);
const two = (number) => String(number).padStart(2, "0");
export const wallOfDate = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
