// What was done, in words that are read aloud, too, and how to take it back.

const TOLD_FOR_MS = 30_000;

export const words = document.getElementById("board-words").dataset;
export const say = (name, what) => words[name].replace("{what}", what);

const told = document.getElementById("board-says");
const undo = told.querySelector("button");
let takesBack = null,
  quiet = null;

export function announce(what, back = null) {
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

export function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}
