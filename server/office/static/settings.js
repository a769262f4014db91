// Steps and photos can be dragged to their place; the buttons do the same.
"use strict";

let lifted = null;

for (const list of document.querySelectorAll(".things")) {
  const form = document.getElementById("drag");
  if (!form) break;
  const things = [...list.children];
  for (const thing of things) {
    thing.draggable = true;
    thing.addEventListener("dragstart", (event) => {
      lifted = thing;
      thing.classList.add("lifted");
      event.dataTransfer.effectAllowed = "move";
    });
    thing.addEventListener("dragend", () => {
      thing.classList.remove("lifted");
      for (const each of things) each.classList.remove("over");
    });
    thing.addEventListener("dragover", (event) => {
      if (!lifted || lifted.parentElement !== list) return;
      event.preventDefault();
      for (const each of things) each.classList.toggle("over", each === thing && thing !== lifted);
    });
    thing.addEventListener("drop", (event) => {
      if (!lifted || lifted.parentElement !== list || lifted === thing) return;
      event.preventDefault();
      form.elements.listed.value = list.dataset.listed;
      form.elements.code.value = lifted.dataset.code;
      form.elements.at.value = String(things.indexOf(lifted));
      form.elements.to.value = String(things.indexOf(thing));
      form.requestSubmit();
    });
  }
}
