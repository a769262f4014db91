// The dispatch board: draws the table of lanes as time, and moves things by the forms of planning and jobs.
// Whatever speaks against a move is said before it is written; the table stays for whoever wants to read it.
"use strict";

(() => {
  const drawn = document.getElementById("lanes-drawn");
  for (const each of document.querySelectorAll("[data-at-once]")) {
    each.addEventListener("change", () => each.form.requestSubmit());
  }
  if (!drawn || !globalThis.EventCalendar || !document.querySelector("[data-lane]")) return;

  const words = document.getElementById("board-words").dataset;
  const say = (name, what) => words[name].replace("{what}", what);
  const may = {
    issue: "issues" in drawn.dataset,
    handOver: "handsOver" in drawn.dataset,
    cancel: "cancels" in drawn.dataset,
  };
  const isWeek = drawn.dataset.view === "week";
  const STEP_MIN = 15,
    KEY_STEP_MIN = 30,
    USUAL_MIN = 120,
    LEAST_MIN = 30; // minutes
  const DAY_BEGINS = 9 * 60,
    DAY_ENDS = 19 * 60; // when somebody is sent who has no time yet
  const NEWS_EACH_MS = 15_000,
    TOLD_FOR_MS = 30_000;

  // Times are what the clocks of the board's zone say, "2026-11-24T09:00", reckoned as if in UTC: the
  // browser's own zone has no say.

  const minutesOf = (wall) => Date.parse(`${wall}:00Z`) / 60_000;
  const wallOf = (minutes) => new Date(minutes * 60_000).toISOString().slice(0, 16);
  const later = (wall, minutes) => wallOf(minutesOf(wall) + minutes);
  const between = (start, end) => minutesOf(end) - minutesOf(start);
  const two = (number) => String(number).padStart(2, "0");
  const wallOfDate = (at) =>
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;

  // What stands in the table.

  let jobs = new Map(),
    lanes = [],
    others = [];
  let laneById = new Map(),
    rows = []; // the jobs of each lane in their order

  function read() {
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

  const laneOf = (id) => laneById.get(id);
  const nameOf = (id) => laneOf(id)?.name ?? "";
  const inWords = (thing, lane, start, end) =>
    `${thing}, ${nameOf(lane)}, ${isWeek ? `${start.slice(5, 10)} ` : ""}${start.slice(11)}–${end.slice(11)}`;

  // Drawing.

  // A large shop begins with its first teams: what nobody looks at need not be drawn. Kept for this window.
  const SHOWN_AT_ONCE = 60,
    FOLDED = "doorstep/office/folded";
  const folded = new Set(JSON.parse(sessionStorage.getItem(FOLDED) ?? "null") ?? tooMany());

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

  function fold(id, isFolded) {
    isFolded ? folded.add(id) : folded.delete(id);
    sessionStorage.setItem(FOLDED, JSON.stringify([...folded]));
  }

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
    const isFree = job.isMovable && !held;
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
        held?.job === job.id ? "held" : "",
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

  function element(tag, text, className = "") {
    const made = document.createElement(tag);
    made.textContent = text;
    made.className = className;
    return made;
  }

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

  const known = new Map(); // id -> the bar as it was drawn
  let frame = "";
  read();
  let held = null,
    isBusy = false,
    isDragging = false;

  const slots = 28; // half hours from 7 to 21
  drawn.hidden = false;
  document.getElementById("lanes").hidden = true;
  const calendar = EventCalendar.create(drawn, {
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
    slotWidth: Math.max(26, (drawn.clientWidth - 190) / slots),
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    scrollTime: "07:00:00",
    columnWidth: "minmax(6.5rem, 1fr)",
    nowIndicator: true,
    editable: true,
    eventStartEditable: true,
    selectable: false,
    pointer: false,
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
      isDragging = true;
    },
    eventResizeStart: () => {
      isDragging = true;
    },
    eventDragStop: () => {
      isDragging = false;
    },
    eventResizeStop: () => {
      isDragging = false;
    },
    dragConstraint: ({ newResource }) => !newResource || Boolean(laneOf(newResource.id)),
    eventDrop: ({ event, revert }) => dropped(event, revert),
    eventResize: ({ event, revert }) => dropped(event, revert),
    eventClick: ({ event, el }) => {
      if (jobs.has(event.id)) openCard(event.id, el);
    },
  });

  function draw() {
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
  function putBack(id) {
    if (known.has(id)) known.set(id, "");
    draw();
  }

  function count() {
    const all = [...jobs.values()];
    const so = (standing) => all.filter((each) => each.standing === standing).length;
    document.getElementById("board-counts").textContent = words.counts
      .replace("{jobs}", all.length)
      .replace("{late}", so("late"))
      .replace("{declined}", so("declined"));
  }

  let chosen = null; // the id of the job that the keyboard is at

  function mounted(el, event) {
    el.dataset.bar = event.id;
    if (!jobs.has(event.id)) {
      el.removeAttribute("role");
      el.removeAttribute("tabindex");
      return;
    }
    el.tabIndex = -1;
    if (event.id === (chosen ?? firstJob())) el.tabIndex = 0;
    if (event.id === chosen && wantsFocus) el.focus({ preventScroll: true });
  }

  // The calendar calls its parts a table, in an order that no table has. Ours is below; this is a picture of it.
  const TABLE_ROLES =
    "[role=table], [role=row], [role=rowgroup], [role=rowheader], [role=columnheader], [role=cell]";
  const withoutRoles = () => {
    for (const each of drawn.querySelectorAll(TABLE_ROLES)) each.removeAttribute("role");
    for (const each of drawn.querySelectorAll("[aria-colindex]"))
      each.removeAttribute("aria-colindex");
  };
  new MutationObserver(withoutRoles).observe(drawn, { childList: true, subtree: true });

  const elementOf = (id) => drawn.querySelector(`[data-bar="${CSS.escape(id)}"]`);

  function showWhoLacks(skill, labels = drawn.querySelectorAll("[data-lane]")) {
    for (const each of labels) {
      const lane = laneOf(each.dataset.lane);
      each.classList.toggle("lacks", Boolean(skill && lane && !lane.skills.includes(skill)));
    }
  }

  // Doing it. An act is a form; what speaks against it comes back as a piece of a page.

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
    if (isBusy) return putBack(id);
    isBusy = true;
    let answer = await send(address, fields);
    while (answer.told) {
      const said = await askBack(answer.told);
      if (!said) break;
      answer = await send(address, said);
    }
    isBusy = false;
    if (answer.isDone) {
      await news(true);
      after();
    } else {
      announce(answer.lost ? words.lost : say("back", id.replace(/^\w+-(?=[TJ]-)/, "")));
      await news(true);
    }
    putBack(id);
    if (wantsFocus) elementOf(id)?.focus({ preventScroll: true });
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

  function dropped(event, revert) {
    isDragging = false;
    const job = jobs.get(event.id);
    revert();
    if (job) known.set(job.id, "");
    if (!job) return draw();
    return moveTo(job, event.resourceIds[0], wallOfDate(event.start), wallOfDate(event.end));
  }

  /** A job in another lane, at another time, or both: shown there at once, written if nothing speaks against it. */
  function moveTo(job, lane, start, end) {
    if (!may.issue) [start, end] = [job.start, job.end];
    const isSameTime = start === job.start && end === job.end;
    if (isSameTime && lane === job.lane) return putBack(job.id);
    const was = { lane: job.lane, start: job.start, end: job.end };
    show({ ...job, lane, start, end });
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

  function show(job) {
    const bar = { ...barOf(job), editable: false };
    bar.classNames.push("pending");
    calendar.updateEvent(bar);
    known.set(job.id, "");
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

  // The pool: tickets, revisits, jobs without a time.

  const cardOf = (key) => document.getElementById(key);

  function plan(key, lane, start, end) {
    const card = cardOf(key);
    const { plans, ticket, title, edition } = card.dataset;
    const before = new Set(jobs.keys());
    const told = inWords(`${ticket} ${title}`, lane, start, end);
    const fields = { assignee_id: lane, ...timesOf(start, end) };
    if (edition) fields.edition = edition;
    else Object.assign(fields, { expects: "waiting", form_key: newKey() });
    preview(key, title, lane, start, end);
    return attempt(plans, fields, key, () => {
      const made = [...jobs.values()].find(
        (each) => each.ticket === ticket && !before.has(each.id),
      );
      chosen = made?.id ?? chosen;
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

  function preview(key, title, lane, start, end) {
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

  /** The first gap of somebody's day that is long enough; where there is none, the morning. */
  function freeAt(lane, day, minutes = USUAL_MIN) {
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
    const found = calendar.dateFromPoint(x, y);
    if (!found?.resource || !laneOf(found.resource.id)) return null;
    const at = wallOfDate(found.date),
      lane = found.resource.id;
    return { lane, start: isWeek ? freeAt(lane, at.slice(0, 10)) : at };
  }

  let wasCarried = false;
  let carried = null; // what the mouse carries out of the pool

  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".pool-card");
    if (
      !card ||
      !may.issue ||
      isBusy ||
      held ||
      event.button !== 0 ||
      event.pointerType === "touch"
    )
      return;
    carried = { key: card.id, x: event.clientX, y: event.clientY, ghost: null, place: null };
  });

  document.addEventListener("pointermove", (event) => {
    if (!carried) return;
    if (!carried.ghost && Math.hypot(event.clientX - carried.x, event.clientY - carried.y) < 6)
      return;
    if (!carried.ghost) takeUp();
    carried.ghost.style.translate = `${event.clientX + 8}px ${event.clientY + 8}px`;
    carried.place = placeAt(event.clientX, event.clientY);
    const card = cardOf(carried.key);
    if (carried.place) {
      const { lane, start } = carried.place;
      preview(carried.key, card.dataset.title, lane, start, later(start, USUAL_MIN));
    } else dropPreview(carried.key);
  });

  function takeUp() {
    const card = cardOf(carried.key);
    getSelection().removeAllRanges();
    carried.ghost = element("div", `${card.dataset.ticket} ${card.dataset.title}`, "ghost");
    document.body.append(carried.ghost);
    document.body.classList.add("carries");
    showWhoLacks(card.dataset.skill);
  }

  function dropPreview(key) {
    calendar.removeEventById(key);
    known.delete(key);
  }

  function layDown(isDropped) {
    const { key, ghost, place } = carried;
    carried = null;
    ghost?.remove();
    document.body.classList.remove("carries");
    showWhoLacks(drawn.dataset.skill);
    if (!ghost) return;
    wasCarried = true;
    if (isDropped && place && cardOf(key))
      plan(key, place.lane, place.start, later(place.start, USUAL_MIN));
    else dropPreview(key);
  }

  document.addEventListener("pointerup", () => carried && layDown(true));
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
  document.addEventListener("pointercancel", () => carried && layDown(false));

  // The keyboard: arrows go from job to job; Space picks one up, and then arrows move it.

  let wantsFocus = false;

  const isShown = (lane) => !folded.has(`group/${laneOf(lane)?.group}`);
  const shownRows = () => rows.filter((row) => isShown(row[0].lane));
  const firstJob = () => rows.find((row) => isShown(row[0].lane))?.[0].id;

  function choose(id) {
    if (!id) return;
    const before = elementOf(chosen ?? firstJob());
    if (before) before.tabIndex = -1;
    chosen = id;
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
    held = {
      job: id,
      lane: job.lane,
      start: job.start,
      end: job.end,
      told: `${job.id} ${job.who}`,
    };
    wantsFocus = true;
    announce(say("up", inWords(held.told, held.lane, held.start, held.end)));
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
    held = {
      key: card.id,
      lane,
      start,
      end: later(start, USUAL_MIN),
      told: `${ticket} ${title}`,
      title,
    };
    wantsFocus = true;
    announce(say("up", inWords(held.told, lane, held.start, held.end)));
    showHeld();
  }

  function showHeld() {
    const { job, key, lane, start, end, title } = held;
    if (key) preview(key, title, lane, start, end);
    else {
      calendar.updateEvent({ ...barOf({ ...jobs.get(job), lane, start, end }), editable: false });
      known.set(job, "");
    }
    requestAnimationFrame(() =>
      elementOf(job ?? key)?.scrollIntoView({ block: "nearest", inline: "nearest" }),
    );
  }

  function shift(key, isShifted) {
    const minutes = isWeek ? 1440 : isShifted ? STEP_MIN : KEY_STEP_MIN;
    const by = { ArrowLeft: -minutes, ArrowRight: minutes }[key] ?? 0;
    const longer = { "+": KEY_STEP_MIN, "=": KEY_STEP_MIN, "-": -KEY_STEP_MIN }[key] ?? 0;
    if (may.issue || held.key) {
      const end = later(held.end, by + longer);
      if (between(later(held.start, by), end) >= LEAST_MIN)
        [held.start, held.end] = [later(held.start, by), end];
    }
    const down = { ArrowDown: 1, ArrowUp: -1 }[key] ?? 0;
    const shown = lanes.filter((each) => isShown(each.id));
    const to = shown[shown.findIndex((each) => each.id === held.lane) + down];
    held.lane = to?.id ?? held.lane;
    showHeld();
    announce(inWords(held.told, held.lane, held.start, held.end));
  }

  function letGo(isDropped) {
    const { job, key, lane, start, end, told } = held;
    held = null;
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
      chosen = id;
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
      const isDone = held
        ? whileHeld(event)
        : carried && event.key === "Escape"
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
    wantsFocus = jobs.has(id);
    if (wantsFocus) chosen = id;
  });
  document.addEventListener("focusin", (event) => {
    if (!drawn.contains(event.target) && !held && !isBusy) wantsFocus = false;
  });

  // What a bar says when somebody opens it: its row of the table, with its links.

  const card = document.body.appendChild(element("div", "", "bar-card"));
  card.hidden = true;
  let opener = null;

  function openCard(id, el) {
    const job = jobs.get(id);
    opener = el;
    chosen = id;
    const title = element("p", "");
    title.append(
      ...[...job.row.cells[1].childNodes, ...job.row.cells[2].childNodes].flatMap((each) => [
        each.cloneNode(true),
        " ",
      ]),
    );
    const rest = [job.row.cells[0], job.row.cells[3], job.row.cells[4], job.row.cells[5]].map(
      (cell) => {
        const line = element("p", "", cell.className);
        line.append(...[...cell.childNodes].map((each) => each.cloneNode(true)));
        return line;
      },
    );
    card.replaceChildren(title, ...rest);
    card.hidden = false;
    const box = el.getBoundingClientRect();
    card.style.left = `${Math.max(8, Math.min(box.left, innerWidth - card.offsetWidth - 8))}px`;
    const below = box.bottom + 4;
    card.style.top = `${below + card.offsetHeight < innerHeight ? below : Math.max(8, box.top - card.offsetHeight - 4)}px`;
    card.querySelector("a")?.focus();
  }

  function closeCard() {
    if (card.hidden) return;
    card.hidden = true;
    if (card.contains(document.activeElement) || document.activeElement === document.body)
      opener?.focus?.();
  }

  document.addEventListener("pointerdown", (event) => {
    if (!card.contains(event.target)) card.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeCard();
  });

  // What was done, and how to take it back.

  const told = document.getElementById("board-says");
  const undo = told.querySelector("button");
  let takesBack = null,
    quiet = null;

  function announce(what, back = null) {
    told.hidden = false;
    told.querySelector("span").textContent = what;
    takesBack = back;
    undo.hidden = !back;
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      told.hidden = true;
      takesBack = null;
    }, TOLD_FOR_MS);
  }

  undo.addEventListener("click", () => {
    const back = takesBack;
    takesBack = null;
    undo.hidden = true;
    back?.();
  });

  // News: asked for by itself, and answered with nothing while there is none.

  let mark = "",
    heardAt = new Date(),
    isAsking = false;

  async function news(isWanted = false) {
    const isInTheWay = held || carried?.ghost || isDragging || isBusy || document.hidden;
    if (isAsking || (isInTheWay && !isWanted)) return;
    isAsking = true;
    try {
      const headers = {
        "HX-Request": "true",
        "X-By-Itself": "1",
        Accept: "text/html",
        ...(mark ? { "If-None-Match": mark } : {}),
      };
      const answer = await fetch(location.href, { headers });
      if (answer.headers.get("HX-Redirect"))
        return location.assign(answer.headers.get("HX-Redirect"));
      if (answer.status === 200) {
        takeIn(await answer.text());
        mark = answer.headers.get("ETag") ?? "";
      }
      if (answer.ok || answer.status === 304) heardAt = new Date();
    } catch {
      announce(say("stale", heardAt.toTimeString().slice(0, 5)));
    } finally {
      isAsking = false;
    }
  }

  function takeIn(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const id of ["lanes", "pool"]) {
      const fresh = page.getElementById(id),
        here = document.getElementById(id);
      if (!fresh || !here) continue;
      const at = here.contains(document.activeElement)
        ? document.activeElement.closest("[id]")?.id
        : null;
      here.replaceChildren(...fresh.childNodes);
      if (at && at !== id) document.getElementById(at)?.focus({ preventScroll: true });
    }
    read();
    draw();
    const size = document.getElementById("pool-count"),
      list = document.querySelector(".pool-list");
    if (size)
      size.textContent = `${document.querySelectorAll(".pool-card").length}${list?.dataset.next ?? ""}`;
    reachable();
  }

  function reachable() {
    const first = document.querySelector(".pool-card");
    if (first && !document.querySelector(".pool-card[tabindex='0']")) first.tabIndex = 0;
  }

  // The same as a table.

  const asTable = document.getElementById("as-table");
  asTable.hidden = false;
  asTable.addEventListener("click", () => {
    const isTable = drawn.hidden;
    drawn.hidden = !isTable;
    document.getElementById("lanes").hidden = isTable;
    asTable.setAttribute("aria-pressed", String(!isTable));
  });

  draw();
  withoutRoles();
  reachable();
  setInterval(news, NEWS_EACH_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) news();
  });
  document.documentElement.dataset.board = "drawn";
})();
