// News: asked for by itself, and answered with nothing while there is none.

import { draw } from "./board_bars.js";
import { hands } from "./board_hands.js";
import { read } from "./board_lanes.js";
import { announce, say } from "./board_words.js";

const NEWS_EACH_MS = 15_000;

let mark = "",
  heardAt = new Date(),
  isAsking = false;

export async function news(isWanted = false) {
  const isInTheWay =
    hands.held || hands.carried?.ghost || hands.isDragging || hands.isBusy || document.hidden;
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

reachable();
setInterval(news, NEWS_EACH_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) news();
});
