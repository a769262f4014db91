// What the office's pages do beyond links and forms: keys, texts that are not lost, the photo viewer.
"use strict";

const isTyping = (target) => target.matches("input, textarea, select, [contenteditable]");

// Keys. Whatever has data-key is pressed by it; "?" lists them.

function nameOf(event) {
  const name = event.key === "Enter" ? "enter" : event.key.toLowerCase();
  return event.ctrlKey || event.metaKey ? `ctrl+${name}` : name;
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.isComposing) return;
  const name = nameOf(event);
  if (isTyping(event.target) && !name.startsWith("ctrl+")) {
    if (name === "escape") event.target.blur();
    return;
  }
  if (event.target.closest("a, button, summary") && name === "enter") return;
  if (name === "?") return show(event);
  const wanted = document.querySelector(`[data-key="${CSS.escape(name)}"]`);
  if (!wanted || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  press(wanted);
});

function press(wanted) {
  if (wanted.matches("input, textarea, select")) {
    wanted.focus();
    wanted.select?.();
  } else if (wanted.matches("summary")) {
    wanted.parentElement.open = true;
    wanted.parentElement.querySelector("input:not([type=hidden]), textarea")?.focus();
  } else if (wanted.matches("[data-key='ctrl+enter']")) {
    wanted.form.requestSubmit(wanted);
  } else {
    wanted.click();
  }
}

function show(event) {
  event.preventDefault();
  openKeys();
}

function openKeys() {
  const dialog = document.getElementById("keys");
  const list = dialog.querySelector("dl");
  list.replaceChildren();
  for (const each of document.querySelectorAll("[data-key]")) {
    const term = document.createElement("dt");
    const key = document.createElement("kbd");
    key.textContent = each.dataset.key;
    term.append(key);
    const told = document.createElement("dd");
    told.textContent = each.dataset.does || each.getAttribute("aria-label") || each.textContent.trim();
    list.append(term, told);
  }
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-opens=keys]")) openKeys();
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

// Texts that somebody types are kept in this browser until the form was sent and answered well.

const keptUnder = (form) => `doorstep/office/${form.dataset.keeps}`;

function remember(form) {
  const said = {};
  for (const field of form.elements) {
    const isOurs = field.name && !field.name.startsWith("was_") && field.name !== "csrf_token";
    const isText = field.matches("textarea, select, input:not([type=hidden], [type=radio])");
    if (isOurs && isText && field.value !== field.defaultValue) said[field.name] = field.value;
  }
  try {
    if (Object.keys(said).length > 0) localStorage.setItem(keptUnder(form), JSON.stringify(said));
    else localStorage.removeItem(keptUnder(form));
  } catch {
    // A browser that keeps nothing still sends the form.
  }
}

function bringBack(form) {
  let said = null;
  try {
    said = JSON.parse(localStorage.getItem(keptUnder(form)));
  } catch {
    return;
  }
  for (const [name, value] of Object.entries(said ?? {})) {
    const field = form.elements[name];
    if (!field || field.value !== field.defaultValue) continue;
    field.value = value;
    field.closest("details")?.setAttribute("open", "");
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.keeps) remember(form);
});

// What was sent is forgotten on the page that comes after it; a page with the same form brings it back.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.keeps) sessionStorage.setItem("doorstep/office/sent", keptUnder(form));
});

function forgetWhatWasSent() {
  const sent = sessionStorage.getItem("doorstep/office/sent");
  sessionStorage.removeItem("doorstep/office/sent");
  if (!sent || document.querySelector(".door, [role=alert]")) return;
  localStorage.removeItem(sent);
}

// The photo viewer: a thumb shows its picture large; Z looks closer, arrows go from one to the next.

function showPhoto(thumb) {
  const large = document.getElementById("large");
  large.src = thumb.dataset.shows;
  large.alt = thumb.querySelector("img").alt;
  for (const each of document.querySelectorAll(".thumb")) {
    each.setAttribute("aria-pressed", String(each === thumb));
  }
  for (const each of document.querySelectorAll(".about-photo")) {
    each.hidden = each.id !== `about-${thumb.dataset.photo}`;
  }
  thumb.scrollIntoView({ block: "nearest", inline: "nearest" });
  const thumbs = [...document.querySelectorAll(".thumb")];
  const next = thumbs[thumbs.indexOf(thumb) + 1];
  if (next) new Image().src = next.dataset.shows; // there before the key is pressed
}

function stepPhoto(by) {
  const thumbs = [...document.querySelectorAll(".thumb")];
  const at = thumbs.findIndex((each) => each.getAttribute("aria-pressed") === "true");
  const next = thumbs[at + by];
  if (next) showPhoto(next);
}

document.addEventListener("click", (event) => {
  const thumb = event.target.closest(".thumb");
  if (thumb) showPhoto(thumb);
  if (event.target.id === "large") event.target.closest(".stage").classList.toggle("close");
});

document.addEventListener("keydown", (event) => {
  if (!document.body.classList.contains("bench") || isTyping(event.target)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowRight") stepPhoto(1);
  else if (event.key === "ArrowLeft") stepPhoto(-1);
  else if (event.key === "z") document.querySelector(".stage")?.classList.toggle("close");
  else if (event.key === "r") askAgain(event);
});

function askAgain(event) {
  const about = document.querySelector(".about-photo:not([hidden]) input[name=reason]");
  if (!about) return;
  event.preventDefault();
  about.focus();
}

forgetWhatWasSent();
for (const form of document.querySelectorAll("form[data-keeps]")) bringBack(form);
const first = document.querySelector(".thumb");
if (first) showPhoto(first);
for (const each of document.querySelectorAll("[data-ahead]")) {
  for (const address of each.dataset.ahead.trim().split(" ")) {
    if (address) new Image().src = address;
  }
}
