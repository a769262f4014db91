// The search of the bar: a combobox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). htmx asks while
// somebody types; here are the arrows, Enter and Escape, and where this browser was last.
"use strict";

{
  const field = document.querySelector(".bar-search [role=combobox]");
  const list = document.getElementById("search-found");
  const RECENT = `doorstep/office/${document.body.dataset.person}/recent`;
  const MOST = 12;

  // Only addresses are kept; the server says what they show, to whoever asks.

  const recent = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(RECENT));
      return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
    } catch {
      return [];
    }
  };

  const noteWhereWeAre = () => {
    const here = location.pathname;
    if (here.split("/").length < 4) return; // a list, not a thing
    try {
      const others = recent().filter((each) => each !== here);
      localStorage.setItem(RECENT, JSON.stringify([here, ...others].slice(0, MOST)));
    } catch {
      // A browser that keeps nothing still searches.
    }
  };

  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };

  const open = () => {
    list.hidden = false;
    field.setAttribute("aria-expanded", String(options().length > 0));
  };

  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    choose(null);
  };

  const step = (by) => {
    const all = options();
    if (all.length === 0) return;
    const at = all.indexOf(chosen());
    choose(all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length]);
  };

  /** Whether the list answers what stands in the field now. */
  const isFresh = () => list.querySelector(".found")?.dataset.words === field.value.trim();

  const go = (event) => {
    const option = isFresh() && !list.hidden ? chosen() : null;
    if (!option) return; // the form is sent, to the page with everything
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) window.open(option.href);
    else location.assign(option.href);
  };

  const KEYS = {
    ArrowDown: () => (list.hidden ? open() : step(1)),
    ArrowUp: () => step(-1),
    Escape: close,
  };

  if (field) {
    noteWhereWeAre();
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") return go(event);
      if (!KEYS[event.key]) return;
      if (event.key === "Escape" && list.hidden) return;
      event.preventDefault();
      event.stopPropagation();
      KEYS[event.key]();
    });
    field.addEventListener("focus", () => {
      if (list.querySelector(".found") && isFresh()) open();
    });
    field.addEventListener("htmx:configRequest", (event) => {
      if (field.value.trim() === "") event.detail.parameters.recent = recent();
    });
    list.addEventListener("htmx:afterSwap", () => {
      if (document.activeElement !== field) return;
      open();
      choose(field.value.trim() ? options()[0] : null);
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".bar-search")) close();
    });
    document.addEventListener("focusin", (event) => {
      if (!event.target.closest(".bar-search")) close();
    });
  }
}
