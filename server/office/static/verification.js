// The bench: pictures by key, before laid over after, and reasons at one keystroke.
"use strict";

const thumbs = () => [...document.querySelectorAll(".thumb")];
const panelOf = (name) => document.querySelector(`[data-judging="${name}"]`);

// The picture in sight.

function showPhoto(thumb) {
  leaveComparing();
  const large = document.getElementById("large");
  large.src = thumb.dataset.shows;
  large.alt = thumb.querySelector("img").alt;
  showBeside(thumb);
  for (const each of thumbs()) {
    if (each === thumb) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
  for (const each of document.querySelectorAll(".about-photo")) {
    each.hidden = each.id !== `about-${thumb.dataset.photo}`;
  }
  askAbout(thumb);
  thumb.scrollIntoView({ block: "nearest", inline: "nearest" });
  const next = thumbs()[thumbs().indexOf(thumb) + 1];
  if (next) new Image().src = next.dataset.shows; // there before the key is pressed
}

/** What was sent back stands beside the picture that came for it. */
function showBeside(thumb) {
  const was = document.getElementById("was");
  if (!was) return;
  was.hidden = !thumb.dataset.was;
  if (was.hidden) return;
  was.querySelector("img").src = thumb.dataset.was;
  was.querySelector("figcaption span").textContent = thumb.dataset.wasWords;
}

/** The form that asks for a new picture is about the one in sight. */
function askAbout(thumb) {
  const panel = panelOf("retake");
  if (!panel) return;
  const form = panel.querySelector("form");
  form.action = form.dataset.action.replace("PHOTO", thumb.dataset.photo);
  form.elements.rev.value = thumb.dataset.rev;
  panel.hidden = "apart" in thumb.dataset;
  putInOrder(panel, thumb);
}

// A doubt, and what a slot is called by -> the reasons that come first; as server/office/reasons.py says.
const likely = () => JSON.parse(document.querySelector("[data-likely]")?.dataset.likely ?? "{}");

function putInOrder(panel, thumb) {
  const { doubts = {}, slots = {} } = likely();
  const first = thumb.dataset.doubts.split(" ").map((doubt) => doubts[doubt]);
  for (const [word, usual] of Object.entries(slots)) {
    if (thumb.dataset.slot.includes(word)) first.push(...usual);
  }
  const list = panel.querySelector("[data-reasons]");
  for (const code of [...new Set(first)].reverse()) {
    const choice = list.querySelector(`[data-code="${CSS.escape(code ?? "")}"]`);
    if (choice) list.prepend(choice);
  }
  [...list.querySelectorAll("kbd")].forEach((key, at) => (key.textContent = at + 1));
}

function stepPhoto(by) {
  const all = thumbs();
  const next = all[all.findIndex((each) => each.hasAttribute("aria-current")) + by];
  if (next) showPhoto(next);
}

document.addEventListener("click", (event) => {
  const thumb = event.target.closest(".thumb");
  if (thumb && !event.ctrlKey && !event.metaKey && document.getElementById("large")) {
    event.preventDefault();
    showPhoto(thumb);
  }
  if (event.target.id === "large") event.target.closest(".stage").classList.toggle("close");
});

// Before and after: with a script one lies over the other, and a slider shows more of either.

const comparisons = [...document.querySelectorAll("[data-compare]")];

for (const each of comparisons) {
  each.hidden = true;
  each.classList.add("over");
  const slider = each.querySelector("input");
  slider.hidden = false;
  const lay = () => each.style.setProperty("--shown", `${slider.value}%`);
  slider.addEventListener("input", lay);
  lay();
}

function leaveComparing() {
  const { activeElement } = document;
  if (activeElement?.closest("[data-compare]")) activeElement.blur(); // the next arrow is the pictures'
  for (const each of comparisons) each.hidden = true;
  document.querySelector(".stages").hidden = false;
}

/** The next comparison in the place of the picture; behind the last one the picture again. */
function compare() {
  const next = comparisons[comparisons.findIndex((each) => !each.hidden) + 1];
  leaveComparing();
  if (!next) return;
  document.querySelector(".stages").hidden = true;
  document.querySelector(".stages").after(next);
  next.hidden = false;
  next.querySelector("input").focus();
}

// Verdicts: R or W opens the reasons, a digit chooses one, Enter sends it.

function openPanel(name) {
  const panel = panelOf(name);
  if (!panel || panel.hidden) return;
  for (const each of document.querySelectorAll("[data-judging]")) each.open = each === panel;
  panel.querySelector("input[type=radio]:checked, input[type=radio]")?.focus();
}

function choose(panel, digit) {
  if (digit === 0) return panel.querySelector("input[name=reason]").focus();
  const choice = panel.querySelectorAll("[data-reasons] input")[digit - 1];
  if (!choice) return;
  choice.checked = true;
  choice.focus();
}

const isText = (target) => target.matches("textarea, select, input:not([type=radio], [type=range])");
const ACTS = {
  r: () => openPanel("retake"),
  w: () => openPanel("rework"),
  z: () => document.querySelector(".stage").classList.toggle("close"),
  c: compare,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) {
    if (!event.repeat || !event.key.startsWith("Arrow")) return;
  }
  if (isText(event.target) || document.querySelector("dialog[open]")) return;
  const open = document.querySelector("[data-judging][open]");
  if (event.key === "Escape" && open) open.open = false;
  else if (open && /^\d$/.test(event.key)) choose(open, Number(event.key));
  else if (event.key in ACTS) ACTS[event.key]();
  else if (event.key.startsWith("Arrow") && event.target.matches("input")) return;
  else if (event.key === "ArrowRight") stepPhoto(1);
  else if (event.key === "ArrowLeft") stepPhoto(-1);
  else return;
  event.preventDefault();
});

// The pictures of the next visit are there before its key is pressed.
for (const each of document.querySelectorAll("[data-ahead]")) {
  for (const address of each.dataset.ahead.trim().split(" ")) {
    if (address) new Image().src = address;
  }
}
const current = document.querySelector(".thumb[aria-current]");
if (current) askAbout(current);
