// Photos from a customer: dropped, pasted or chosen, they are sent one after the other while the form is filled
// in; a click shows one large. Without this script the form sends them all.
"use strict";

const zone = () => document.querySelector("[data-drop]");
const isPicture = (file) => file.type.startsWith("image/") || /\.(heic|heif)$/i.test(file.name);
let sending = Promise.resolve();
let waiting = 0;

const token = () => document.querySelector("input[name=csrf_token]").value;

function tell(words) {
  const told = zone()?.querySelector("[data-told]");
  if (told) told.textContent = words;
}

/** Sends them one by one; what could not be sent is chosen again, so that the form takes it along. */
function take(files) {
  if (files.length === 0 || !zone()) return;
  waiting += 1;
  sending = sending.then(() => send(files)).finally(() => (waiting -= 1));
}

async function send(files) {
  zone().closest("details")?.setAttribute("open", "");
  const left = [];
  const said = [];
  for (const [at, file] of files.entries()) {
    const { going, most, heavy, failed } = zone().dataset;
    tell(going.replace("NUMBER", at + 1).replace("COUNT", files.length));
    if (file.size > Number(most)) said.push(`${file.name}: ${heavy}`);
    else if (!(await sendOne(file))) {
      left.push(file);
      said.push(`${file.name}: ${failed}`);
    }
  }
  choose(left);
  tell(said.join(" "));
}

async function sendOne(file) {
  const body = new FormData();
  body.append("csrf_token", token());
  body.append("photos", file, file.name);
  try {
    const headers = { "HX-Request": "true", "X-CSRF-Token": token() };
    const answer = await fetch(zone().dataset.drop, { method: "POST", body, headers });
    if (!answer.ok || answer.redirected) return false;
    put(await answer.text());
    return true;
  } catch {
    return false;
  }
}

/** The list as the server has it now; what is being written beside a picture, and what was refused before, stay. */
function put(html) {
  const list = document.getElementById(zone().dataset.list);
  const made = new DOMParser().parseFromString(html, "text/html").getElementById(list.id);
  for (const field of list.querySelectorAll(".given input")) {
    const same = made.querySelector(`.given [name="${CSS.escape(field.name)}"]`);
    const isText = same && field.type === "text" && field.name.startsWith("note-");
    if (isText) same.value = field.value;
    if (field.name === "without" && field.checked) {
      made.querySelector(`[value="${CSS.escape(field.value)}"]`)?.setAttribute("checked", "");
    }
  }
  const refused = [...list.querySelectorAll(".refused > li")];
  const place = made.querySelector(".refused");
  const notice = refused[0]?.closest("[role=alert]");
  if (place) place.prepend(...refused);
  else if (notice) made.querySelector("h2") ? made.querySelector("h2").after(notice) : made.prepend(notice);
  if (list.querySelector("details.adding[open]")) made.querySelector("details.adding").open = true;
  list.replaceWith(made);
  prepare();
  htmx.process(made);
}

function choose(files) {
  const list = new DataTransfer();
  for (const file of files) list.items.add(file);
  const input = zone().querySelector("input[type=file]");
  input.files = list.files;
}

function prepare() {
  for (const hint of document.querySelectorAll("[data-hint]")) hint.hidden = false;
  for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-drop] input[type=file]")) return;
  const files = [...event.target.files];
  choose([]);
  take(files);
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])].filter(isPicture);
  if (files.length === 0) return;
  event.preventDefault();
  take(files);
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && zone();

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  zone().classList.add("over");
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) zone()?.classList.remove("over");
});

document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  zone().classList.remove("over");
  take([...event.dataTransfer.files]);
});

// Whoever opens the ticket while pictures are on their way waits for them.

document.addEventListener(
  "submit",
  (event) => {
    if (waiting === 0 || !event.target.contains(zone())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target, submitter } = event;
    sending.then(() => target.requestSubmit(submitter));
  },
  true,
);

// One picture large, over the page; the arrows go to the next.

const pictures = () => [...document.querySelectorAll("a[data-large]")];

function look(link) {
  const dialog = document.querySelector("dialog.looking") ?? stage();
  const [image, words] = dialog.children;
  const thumb = link.querySelector("img");
  image.src = link.href;
  image.alt = words.textContent = thumb.alt;
  dialog.dataset.at = pictures().indexOf(link);
  if (!dialog.open) dialog.showModal();
}

function stage() {
  const dialog = document.createElement("dialog");
  dialog.className = "looking";
  dialog.tabIndex = -1;
  dialog.append(document.createElement("img"), document.createElement("p"));
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step && pictures()[Number(dialog.dataset.at) + step];
    if (next) look(next);
  });
  document.body.append(dialog);
  return dialog;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-large]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  look(link);
});

prepare();
