// The pool: tickets, revisits, jobs without a time, carried to a lane by the mouse or a finger.

import { cardOf, plan } from "./board_acts.js";
import { dateAt, dropPreview, preview, showWhoLacks } from "./board_bars.js";
import {
  drawn,
  hands,
  isWeek,
  KEY_STEP_MIN,
  LONG_PRESS_MS,
  may,
  STILL_PX,
  USUAL_MIN,
} from "./board_hands.js";
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
  if (!card || !may.issue || hands.isBusy || hands.held || event.button !== 0) return;
  hands.carried = { key: card.id, x: event.clientX, y: event.clientY, ghost: null, place: null };
  if (event.pointerType === "touch") hands.carried.rests = setTimeout(takeUp, LONG_PRESS_MS);
});

document.addEventListener("pointermove", (event) => {
  const { carried } = hands;
  if (!carried) return;
  if (!carried.ghost) {
    if (Math.hypot(event.clientX - carried.x, event.clientY - carried.y) < STILL_PX) return;
    if (carried.rests) return layDown(false); // it scrolls
    takeUp();
  }
  carryTo(event.clientX, event.clientY);
});

function carryTo(x, y) {
  const { key, ghost } = hands.carried;
  hands.carried.at = { x, y };
  ghost.style.translate = `${x + 8}px ${y + 8}px`;
  const place = placeAt(x, y);
  hands.carried.place = place;
  if (!place) return dropPreview(key);
  preview(key, cardOf(key).dataset.title, place.lane, place.start, later(place.start, USUAL_MIN));
}

// Near the upper or lower edge of the window the page moves on, so that lanes out of sight can be reached.
const EDGE_PX = 72,
  AT_ONCE_PX = 10;

function moveOn() {
  const { carried } = hands;
  if (!carried?.ghost) return;
  const { at } = carried;
  const by = at.y > innerHeight - EDGE_PX ? AT_ONCE_PX : at.y < EDGE_PX ? -AT_ONCE_PX : 0;
  if (by) {
    scrollBy(0, by);
    carryTo(at.x, at.y);
  }
  requestAnimationFrame(moveOn);
}

function takeUp() {
  const card = cardOf(hands.carried.key);
  getSelection().removeAllRanges();
  hands.carried.ghost = element("div", `${card.dataset.ticket} ${card.dataset.title}`, "ghost");
  document.body.append(hands.carried.ghost);
  document.body.classList.add("carries");
  showWhoLacks(card.dataset.skill);
  carryTo(hands.carried.x, hands.carried.y); // so that a finger sees it is taken up
  if (hands.carried.rests) requestAnimationFrame(moveOn);
}

export function layDown(isDropped) {
  const { key, ghost, place, rests } = hands.carried;
  clearTimeout(rests);
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

// What a finger carries neither scrolls the page nor opens the browser's own menu.
document.addEventListener(
  "touchmove",
  (event) => {
    if (hands.carried?.ghost) event.preventDefault();
  },
  { passive: false },
);
document.addEventListener("contextmenu", (event) => {
  if (hands.carried?.rests) event.preventDefault();
});
