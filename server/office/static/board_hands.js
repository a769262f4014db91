// What the page is for whoever looks at it, and what their hands hold: pointer and keyboard share it.

export const drawn = document.getElementById("lanes-drawn");
export const isWeek = drawn.dataset.view === "week";
export const may = {
  issue: "issues" in drawn.dataset,
  handOver: "handsOver" in drawn.dataset,
  cancel: "cancels" in drawn.dataset,
};

// Minutes: steps of the pointer and of the keyboard, how long something takes at first, and at least.
export const STEP_MIN = 15,
  KEY_STEP_MIN = 30,
  USUAL_MIN = 120,
  LEAST_MIN = 30;

// A finger that rests so long takes a thing up; one that moves on before scrolls the page.
export const LONG_PRESS_MS = 400,
  STILL_PX = 8;

export const hands = {
  held: null, // what the keyboard has picked up: a job or a card of the pool, and where it is now
  carried: null, // what the mouse or a finger carries out of the pool
  chosen: null, // the id of the job that the keyboard is at
  wantsFocus: false, // whether the chosen one has the focus back when it is drawn anew
  isDragging: false, // a bar, by the calendar
  isBusy: false, // an act is on its way
};
