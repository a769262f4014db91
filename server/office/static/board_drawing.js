// The board as it is drawn: everything of it is here once the table can be read.

import { dropped } from "./board_acts.js";
import { begin } from "./board_bars.js";
import { openCard } from "./board_cards.js";
import { drawn } from "./board_hands.js";
import { read } from "./board_lanes.js";
import "./board_keys.js";
import "./board_news.js";
import "./board_pool.js";

read();
begin(dropped, openCard);

// The same as a table.

const asTable = document.getElementById("as-table");
asTable.hidden = false;
asTable.addEventListener("click", () => {
  const isTable = drawn.hidden;
  drawn.hidden = !isTable;
  document.getElementById("lanes").hidden = isTable;
  asTable.setAttribute("aria-pressed", String(!isTable));
});

document.documentElement.dataset.board = "drawn";
