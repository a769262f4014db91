/** A checklist as it is on the tablet, by the tablet's own screens: for the office, while it is written. */

import { render } from "preact";

import type { Sheet } from "../src/domain/documents";
import type { Language } from "../src/generated/words";
import type { Job } from "../src/jobs";
import { Checklist } from "../src/screens/checklist";
import { Photos } from "../src/screens/photos";
import { speak, words } from "../src/words";
import { visit } from "./here";

/** What the page says: the slots and steps, and in which language they are read. */
interface Shown {
  language: Language;
  slots: Sheet["slots"];
  checklist: NonNullable<Sheet["checklist"]>;
}

const place = document.querySelector<HTMLElement>("[data-shown]");
if (place) void show(place, JSON.parse(place.dataset["shown"] ?? "{}") as Shown);

async function show(on: HTMLElement, shown: Shown): Promise<void> {
  if (await speak(shown.language)) render(<Preview {...shown} />, on);
}

function Preview({ slots, checklist }: Shown) {
  const sheet = {
    id: "preview",
    slots,
    checklist,
    retakes: [],
    visit: visit.value,
    state: "on_site",
  };
  const job: Job = {
    jobId: sheet.id,
    sheet: sheet as unknown as Sheet, // nothing else of it is looked at
    visit: visit.value,
    standing: "mine",
    reason: null,
  };
  const say = words.value.stages;
  return (
    <article class="job">
      <div class="stack">
        <h2>{say.photos}</h2>
        <Photos job={job} />
        <h2>{say.checklist}</h2>
        <Checklist job={job} />
      </div>
    </article>
  );
}
