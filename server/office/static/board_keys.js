// The keyboard: arrows go from job to job; Space picks one up, and then arrows move it.

import { cardOf, moveTo, plan } from "./board_acts.js";
import { draw, drawAt, dropPreview, elementOf, firstJob, preview, putBack } from "./board_bars.js";
import { openCard } from "./board_cards.js";
import {
  drawn,
  hands,
  isWeek,
  KEY_STEP_MIN,
  LEAST_MIN,
  may,
  STEP_MIN,
  USUAL_MIN,
} from "./board_hands.js";
import { between, later } from "./board_hours.js";
import { fold, inWords, isShown, jobs, laneOf, lanes, rows } from "./board_lanes.js";
import { freeAt, layDown } from "./board_pool.js";
import { announce, say } from "./board_words.js";

const shownRows = () => rows.filter((row) => isShown(row[0].lane));

function choose(id) {
  if (!id) return;
  const before = elementOf(hands.chosen ?? firstJob());
  if (before) before.tabIndex = -1;
  hands.chosen = id;
  const el = elementOf(id);
  if (!el) return;
  el.tabIndex = 0;
  el.focus({ preventScroll: true });
  el.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function step(from, key) {
  const rows = shownRows();
  const at = rows.findIndex((row) => row.some((each) => each.id === from));
  const row = rows[at] ?? [];
  const place = row.findIndex((each) => each.id === from);
  if (key === "ArrowRight") return row[place + 1]?.id;
  if (key === "ArrowLeft") return row[place - 1]?.id;
  const next = rows[at + (key === "ArrowDown" ? 1 : -1)];
  if (!next) return null;
  const far = (each) => Math.abs(between(row[place].start, each.start));
  return next.reduce((best, each) => (far(each) < far(best) ? each : best)).id;
}

function pickUp(id) {
  const job = jobs.get(id);
  if (!job.isMovable) return announce(say("fixed", job.id));
  hands.held = {
    job: id,
    lane: job.lane,
    start: job.start,
    end: job.end,
    told: `${job.id} ${job.who}`,
  };
  hands.wantsFocus = true;
  announce(say("up", inWords(hands.held.told, hands.held.lane, hands.held.start, hands.held.end)));
  return showHeld();
}

function pickUpCard(card) {
  const { prefers, earliest, title, ticket } = card.dataset;
  const lane = (laneOf(prefers) ?? lanes.find((each) => each.isSendable && isShown(each.id)))?.id;
  if (!lane || !may.issue) return;
  if (!isShown(lane)) {
    fold(`group/${laneOf(lane).group}`, false);
    draw();
  }
  const first = drawn.dataset.first;
  const last = later(`${first}T00:00`, (isWeek ? 6 : 0) * 1440).slice(0, 10);
  const day = earliest > first && earliest <= last ? earliest : first;
  const start = freeAt(lane, day);
  hands.held = {
    key: card.id,
    lane,
    start,
    end: later(start, USUAL_MIN),
    told: `${ticket} ${title}`,
    title,
  };
  hands.wantsFocus = true;
  announce(say("up", inWords(hands.held.told, lane, hands.held.start, hands.held.end)));
  showHeld();
}

function showHeld() {
  const { job, key, lane, start, end, title } = hands.held;
  if (key) preview(key, title, lane, start, end);
  else drawAt({ ...jobs.get(job), lane, start, end });
  requestAnimationFrame(() =>
    elementOf(job ?? key)?.scrollIntoView({ block: "nearest", inline: "nearest" }),
  );
}

function shift(key, isShifted) {
  const minutes = isWeek ? 1440 : isShifted ? STEP_MIN : KEY_STEP_MIN;
  const by = { ArrowLeft: -minutes, ArrowRight: minutes }[key] ?? 0;
  const longer = { "+": KEY_STEP_MIN, "=": KEY_STEP_MIN, "-": -KEY_STEP_MIN }[key] ?? 0;
  if (may.issue || hands.held.key) {
    const end = later(hands.held.end, by + longer);
    if (between(later(hands.held.start, by), end) >= LEAST_MIN)
      [hands.held.start, hands.held.end] = [later(hands.held.start, by), end];
  }
  const down = { ArrowDown: 1, ArrowUp: -1 }[key] ?? 0;
  const shown = lanes.filter((each) => isShown(each.id));
  const to = shown[shown.findIndex((each) => each.id === hands.held.lane) + down];
  hands.held.lane = to?.id ?? hands.held.lane;
  showHeld();
  announce(inWords(hands.held.told, hands.held.lane, hands.held.start, hands.held.end));
}

function letGo(isDropped) {
  const { job, key, lane, start, end, told } = hands.held;
  hands.held = null;
  if (key) {
    if (isDropped && cardOf(key)) return plan(key, lane, start, end);
    dropPreview(key);
    cardOf(key)?.focus();
  } else if (isDropped && jobs.has(job)) return moveTo(jobs.get(job), lane, start, end);
  else putBack(job);
  announce(say("back", told));
  return draw();
}

const HELD_KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "=", "-"]);

function whileHeld(event) {
  if (HELD_KEYS.has(event.key)) shift(event.key, event.shiftKey);
  else if (event.key === "Enter" || event.key === " ") letGo(true);
  else if (event.key === "Escape") letGo(false);
  else return false;
  return true;
}

function onBar(event) {
  const id = event.target.closest?.("[data-bar]")?.dataset.bar;
  if (!jobs.has(id)) return false;
  if (event.key.startsWith("Arrow")) choose(step(id, event.key) ?? id);
  else if (event.key === " ") {
    hands.chosen = id;
    pickUp(id);
  } else if (event.key === "Enter") openCard(id, event.target);
  else return false;
  return true;
}

function onCard(event) {
  const card = event.target.closest?.(".pool-card");
  if (!card || event.target !== card) return false;
  if (event.key === "ArrowDown") goTo(card.nextElementSibling, card);
  else if (event.key === "ArrowUp") goTo(card.previousElementSibling, card);
  else if (event.key === " ") pickUpCard(card);
  else if (event.key === "Enter") card.querySelector(".plan-link").click();
  else return false;
  return true;
}

function goTo(card, from) {
  if (!card) return;
  from.tabIndex = -1;
  card.tabIndex = 0;
  card.focus();
}

document.addEventListener(
  "keydown",
  (event) => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.isComposing ||
      document.querySelector("dialog[open]")
    )
      return;
    const isDone = hands.held
      ? whileHeld(event)
      : hands.carried && event.key === "Escape"
        ? (layDown(false), true)
        : onBar(event) || onCard(event);
    if (!isDone) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

drawn.addEventListener("focusin", (event) => {
  const id = event.target.dataset?.bar;
  hands.wantsFocus = jobs.has(id);
  if (hands.wantsFocus) hands.chosen = id;
});
document.addEventListener("focusin", (event) => {
  if (!drawn.contains(event.target) && !hands.held && !hands.isBusy) hands.wantsFocus = false;
});
