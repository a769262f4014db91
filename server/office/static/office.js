// What the office's pages do beyond links and forms: keys, and texts that are not lost.
"use strict";

const isTyping = (target) => target.matches("input, textarea, select, [contenteditable]");

// Keys. Whatever has data-key is pressed by it; "?" lists them.

function nameOf(event) {
  const name = event.key === "Enter" ? "enter" : event.key.toLowerCase();
  return event.ctrlKey || event.metaKey ? `ctrl+${name}` : name;
}

document.addEventListener("keydown", (event) => {
  // A key that is held down across two pages must not judge the next visit, too.
  if (event.altKey || event.isComposing || event.repeat) return;
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
  if (dialog.open) return;
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
  if (event.target.closest("[data-prints]")) printWhole();
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

// Texts that somebody types are kept in this browser, for them alone and for a working day, until the form
// was sent and the server has said that it is done.

const KEPT_MS = 12 * 3600 * 1000;
const DONE = "doorstep_done";
const SENT = "doorstep/office/sent";

const keptUnder = (form) => `doorstep/office/${document.body.dataset.person}/${form.dataset.keeps}`;

/** What stands in a field before anybody has touched it. */
function untouched(field) {
  if (!field.matches("select")) return field.defaultValue;
  const chosen = [...field.options].find((each) => each.defaultSelected) ?? field.options[0];
  return chosen?.value;
}

/** The hidden field with what stood in a field when the page was opened. */
const wasIn = (form, name) => form.elements[`was_${name}`];

/** The texts that were changed, each with what it was meant to change: the server sees who came between. */
function changesIn(form) {
  const said = {};
  for (const field of form.elements) {
    const isOurs = field.name && field.matches("textarea, select, input:not([type=hidden], [type=radio])");
    if (!isOurs || field.value === untouched(field)) continue;
    said[field.name] = { value: field.value, was: wasIn(form, field.name)?.value };
  }
  return said;
}

function remember(form) {
  const said = changesIn(form);
  try {
    if (Object.keys(said).length > 0) {
      localStorage.setItem(keptUnder(form), JSON.stringify({ at: Date.now(), said }));
    } else localStorage.removeItem(keptUnder(form));
  } catch {
    // A browser that keeps nothing still sends the form.
  }
}

function kept(form) {
  try {
    const { at, said } = JSON.parse(localStorage.getItem(keptUnder(form)));
    return Date.now() - at < KEPT_MS ? said : {};
  } catch {
    return {};
  }
}

function bringBack(form) {
  const before = [];
  for (const [name, { value, was }] of Object.entries(kept(form))) {
    const field = form.elements[name];
    if (!field || field.value === value || field.value !== untouched(field)) continue;
    before.push([field, field.value]);
    field.value = value;
    const hidden = wasIn(form, name);
    if (hidden) {
      before.push([hidden, hidden.value]);
      hidden.value = was;
    }
    field.closest("details")?.setAttribute("open", "");
  }
  if (before.length > 0) tellOfIt(form, before);
}

/** Says that texts were brought back, with a button that takes them away again. */
function tellOfIt(form, before) {
  const notice = document.getElementById("brought-back").content.firstElementChild.cloneNode(true);
  notice.querySelector("button").addEventListener("click", () => {
    for (const [field, value] of before) field.value = value;
    localStorage.removeItem(keptUnder(form));
    notice.remove();
  });
  form.prepend(notice);
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.keeps) remember(form);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.keeps) sessionStorage.setItem(SENT, keptUnder(form));
});

/** On the page that comes after a form: its texts go once the server has said so. */
function forgetWhatIsDone() {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (!document.cookie.includes(`${DONE}=`)) return;
  document.cookie = `${DONE}=; path=/office; max-age=0; samesite=lax`;
  if (sent) localStorage.removeItem(sent);
}

// Whoever searched for somebody and opens the form for a new one has typed the number or the name already.

document.addEventListener(
  "toggle",
  (event) => {
    const { open, dataset } = event.target;
    const typed = dataset.takes && document.querySelector(`main [name="${dataset.takes}"]`).value.trim();
    if (!open || !typed) return;
    const field = event.target.querySelector(/^[\d\s+()-]+$/.test(typed) ? "[name=phone]" : "[name=name]");
    if (!field.value) field.value = typed;
  },
  true,
);

// A form that is opened in place of what it edits: its texts come back, too, and it opens by itself for them.

document.addEventListener("htmx:load", (event) => {
  const opened = event.detail.elt;
  if (opened === document.body) return;
  const forms = opened.matches("form[data-keeps]") ? [opened] : opened.querySelectorAll("form[data-keeps]");
  for (const form of forms) {
    bringBack(form);
    if (form.contains(document.activeElement)) continue; // whoever is quick types already, further down
    form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  }
});

function openWhatWasTyped() {
  for (const link of document.querySelectorAll("[data-opens-form]")) {
    const typed = kept({ dataset: { keeps: link.dataset.opensForm } });
    if (Object.keys(typed).length > 0) link.click();
  }
}

// Pictures further down are fetched when somebody gets there; paper shows all of them, so they are fetched first.

const PICTURES_MS = 10_000; // longer than that nobody waits for paper

function fetchAll() {
  const lazy = [...document.querySelectorAll("img[loading=lazy]")];
  for (const each of lazy) each.loading = "eager";
  const late = new Promise((resolve) => setTimeout(resolve, PICTURES_MS));
  return Promise.race([late, Promise.all(lazy.map((each) => each.decode().catch(() => null)))]);
}

const printWhole = () => fetchAll().then(() => window.print());

document.addEventListener("keydown", (event) => {
  if (nameOf(event) !== "ctrl+p" || event.repeat || !document.querySelector("img[loading=lazy]")) return;
  event.preventDefault();
  printWhole();
});

forgetWhatIsDone();
document.addEventListener("DOMContentLoaded", openWhatWasTyped);
for (const form of document.querySelectorAll("form[data-keeps]")) bringBack(form);
