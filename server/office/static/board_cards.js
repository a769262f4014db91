// What a bar says when somebody opens it: its row of the table, with its links.

import { hands } from "./board_hands.js";
import { jobs } from "./board_lanes.js";
import { element } from "./board_words.js";

const card = document.body.appendChild(element("div", "", "bar-card"));
card.hidden = true;
let opener = null;

export function openCard(id, el) {
  const job = jobs.get(id);
  opener = el;
  hands.chosen = id;
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
