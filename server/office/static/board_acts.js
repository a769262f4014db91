// Doing it. An act is a form of planning or of jobs; what speaks against it comes back as a piece of a page.

import { drawn, hands, may } from "./board_hands.js";
import { draw, drawAt, elementOf, forget, preview, putBack } from "./board_bars.js";
import { wallOfDate } from "./board_hours.js";
import { inWords, jobs } from "./board_lanes.js";
import { news } from "./board_news.js";
import { announce, say, words } from "./board_words.js";

const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];
const HEADERS = { "X-CSRF-Token": token, "HX-Request": "true", Accept: "text/html" };

async function send(address, fields) {
  const body = new URLSearchParams(fields);
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body, headers: HEADERS, redirect: "manual" });
  } catch {
    return { lost: true };
  }
  if (answer.type === "opaqueredirect") return { isDone: true };
  if (answer.headers.get("HX-Redirect")) {
    location.assign(answer.headers.get("HX-Redirect"));
    return { lost: true };
  }
  return { told: await answer.text() };
}

/** Tries an act; `after` says what was done, and returns how to take it back. */
async function attempt(address, fields, id, after) {
  if (hands.isBusy) return putBack(id);
  hands.isBusy = true;
  let answer = await send(address, fields);
  while (answer.told) {
    const said = await askBack(answer.told);
    if (!said) break;
    answer = await send(address, said);
  }
  hands.isBusy = false;
  if (answer.isDone) {
    await news(true);
    after();
  } else {
    announce(answer.lost ? words.lost : say("back", id.replace(/^\w+-(?=[TJ]-)/, "")));
    await news(true);
  }
  putBack(id);
  if (hands.wantsFocus) elementOf(id)?.focus({ preventScroll: true });
}

/** The fields with a reason, or null where somebody puts it back. */
function askBack(told) {
  const dialog = document.getElementById("board-asks-back");
  const inside = dialog.querySelector("div");
  inside.replaceChildren(...new DOMParser().parseFromString(told, "text/html").body.childNodes);
  return new Promise((resolve) => {
    const form = inside.querySelector("form");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      const said = new FormData(form);
      dialog.removeEventListener("close", close);
      dialog.close();
      resolve(said);
    });
    const close = () => resolve(null);
    dialog.addEventListener("close", close, { once: true });
    dialog.showModal();
    (inside.querySelector("[autofocus]") ?? dialog.querySelector("[data-puts-back]")).focus();
  });
}

const timesOf = (start, end) => ({
  day: start.slice(0, 10),
  from: start.slice(11),
  to: end.slice(11),
  until: end.slice(0, 10),
  zone: drawn.dataset.zone,
});

export function dropped(event, revert) {
  hands.isDragging = false;
  const job = jobs.get(event.id);
  revert();
  forget(event.id);
  if (!job) return draw();
  return moveTo(job, event.resourceIds[0], wallOfDate(event.start), wallOfDate(event.end));
}

/** A job in another lane, at another time, or both: shown there at once, written if nothing speaks against it. */
export function moveTo(job, lane, start, end) {
  if (!may.issue) [start, end] = [job.start, job.end];
  const isSameTime = start === job.start && end === job.end;
  if (isSameTime && lane === job.lane) return putBack(job.id);
  const was = { lane: job.lane, start: job.start, end: job.end };
  drawAt({ ...job, lane, start, end }, "pending");
  const told = inWords(job.id, lane, start, end);
  const act = handed(job, lane, start, end, isSameTime);
  return attempt(act.address, { ...act.fields, edition: job.edition }, job.id, () =>
    announce(say(isSameTime ? "handed" : "moved", told), () => takeBack(job.id, was, told)),
  );
}

function handed(job, lane, start, end, isSameTime) {
  const at = `/office/jobs/${encodeURIComponent(job.id)}/`;
  return isSameTime
    ? { address: `${at}reassign`, fields: { assignee_id: lane } }
    : { address: `${at}move`, fields: { assignee_id: lane, ...timesOf(start, end) } };
}

function takeBack(id, was, told) {
  const job = jobs.get(id);
  if (!job) return announce(words.lost);
  const act = was.start
    ? handed(job, was.lane, was.start, was.end, was.start === job.start && was.end === job.end)
    : {
        address: `/office/jobs/${encodeURIComponent(id)}/move`,
        fields: { assignee_id: was.lane },
      };
  const fields = { ...act.fields, edition: job.edition, reason: words.reason };
  return attempt(act.address, fields, id, () => announce(say("undone", told)));
}

/** Something of the pool: a ticket, a revisit, a job without a time. */
export const cardOf = (key) => document.getElementById(key);

export function plan(key, lane, start, end) {
  const card = cardOf(key);
  const { plans, ticket, title, edition } = card.dataset;
  const before = new Set(jobs.keys());
  const told = inWords(`${ticket} ${title}`, lane, start, end);
  const fields = { assignee_id: lane, ...timesOf(start, end) };
  if (edition) fields.edition = edition;
  else Object.assign(fields, { expects: "waiting", form_key: newKey() });
  preview(key, title, lane, start, end);
  return attempt(plans, fields, key, () => {
    const made = [...jobs.values()].find((each) => each.ticket === ticket && !before.has(each.id));
    hands.chosen = made?.id ?? hands.chosen;
    const undo = edition
      ? () => takeBack(key.slice(4), { lane: card.dataset.prefers }, told)
      : () => callOff(made, told);
    announce(say("planned", told), made && (edition || may.cancel) ? undo : null);
  });
}

const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

function callOff(job, told) {
  const address = `/office/jobs/${encodeURIComponent(job.id)}/cancel`;
  return attempt(address, { reason: words.reason }, job.id, () => announce(say("undone", told)));
}
