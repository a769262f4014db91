// Copies what a button names, and says so on the button.
"use strict";

const textOf = (from) =>
  "value" in from ? from.value : [...from.children].map((each) => each.textContent).join("\n");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const from = document.querySelector(button.dataset.copies);
  from.select?.();
  try {
    await navigator.clipboard.writeText(textOf(from));
    button.textContent = button.dataset.done;
  } catch {
    // Without HTTPS a browser copies nothing; what is chosen can be copied by hand.
  }
});
