/** Parts: what was planned, what was used, what is missing; van stock beside each, over-use taken and said. */

import { useEffect, useState } from "preact/hooks";

import type { CataloguePart } from "../desks";
import type { PartLine } from "../domain/documents";
import type { Charge, PartSource, RequestReason } from "../generated/words";
import { app } from "../here";
import { isReadOnly, type Job } from "../jobs";
import { money } from "../times";
import { labelOf, language, named, words } from "../words";
import { Badge, Button, Choice, Count, Dialog, Field, Notice, useDraft } from "./controls";

const CHARGES: readonly Charge[] = ["customer", "warranty", "goodwill"];
const SOURCES: readonly PartSource[] = ["van", "site"];
const REASONS: readonly RequestReason[] = ["missing", "wrong", "damaged", "needed"];
const MOST_FOUND = 8;

/** What the tablet knows of parts: the catalogue, and what lies in the van by the ledger. */
interface Stock {
  catalogue: CataloguePart[];
  van: Map<string, number>;
}

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

async function readStock(): Promise<Stock> {
  const [catalogue, van] = await Promise.all([app.mine.catalogue(), app.mine.vanStock()]);
  return { catalogue, van };
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

function VanStock({ stock, sku }: { stock: Stock; sku: string }) {
  const count = stock.van.get(sku) ?? 0;
  return <span class="quiet"> {words.value.parts.inVan(count)}</span>;
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

interface FinderFacts {
  stock: Stock;
  query: string;
  onQuery: (query: string) => void;
  chosen: string | null;
  onChoose: (sku: string) => void;
}

function PartFinder({ stock, query, onQuery, chosen, onChoose }: FinderFacts) {
  const say = words.value.parts;
  const found = search(stock, query);
  return (
    <div class="stack">
      <Field kind="search" label={say.search} value={query} onInput={onQuery} />
      {found.length === 0 ? (
        <p class="empty">{say.noneFound}</p>
      ) : (
        <Choice
          label={say.found}
          isLabelHidden
          chosen={chosen}
          onChoose={onChoose}
          options={found.map((part) => ({
            value: part.sku,
            label: `${labelOf(part, language.value, "name")} · ${part.sku} · ${say.inVan(
              stock.van.get(part.sku) ?? 0,
            )}`,
          }))}
        />
      )}
    </div>
  );
}

/** What lies in the van comes first. */
function search({ catalogue, van }: Stock, query: string): CataloguePart[] {
  const wanted = query.trim().toLowerCase().split(/\s+/);
  const matching = catalogue.filter((part) => {
    const text = `${part.sku} ${part.name} ${part.name_zh}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  const inVan = (part: CataloguePart) => (van.get(part.sku) ?? 0) > 0;
  return [...matching.filter(inVan), ...matching.filter((part) => !inVan(part))].slice(
    0,
    MOST_FOUND,
  );
}

interface DialogFacts {
  job: Job;
  stock: Stock;
  onClose: () => void;
}

function UseDialog({ job, stock, onClose }: DialogFacts) {
  const say = words.value;
  const [query, setQuery] = useDraft(`${job.jobId}/part`);
  const [sku, setSku] = useState<string | null>(null);
  const [quantity, setQuantity] = useState(1);
  const [source, setSource] = useState<PartSource>("van");
  const [charge, setCharge] = useState<Charge>("customer");
  const [serial, setSerial] = useState("");
  const inVan = sku ? (stock.van.get(sku) ?? 0) : 0;
  const save = async () => {
    if (!sku) return;
    const more = serial.trim() ? { serial: serial.trim() } : {};
    const isKept = await app.capture(job.jobId, (does) =>
      does.part(job.jobId, { sku, quantity, from: source, charge, ...more }),
    );
    if (!isKept) return;
    setQuery("");
    onClose();
  };
  return (
    <Dialog title={say.parts.use} onClose={onClose}>
      <PartFinder stock={stock} query={query} onQuery={setQuery} chosen={sku} onChoose={setSku} />
      {sku && (
        <div class="stack">
          <Count label={say.parts.quantity} value={quantity} onChange={setQuantity} />
          <Choice
            label={say.parts.from}
            options={SOURCES.map((value) => ({ value, label: say.sources[value] }))}
            chosen={source}
            onChoose={setSource}
          />
          <Choice
            label={say.parts.charge}
            options={CHARGES.map((value) => ({ value, label: say.charges[value] }))}
            chosen={charge}
            onChoose={setCharge}
          />
          <Field label={say.parts.serial} value={serial} onInput={setSerial} />
          {source === "van" && quantity > inVan && (
            <Notice tone="risk">
              <p>{say.parts.overUse(inVan)}</p>
            </Notice>
          )}
          <Button kind="next" icon="check" onPress={save}>
            {say.parts.useNow}
          </Button>
        </div>
      )}
    </Dialog>
  );
}

/** Missing, wrong, damaged: what becomes the cause of the next trip. */
function RequestDialog({ job, stock, onClose }: DialogFacts) {
  const say = words.value;
  const [query, setQuery] = useDraft(`${job.jobId}/request`);
  const [sku, setSku] = useState<string | null>(null);
  const [reason, setReason] = useState<RequestReason | null>(null);
  const [quantity, setQuantity] = useState(1);
  const [text, setText] = useDraft(`${job.jobId}/request-words`);
  const save = async () => {
    if (!reason) return;
    const what = { ...(sku ? { sku } : {}), ...(text.trim() ? { words: text.trim() } : {}) };
    const isKept = await app.capture(job.jobId, (does) =>
      does.request(job.jobId, { ...what, quantity, reason }),
    );
    if (!isKept) return;
    setQuery("");
    setText("");
    onClose();
  };
  return (
    <Dialog title={say.parts.request} onClose={onClose}>
      <Choice
        label={say.parts.requestWhy}
        options={REASONS.map((value) => ({ value, label: say.requestReasons[value] }))}
        chosen={reason}
        onChoose={setReason}
      />
      <PartFinder stock={stock} query={query} onQuery={setQuery} chosen={sku} onChoose={setSku} />
      <Count label={say.parts.quantity} value={quantity} onChange={setQuantity} />
      <Field label={say.parts.requestWords} value={text} onInput={setText} lines={2} />
      <Button
        kind="next"
        icon="check"
        isDisabled={!reason || (!sku && !text.trim())}
        onPress={save}
      >
        {say.parts.requestNow}
      </Button>
    </Dialog>
  );
}

function SwapDialog({ job, onClose }: { job: Job; onClose: () => void }) {
  const say = words.value.parts;
  const [old, setOld] = useDraft(`${job.jobId}/old-serial`, job.sheet.asset?.serial ?? "");
  const [fresh, setFresh] = useDraft(`${job.jobId}/new-serial`);
  const save = async () => {
    const isKept = await app.capture(job.jobId, (does) =>
      does.swap(job.jobId, old.trim(), fresh.trim()),
    );
    if (!isKept) return;
    app.mine.drafts.forget(`${job.jobId}/old-serial`, `${job.jobId}/new-serial`);
    onClose();
  };
  return (
    <Dialog title={say.swap} onClose={onClose}>
      <Field label={say.oldSerial} value={old} onInput={setOld} />
      <Field label={say.newSerial} value={fresh} onInput={setFresh} />
      <Button kind="next" icon="check" isDisabled={!old.trim() || !fresh.trim()} onPress={save}>
        {say.swapNow}
      </Button>
    </Dialog>
  );
}
