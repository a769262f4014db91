// The picture of the table: bars on lanes, as the calendar draws them. Nothing here is written.

import { drawn, hands, isWeek, LONG_PRESS_MS, may, STEP_MIN } from "./board_hands.js";
import {
  fold,
  folded,
  inWords,
  isShown,
  jobs,
  laneOf,
  lanes,
  others,
  rows,
} from "./board_lanes.js";
import { element, words } from "./board_words.js";

const known = new Map(); // id -> the bar as it was drawn
let frame = "",
  calendar = null;

function resources() {
  return [...document.querySelectorAll("#lanes [data-group]")].map((group) => ({
    id: `group/${group.dataset.group}`,
    title: group.dataset.name,
    expanded: !folded.has(`group/${group.dataset.group}`),
    extendedProps: {
      badge: "contractor" in group.dataset ? group.querySelector(".badge").textContent : "",
    },
    children: lanes
      .filter((lane) => lane.group === group.dataset.group)
      .map((lane) => ({ id: lane.id, title: lane.name, extendedProps: { trades: lane.trades } })),
  }));
}

function barOf(job) {
  const isFree = job.isMovable && !hands.held;
  return {
    id: job.id,
    resourceIds: [job.lane],
    start: job.start,
    end: job.end,
    editable: isFree,
    durationEditable: isFree && may.issue && !isWeek,
    classNames: [
      "bar",
      job.tone,
      job.isMovable ? "movable" : "fixed",
      hands.held?.job === job.id ? "held" : "",
    ],
    extendedProps: {
      hours: job.start.slice(11),
      who: job.who,
      where: job.where,
      mark: job.mark,
      state: job.state,
      spoken: inWords(job.id, job.lane, job.start, job.end),
    },
  };
}

const takenBar = (each) => ({
  id: each.id,
  resourceIds: [each.lane],
  start: each.start,
  end: each.end,
  editable: false,
  // Whole days lie behind the bars, and do not stretch the day to its midnights.
  ...(each.isAway ? { display: "background", allDay: isWeek } : {}),
  classNames: each.isAway ? ["away"] : ["bar", "taken"],
  extendedProps: { who: each.told },
});

function content({ event }) {
  const { hours, who, where, mark, state, spoken } = event.extendedProps;
  const first = element("span", "", "bar-line");
  if (hours) first.append(element("b", isWeek ? hours : ""), " ");
  first.append(element("span", who, "bar-who"));
  if (where && !isWeek) first.append(" ", element("span", where, "bar-where"));
  const nodes = [first];
  if (state) {
    const second = element("span", "", "bar-line bar-state");
    const sign = element("span", mark);
    sign.setAttribute("aria-hidden", "true");
    second.append(sign, ` ${state}`);
    nodes.push(second);
  }
  if (spoken) nodes.push(element("span", ` ${spoken}`, "unseen"));
  return { domNodes: nodes };
}

function label({ resource }) {
  const name = element("span", resource.title, "lane-name");
  const { trades, badge } = resource.extendedProps;
  if (!trades) return { domNodes: badge ? [name, " ", element("span", badge, "badge")] : [name] };
  const told = element("small", trades);
  return { domNodes: [name, told] };
}

const SLOTS = 28; // half hours from 7 to 21

/** Draws it: `dropped` and `opened` say what is done when a bar was moved by hand, or opened. */
export function begin(dropped, opened) {
  drawn.hidden = false;
  document.getElementById("lanes").hidden = true;
  calendar = EventCalendar.create(drawn, {
    view: isWeek ? "resourceTimelineMonth" : "resourceTimelineDay",
    views: { resourceTimelineMonth: { duration: { days: 7 } } },
    date: `${drawn.dataset.first}T00:00:00`,
    timeZone: drawn.dataset.offset,
    locale: drawn.dataset.language,
    headerToolbar: { start: "", center: "", end: "" },
    slotMinTime: "07:00:00",
    slotMaxTime: "21:00:00",
    flexibleSlotTimeLimits: true,
    ...(isWeek
      ? {}
      : {
          slotDuration: "00:30:00",
          snapDuration: { minutes: STEP_MIN },
          slotLabelInterval: "01:00:00",
        }),
    slotWidth: Math.max(26, (drawn.clientWidth - 190) / SLOTS),
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    scrollTime: "07:00:00",
    columnWidth: "minmax(6.5rem, 1fr)",
    nowIndicator: true,
    editable: true,
    eventStartEditable: true,
    selectable: false,
    pointer: false,
    longPressDelay: LONG_PRESS_MS,
    icons: (icons) => ({ ...icons, expand: "▸", collapse: "▾" }),
    buttonText: (text) => ({ ...text, expand: words.unfold, collapse: words.fold }),
    resources: resources(),
    events: [],
    eventContent: content,
    resourceLabelContent: label,
    eventDidMount: ({ el, event }) => mounted(el, event),
    resourceLabelDidMount: ({ el, resource }) => {
      el.dataset.lane = resource.id;
      showWhoLacks(drawn.dataset.skill, [el]);
    },
    resourceExpand: ({ resource }) => fold(resource.id, !resource.expanded),
    eventDragStart: () => {
      hands.isDragging = true;
    },
    eventResizeStart: () => {
      hands.isDragging = true;
    },
    eventDragStop: () => {
      hands.isDragging = false;
    },
    eventResizeStop: () => {
      hands.isDragging = false;
    },
    dragConstraint: ({ newResource }) => !newResource || Boolean(laneOf(newResource.id)),
    eventDrop: ({ event, revert }) => dropped(event, revert),
    eventResize: ({ event, revert }) => dropped(event, revert),
    eventClick: ({ event, el }) => {
      if (jobs.has(event.id)) opened(event.id, el);
    },
  });
  draw();
  withoutRoles();
  new MutationObserver(withoutRoles).observe(drawn, { childList: true, subtree: true });
}

