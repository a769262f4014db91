// The dispatch board: draws the table of lanes as time, and moves things by the forms of planning and jobs.
// Whatever speaks against a move is said before it is written; the table stays for whoever wants to read it.

for (const each of document.querySelectorAll("[data-at-once]")) {
  each.addEventListener("change", () => each.form.requestSubmit());
}
const isThere = document.getElementById("lanes-drawn") && document.querySelector("[data-lane]");
if (isThere && globalThis.EventCalendar) await import("./board_drawing.js");
