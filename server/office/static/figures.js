// Charts of the figures. Each draws the numbers of the table that stands beside it, in the colours of the page.
"use strict";

const CHARTS = [];
const DARK = matchMedia("(prefers-color-scheme: dark)");
const BAR_PX = 26;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function numbersOf(box) {
  const rows = [...document.querySelectorAll(`#${box.dataset.chart} tbody tr`)].slice(0, box.dataset.most);
  return {
    names: rows.map((row) => row.dataset.name),
    values: rows.map((row) => (row.dataset.value === "" ? null : Number(row.dataset.value))),
  };
}

function datasets(box, values) {
  const ink = token("--accent");
  const line = box.dataset.chart === "steps" && box.dataset.kind !== "count";
  const own = {
    type: line ? "line" : "bar",
    label: box.dataset.title,
    data: values,
    borderColor: ink,
    backgroundColor: ink,
    borderWidth: line ? 2 : 0,
    pointRadius: values.length > 40 ? 0 : 3,
    maxBarThickness: 22,
    ...(line ? { clip: false } : {}),
    spanGaps: false,
  };
  if (!box.dataset.goal) return [own];
  const goal = {
    type: "line",
    label: box.dataset.goalName,
    data: values.map(() => Number(box.dataset.goal)),
    borderColor: token("--line-strong"),
    backgroundColor: token("--line-strong"),
    borderDash: [5, 4],
    borderWidth: 1,
    pointRadius: 0,
  };
  return [own, goal];
}

function bounds(box, values) {
  if (box.dataset.kind === "mean") return { min: box.dataset.chart === "lines" ? 0 : 1, max: 5 };
  const atZero = box.dataset.chart === "lines" || box.dataset.kind === "count";
  const isNearAll = box.dataset.kind === "share" && Math.max(...values) > 90;
  return { beginAtZero: atZero, ...(isNearAll ? { max: 100 } : { suggestedMax: 1 }) };
}

function axis(box, isOfNumbers, values) {
  const unit = box.dataset.kind === "share" ? "%" : "";
  return {
    grid: { color: token("--line"), display: isOfNumbers },
    border: { color: token("--line-strong") },
    ticks: {
      color: token("--ink-2"),
      autoSkip: isOfNumbers || box.dataset.chart === "steps",
      ...(isOfNumbers ? { callback: (value) => `${value}${unit}`, precision: 0 } : {}),
    },
    ...(isOfNumbers ? bounds(box, values) : {}),
  };
}

function draw(box) {
  const { names, values } = numbersOf(box);
  const lies = box.dataset.chart === "lines";
  if (lies) box.style.height = `${Math.max(names.length * BAR_PX + 40, 120)}px`;
  box.hidden = false;
  const data = { labels: names, datasets: datasets(box, values) };
  const options = {
    indexAxis: lies ? "y" : "x",
    animation: false,
    maintainAspectRatio: false,
    font: { family: token("--font") },
    scales: { x: axis(box, lies, values), y: axis(box, !lies, values) },
    plugins: { legend: { display: Boolean(box.dataset.goal), labels: { color: token("--ink"), boxHeight: 1 } } },
  };
  CHARTS.push(new Chart(box.querySelector("canvas"), { data, options }));
}

function drawAll() {
  while (CHARTS.length) CHARTS.pop().destroy();
  for (const box of document.querySelectorAll("[data-chart]")) draw(box);
}

drawAll();
for (const each of document.querySelectorAll("details.numbers")) each.open = false;
DARK.addEventListener("change", drawAll);