export function draw() {
  const said = JSON.stringify(resources());
  if (said !== frame) {
    if (frame) calendar.setOption("resources", resources());
    frame = said;
  }
  const bars = [...jobs.values()].map(barOf).concat(others.map(takenBar));
  const there = new Set(bars.map((each) => each.id));
  for (const id of [...known.keys()]) {
    if (there.has(id)) continue;
    calendar.removeEventById(id);
    known.delete(id);
  }
  for (const bar of bars) {
    const told = JSON.stringify(bar);
    if (known.get(bar.id) === told) continue;
    known.has(bar.id) ? calendar.updateEvent(bar) : calendar.addEvent(bar);
    known.set(bar.id, told);
  }
  count();
}

/** As it stands in the table again, whatever a hand has made of it. */
export function putBack(id) {
  forget(id);
  draw();
}

/** A job where it would be, before anything is written. */
export function drawAt(job, ...classes) {
  const bar = { ...barOf(job), editable: false };
  bar.classNames.push(...classes);
  calendar.updateEvent(bar);
  known.set(job.id, "");
}

/** Something of the pool where it would be. */
export function preview(key, title, lane, start, end) {
  const bar = {
    id: key,
    resourceIds: [lane],
    start,
    end,
    editable: false,
    classNames: ["bar", "pending"],
    extendedProps: {
      hours: start.slice(11),
      who: title,
      mark: "+",
      state: `${start.slice(11)}–${end.slice(11)}`,
    },
  };
  const told = JSON.stringify(bar);
  if (known.get(key) === told) return;
  known.has(key) ? calendar.updateEvent(bar) : calendar.addEvent(bar);
  known.set(key, told);
}

export function dropPreview(key) {
  calendar.removeEventById(key);
  known.delete(key);
}

function count() {
  const all = [...jobs.values()];
  const so = (standing) => all.filter((each) => each.standing === standing).length;
  document.getElementById("board-counts").textContent = words.counts
    .replace("{jobs}", all.length)
    .replace("{late}", so("late"))
    .replace("{declined}", so("declined"));
}

function mounted(el, event) {
  el.dataset.bar = event.id;
  if (!jobs.has(event.id)) {
    el.removeAttribute("role");
    el.removeAttribute("tabindex");
    return;
  }
  el.tabIndex = -1;
  if (event.id === (hands.chosen ?? firstJob())) el.tabIndex = 0;
  if (event.id === hands.chosen && hands.wantsFocus) el.focus({ preventScroll: true });
}

/** The next drawing puts it where it stands in the table. */
export function forget(id) {
  if (known.has(id)) known.set(id, "");
}

/** The place under the pointer: a lane and a moment, or nothing. */
export function dateAt(x, y) {
  return calendar.dateFromPoint(x, y);
}

// The calendar calls its parts a table, in an order that no table has. Ours is below; this is a picture of it.
const TABLE_ROLES =
  "[role=table], [role=row], [role=rowgroup], [role=rowheader], [role=columnheader], [role=cell]";
const withoutRoles = () => {
  for (const each of drawn.querySelectorAll(TABLE_ROLES)) each.removeAttribute("role");
  for (const each of drawn.querySelectorAll("[aria-colindex]"))
    each.removeAttribute("aria-colindex");
};

export const elementOf = (id) => drawn.querySelector(`[data-bar="${CSS.escape(id)}"]`);

export function showWhoLacks(skill, labels = drawn.querySelectorAll("[data-lane]")) {
  for (const each of labels) {
    const lane = laneOf(each.dataset.lane);
    each.classList.toggle("lacks", Boolean(skill && lane && !lane.skills.includes(skill)));
  }
}

export const firstJob = () => rows.find((row) => isShown(row[0].lane))?.[0].id;
