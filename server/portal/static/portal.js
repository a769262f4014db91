// The page goes on by itself while somebody looks at it: where things stand is asked for anew, and only that.
"use strict";

const live = document.getElementById("live");
const EVERY = 20_000; // milliseconds
let mark = null;

async function ask() {
  if (document.hidden) return;
  try {
    const headers = mark ? { "If-None-Match": mark } : {};
    const answer = await fetch(live.dataset.news, { headers, cache: "no-store" });
    if (answer.status !== 200) return;
    mark = answer.headers.get("ETag");
    put(await answer.text());
  } catch {
    // No signal: the page stays as it is, and says as of when.
  }
}

function put(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("standing");
  const old = document.getElementById("standing");
  if (!fresh || !old) return;
  const isOther = fresh.dataset.stage !== old.dataset.stage;
  old.replaceWith(fresh);
  const asOf = document.getElementById("as-of");
  const at = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  if (asOf) asOf.textContent = asOf.dataset.words + at;
  if (isOther && !isTyping()) location.reload();
}

/** What somebody is writing is never taken away. */
function isTyping() {
  const fields = [...document.querySelectorAll("textarea, input:checked")];
  return fields.some((each) => each.type === "radio" || each.value.trim() !== "");
}

function sayThatItIsSeen() {
  if (document.hidden) return;
  document.removeEventListener("visibilitychange", sayThatItIsSeen);
  fetch(live.dataset.seen, { method: "POST", keepalive: true }).catch(() => {});
}

if (live) {
  document.addEventListener("visibilitychange", sayThatItIsSeen);
  sayThatItIsSeen();
  if (live.dataset.live) {
    setInterval(ask, EVERY);
    document.addEventListener("visibilitychange", ask);
  }
}

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
