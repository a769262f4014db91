// The pool: tickets, revisits, jobs without a time, carried to a lane by the mouse.

import { cardOf, plan } from "./board_acts.js";
import { dateAt, dropPreview, preview, showWhoLacks } from "./board_bars.js";
import { drawn, hands, isWeek, KEY_STEP_MIN, may, USUAL_MIN } from "./board_hands.js";
import { later, wallOfDate } from "./board_hours.js";
import { jobs, laneOf, others } from "./board_lanes.js";
import { element } from "./board_words.js";

// When somebody is sent who has no time yet, in minutes of the day.
const DAY_BEGINS = 9 * 60,
  DAY_ENDS = 19 * 60;

/** The first gap of somebody's day that is long enough; where there is none, the morning. */
export function freeAt(lane, day, minutes = USUAL_MIN) {
  const busy = [...jobs.values(), ...others].filter((each) => each.lane === lane);
  for (let at = DAY_BEGINS; at + minutes <= DAY_ENDS; at += KEY_STEP_MIN) {
    const start = later(`${day}T00:00`, at),
      end = later(start, minutes);
    if (!busy.some((each) => each.start < end && start < each.end)) return start;
  }
  return later(`${day}T00:00`, DAY_BEGINS);
}

/** The place under the pointer: a lane and a time, or nothing. */
function placeAt(x, y) {
  const found = dateAt(x, y);
  if (!found?.resource || !laneOf(found.resource.id)) return null;
  const at = wallOfDate(found.date),
    lane = found.resource.id;
  return { lane, start: isWeek ? freeAt(lane, at.slice(0, 10)) : at };
}

let wasCarried = false;

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest(".pool-card");
  if (
    !card ||
    !may.issue ||
    hands.isBusy ||
    hands.held ||
    event.button !== 0 ||
    event.pointerType === "touch"
  )
    return;
  hands.carried = { key: card.id, x: event.clientX, y: event.clientY, ghost: null, place: null };
});

document.addEventListener("pointermove", (event) => {
  if (!hands.carried) return;
  if (
    !hands.carried.ghost &&
    Math.hypot(event.clientX - hands.carried.x, event.clientY - hands.carried.y) < 6
  )
    return;
  if (!hands.carried.ghost) takeUp();
  hands.carried.ghost.style.translate = `${event.clientX + 8}px ${event.clientY + 8}px`;
  hands.carried.place = placeAt(event.clientX, event.clientY);
  const card = cardOf(hands.carried.key);
  if (hands.carried.place) {
    const { lane, start } = hands.carried.place;
    preview(hands.carried.key, card.dataset.title, lane, start, later(start, USUAL_MIN));
  } else dropPreview(hands.carried.key);
});

function takeUp() {
  const card = cardOf(hands.carried.key);
  getSelection().removeAllRanges();
  hands.carried.ghost = element("div", `${card.dataset.ticket} ${card.dataset.title}`, "ghost");
  document.body.append(hands.carried.ghost);
  document.body.classList.add("carries");
  showWhoLacks(card.dataset.skill);
}

export function layDown(isDropped) {
  const { key, ghost, place } = hands.carried;
  hands.carried = null;
  ghost?.remove();
  document.body.classList.remove("carries");
  showWhoLacks(drawn.dataset.skill);
  if (!ghost) return;
  wasCarried = true;
  if (isDropped && place && cardOf(key))
    plan(key, place.lane, place.start, later(place.start, USUAL_MIN));
  else dropPreview(key);
}

document.addEventListener("pointerup", () => hands.carried && layDown(true));
// A card that was carried by its link is not opened.
document.addEventListener(
  "click",
  (event) => {
    if (wasCarried) event.preventDefault();
    wasCarried = false;
  },
  true,
);
document.addEventListener(
  "pointerdown",
  () => {
    wasCarried = false;
  },
  true,
);
document.addEventListener("pointercancel", () => hands.carried && layDown(false));
