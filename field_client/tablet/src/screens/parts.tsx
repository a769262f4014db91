/** Parts: what was planned, what was used, what is missing; van stock beside each, over-use taken and said. */

import { useEffect, useState } from "preact/hooks";

import type { PartLine } from "../domain/documents";
import type { Charge } from "../generated/words";
import { app } from "../here";
import { isReadOnly, type Job } from "../jobs";
import { money } from "../times";
import { labelOf, language, named, words } from "../words";
import { Badge, Button } from "./controls";
import { RequestDialog, SwapDialog, UseDialog } from "./part-forms";
import { readStock, VanStock, type Stock } from "./stock";

type Asking = "use" | "request" | "swap" | null;

export function Parts({ job }: { job: Job }) {
  const say = words.value.parts;
  const [stock, setStock] = useState<Stock | null>(null);
  const [asking, setAsking] = useState<Asking>(null);
  const desk = app.desk.value;
  const jobs = app.jobs.value;
  useEffect(() => {
    if (desk) void readStock().then(setStock);
  }, [desk, jobs]);
  const close = () => setAsking(null);
  return (
    <div class="stack">
      {stock && <Planned job={job} stock={stock} />}
      <Used job={job} stock={stock} />
      <Requests job={job} stock={stock} />
      <Swaps job={job} />
      {!isReadOnly(job) && (
        <div class="actions">
          <Button kind="strong" icon="part" onPress={() => setAsking("use")}>
            {say.use}
          </Button>
          <Button icon="alert" onPress={() => setAsking("request")}>
            {say.request}
          </Button>
          <Button icon="again" onPress={() => setAsking("swap")}>
            {say.swap}
          </Button>
        </div>
      )}
      {asking === "use" && stock && <UseDialog job={job} stock={stock} onClose={close} />}
      {asking === "request" && stock && <RequestDialog job={job} stock={stock} onClose={close} />}
      {asking === "swap" && <SwapDialog job={job} onClose={close} />}
    </div>
  );
}

function nameOf(job: Job, stock: Stock | null, sku: string | null): string {
  const planned = job.sheet.planned_parts.find((each) => each.sku === sku);
  const known = stock?.catalogue.find((each) => each.sku === sku);
  return labelOf(known ?? planned, language.value, "name") || (sku ?? "…");
}

function Planned({ job, stock }: { job: Job; stock: Stock }) {
  const say = words.value.parts;
  const used = new Set(lines(job).map(([, line]) => line.sku));
  const open = job.sheet.planned_parts.filter((each) => !used.has(each.sku));
  if (open.length === 0 || isReadOnly(job)) return null;
  const use = (sku: string, quantity: number, charge: Charge) =>
    app.capture(job.jobId, (does) => does.part(job.jobId, { sku, quantity, charge, from: "van" }));
  return (
    <section aria-label={say.planned}>
      <h3>{say.planned}</h3>
      <ul class="lines">
        {open.map(({ sku, quantity, charge }) => (
          <li key={sku} class="line">
            <span class="line-main">
              {quantity} × {nameOf(job, stock, sku)}
              <VanStock stock={stock} sku={sku} />
            </span>
            <Button
              icon="check"
              label={`${say.used}: ${nameOf(job, stock, sku)}`}
              onPress={() => use(sku, quantity, charge)}
            >
              {say.used}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function lines(job: Job): [string, PartLine][] {
  return Object.entries(job.visit.parts).filter(([, line]) => !line.voided);
}

function Used({ job, stock }: { job: Job; stock: Stock | null }) {
  const say = words.value;
  const used = lines(job);
  if (used.length === 0) return null;
  return (
    <section aria-label={say.parts.usedTitle}>
      <h3>{say.parts.usedTitle}</h3>
      <ul class="lines">
        {used.map(([lineId, line]) => (
          <li key={lineId} class="line">
            <span class="line-main">
              {line.quantity} × {nameOf(job, stock, line.sku)}
              <span class="quiet">
                {" "}
                {named(say.charges, line.charge)}
                {line.unit_price !== null &&
                  line.charge === "customer" &&
                  ` ${money(line.unit_price * (line.quantity ?? 1), line.currency, language.value)}`}
                {line.serial && ` · ${line.serial}`}
              </span>
            </span>
            {!isReadOnly(job) && (
              <Button
                kind="quiet"
                icon="bin"
                label={`${say.parts.void}: ${nameOf(job, stock, line.sku)}`}
                onPress={() =>
                  app.capture(job.jobId, (does) =>
                    does.void(job.jobId, lineId, say.parts.voidReason),
                  )
                }
              >
                {say.parts.void}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Requests({ job, stock }: { job: Job; stock: Stock | null }) {
  const say = words.value;
  const asked = Object.entries(job.visit.requests);
  if (asked.length === 0) return null;
  return (
    <section aria-label={say.parts.requested}>
      <h3>{say.parts.requested}</h3>
      <ul class="lines">
        {asked.map(([requestId, one]) => (
          <li key={requestId} class="line">
            <span class="line-main">
              {one.quantity} × {one.sku ? nameOf(job, stock, one.sku) : one.words}{" "}
              <Badge tone="risk" icon="alert">
                {named(say.requestReasons, one.reason)}
              </Badge>
              {one.sku && one.words && <span class="quiet"> {one.words}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Swaps({ job }: { job: Job }) {
  const say = words.value.parts;
  if (job.visit.swaps.length === 0) return null;
  return (
    <section aria-label={say.swapped}>
      <h3>{say.swapped}</h3>
      <ul class="lines">
        {job.visit.swaps.map((swap) => (
          <li key={`${swap.old_serial}/${swap.new_serial}`} class="line">
            {say.swapPair(swap.old_serial, swap.new_serial)}
          </li>
        ))}
      </ul>
    </section>
  );
}
