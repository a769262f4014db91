/** After a move the focus stands on the heading of what is shown now: a keyboard goes on there, and a screen reader says where one is. */

import { effect } from "@preact/signals";

import { app } from "./here";
import { place, type Place } from "./routes";

const MOST_FRAMES = 90; // a screen that is fetched when it is first needed takes a moment

let turn = 0;

/** The first screen keeps the focus that the browser gives it. */
export function followWithFocus(): void {
  let isFirst = true;
  effect(() => {
    const here = place.value;
    const isAtDoor = app.door.value.is !== "open";
    const isHandedOver = app.handedOver.value !== null;
    if (!isFirst) seek(isAtDoor || isHandedOver ? "h1" : headingOf(here));
    isFirst = app.door.value.is === "opening";
  });
}

/** Beside a job the day has a heading of its own. */
function headingOf(here: Place): string {
  if (here.page !== "job") return "h1";
  return here.stage ? `#stage-${here.stage} h2` : "#job-title";
}

/** What is on its way to the screen is waited for, until somebody moves on. */
function seek(heading: string): void {
  const mine = (turn += 1);
  let frames = 0;
  const look = () => {
    if (mine !== turn) return;
    const found = document.querySelector<HTMLElement>(heading);
    if (found && frames > 0) return standOn(found);
    frames += 1;
    if (frames < MOST_FRAMES) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** The keyboard goes on from here. */
export function standOn(heading: HTMLElement): void {
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
