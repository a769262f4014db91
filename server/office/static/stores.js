// Scanned lines: Enter in the field for scanning adds a part or one more piece, at once and without a mouse.
"use strict";

const KEPT_FOR_MS = 12 * 3600 * 1000;
const MANY = /^([0-9]{1,6})\s*[*×]\s*(\S.*)$/;
const MOST = 999999;

for (const scanner of document.querySelectorAll("[data-scanner]")) {
  const field = scanner.querySelector("input[name=scan]");
  const body = scanner.querySelector("tbody");
  const said = scanner.querySelector("[data-said]");
  const lines = () => [...body.querySelectorAll("tr")];
  const sku = (line) => line.querySelector("input[name=sku]");
  const quantity = (line) => line.querySelector("input[name=quantity]");

  const fresh = () => {
    const line = scanner.querySelector("template").content.firstElementChild.cloneNode(true);
    body.append(line);
    return line;
  };

  const add = (text) => {
    const found = MANY.exec(text);
    const [more, code] = found ? [Number(found[1]), found[2]] : [1, text];
    const same = lines().find((each) => sku(each).value.toLowerCase() === code.toLowerCase());
    const line = same ?? lines().find((each) => !sku(each).value && !quantity(each).value) ?? fresh();
    if (!same) sku(line).value = code;
    const before = /^[0-9]+$/.test(quantity(line).value) ? Number(quantity(line).value) : 0;
    quantity(line).value = Math.min(before + more, MOST);
    for (const each of lines()) each.classList.toggle("new", each === line);
    keep();
    said.textContent = `${quantity(line).value} × ${sku(line).value}`;
    if (!same) call(line);
  };

  /** What the catalogue calls the part of a line; the spelling of its number is the catalogue's. */
  const call = async (line) => {
    const code = sku(line).value.trim();
    const told = line.querySelector(".line-name");
    line.querySelector(".told")?.remove();
    line.classList.remove("wrong");
    told.textContent = "";
    if (!code) return;
    const answer = await fetch(`${scanner.dataset.names}?code=${encodeURIComponent(code)}`);
    if (!answer.ok || sku(line).value.trim() !== code) return;
    const { sku: known, name } = await answer.json();
    if (known) {
      sku(line).value = known;
      told.textContent = name;
    } else {
      line.classList.add("wrong");
      const wrong = document.createElement("small");
      wrong.className = "told";
      wrong.textContent = scanner.dataset.unknown;
      told.after(wrong);
    }
  };

  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    take();
  });

  scanner.querySelector("button[name=add]").addEventListener("click", (event) => {
    event.preventDefault();
    take();
    field.focus();
  });

  const take = () => {
    const text = field.value.trim();
    field.value = "";
    if (text) add(text);
  };

  // Enter in a line goes on scanning: a scanner presses it by itself, and nothing may be sent by that.
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
    event.preventDefault();
    field.focus();
  });

  body.addEventListener("change", (event) => {
    if (event.target.name === "sku") call(event.target.closest("tr"));
  });

  body.addEventListener("click", (event) => {
    if (!event.target.closest("[data-takes-away]")) return;
    event.target.closest("tr").remove();
    field.focus();
  });

  // Lines are kept in this browser until the server has said that they are entered (office.js forgets them).

  const form = scanner.closest("form");
  const key = `doorstep/office/${document.body.dataset.person}/${form.dataset.keepsLines}`;
  const written = () => lines().map((each) => [sku(each).value, quantity(each).value]);
  const first = JSON.stringify(written());

  const keep = () => {
    const now = written();
    try {
      if (JSON.stringify(now) === first) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ at: Date.now(), lines: now }));
    } catch {
      // A browser that keeps nothing still sends the form.
    }
  };

  const bringBackLines = () => {
    let kept;
    try {
      kept = JSON.parse(localStorage.getItem(key));
    } catch {
      return;
    }
    if (!kept || Date.now() - kept.at > KEPT_FOR_MS || scanner.querySelector(".line.wrong")) return;
    for (const [code, count] of kept.lines) {
      if (!code) continue;
      const same = lines().find((each) => sku(each).value === code);
      const line = same ?? lines().find((each) => !sku(each).value && !quantity(each).value) ?? fresh();
      sku(line).value = code;
      quantity(line).value = count;
      if (!same) call(line);
    }
    const notice = document.getElementById("brought-back").content.firstElementChild.cloneNode(true);
    notice.querySelector("button").addEventListener("click", () => {
      localStorage.removeItem(key);
      location.reload();
    });
    form.prepend(notice);
  };

  bringBackLines();
  scanner.addEventListener("input", keep);
  new MutationObserver(keep).observe(body, { childList: true });
  form.addEventListener("submit", () => sessionStorage.setItem("doorstep/office/sent", key));

  const show = () => {
    for (const each of scanner.querySelectorAll("[data-takes-away]")) each.hidden = false;
  };
  show();
  new MutationObserver(show).observe(body, { childList: true });
}
