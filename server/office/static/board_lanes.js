// What stands in the table of lanes: jobs, whose they are, and what else takes somebody's time.

import { isWeek, may } from "./board_hands.js";

export let jobs = new Map(),
  lanes = [],
  others = [];
let laneById = new Map();
export let rows = []; // the jobs of each lane in their order

export function read() {
  jobs = new Map();
  lanes = [];
  others = [];
  for (const body of document.querySelectorAll("#lanes [data-lane]")) {
    const { lane, name, of } = body.dataset;
    lanes.push({
      id: lane,
      name,
      group: of,
      skills: body.dataset.skills.split(" "),
      trades: body.dataset.trades,
      isSendable: "sendable" in body.dataset,
    });
    for (const row of body.querySelectorAll("[data-job]"))
      jobs.set(row.dataset.job, jobIn(row, lane));
    for (const row of body.querySelectorAll("[data-taken]")) {
      const { taken, start, end } = row.dataset;
      others.push({
        id: `${lane}/${start}/${taken}`,
        lane,
        start,
        end,
        told: row.lastElementChild.textContent,
      });
    }
    for (const row of body.querySelectorAll("[data-away]")) {
      const { start, end } = row.dataset;
      others.push({
        id: `${lane}/away/${start}`,
        lane,
        start,
        end,
        told: row.lastElementChild.textContent,
        isAway: true,
      });
    }
  }
  laneById = new Map(lanes.map((each) => [each.id, each]));
  const byLane = new Map();
  for (const job of jobs.values()) byLane.set(job.lane, [...(byLane.get(job.lane) ?? []), job]);
  rows = [...byLane.values()];
}

function jobIn(row, lane) {
  const { job, ticket, start, end, edition, tone, standing } = row.dataset;
  const state = row.querySelector(".standing");
  return {
    id: job,
    ticket,
    lane,
    start,
    end,
    edition,
    tone,
    standing,
    row,
    isMovable: "movable" in row.dataset && (may.issue || may.handOver),
    who: row.querySelector(".who").textContent,
    where: row.querySelector(".who").nextElementSibling.textContent,
    mark: state.firstElementChild.textContent,
    state: state.lastChild.textContent.trim(),
  };
}

export const laneOf = (id) => laneById.get(id);

const nameOf = (id) => laneOf(id)?.name ?? "";

export const inWords = (thing, lane, start, end) =>
  `${thing}, ${nameOf(lane)}, ${isWeek ? `${start.slice(5, 10)} ` : ""}${start.slice(11)}–${end.slice(11)}`;

// A large shop begins with its first teams: what nobody looks at need not be drawn. Kept for this window.
const SHOWN_AT_ONCE = 60,
  FOLDED = "doorstep/office/folded";
export const folded = new Set(JSON.parse(sessionStorage.getItem(FOLDED) ?? "null") ?? tooMany());

function tooMany() {
  const ids = [];
  let shown = 0;
  for (const group of document.querySelectorAll("#lanes [data-group]")) {
    const size = document.querySelectorAll(
      `#lanes [data-of="${CSS.escape(group.dataset.group)}"]`,
    ).length;
    if (shown > 0 && shown + size > SHOWN_AT_ONCE) ids.push(`group/${group.dataset.group}`);
    else shown += size;
  }
  return ids;
}

export function fold(id, isFolded) {
  isFolded ? folded.add(id) : folded.delete(id);
  sessionStorage.setItem(FOLDED, JSON.stringify([...folded]));
}

export const isShown = (lane) => !folded.has(`group/${laneOf(lane)?.group}`);
