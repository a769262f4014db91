/** A part used, a part asked for, a serial number exchanged: what is asked for each. */

import { useState } from "preact/hooks";

import type { Charge, PartSource, RequestReason } from "../generated/words";
import { app } from "../here";
import type { Job } from "../jobs";
import { labelOf, language, words } from "../words";
import { Button, Choice, Count, Dialog, Field, Notice, useDraft } from "./controls";
import { CodeField } from "./scan";
import { search, skuOf, VanStock, type Stock } from "./stock";

const CHARGES: readonly Charge[] = ["customer", "warranty", "goodwill"];
const SOURCES: readonly PartSource[] = ["van", "site"];
const REASONS: readonly RequestReason[] = ["missing", "wrong", "damaged", "needed"];

interface FinderFacts {
  stock: Stock;
  query: string;
  onQuery: (query: string) => void;
  chosen: string | null;
  onChoose: (sku: string | null) => void;
}

/** A search with what it finds; once one is chosen the others step aside. */
function PartFinder({ stock, query, onQuery, chosen, onChoose }: FinderFacts) {
  const say = words.value.parts;
  const one = stock.catalogue.find((part) => part.sku === chosen);
  if (one) {
    return (
      <div class="line">
        <span class="line-main">
          <strong>{labelOf(one, language.value, "name") || one.sku}</strong>{" "}
          <span class="quiet">{one.sku}</span>
          <VanStock stock={stock} sku={one.sku} />
        </span>
        <Button icon="search" onPress={() => onChoose(null)}>
          {say.another}
        </Button>
      </div>
    );
  }
  const found = search(stock, query);
  const scanned = (code: string) => {
    onQuery(code);
    onChoose(skuOf(stock, code));
  };
  return (
    <div class="stack">
      <CodeField
        kind="search"
        label={say.search}
        value={query}
        onInput={onQuery}
        onCode={scanned}
      />
      {found.length === 0 ? (
        <p class="empty">{say.noneFound}</p>
      ) : (
        <Choice
          label={say.found}
          isLabelHidden
          isList
          chosen={chosen}
          onChoose={onChoose}
          options={found.map((part) => ({
            value: part.sku,
            label: labelOf(part, language.value, "name") || part.sku,
            more: `${part.sku} · ${say.inVan(stock.van.get(part.sku) ?? 0)}`,
          }))}
        />
      )}
    </div>
  );
}

interface DialogFacts {
  job: Job;
  stock: Stock;
  onClose: () => void;
}

export function UseDialog({ job, stock, onClose }: DialogFacts) {
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
          <CodeField label={say.parts.serial} value={serial} onInput={setSerial} />
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
export function RequestDialog({ job, stock, onClose }: DialogFacts) {
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

export function SwapDialog({ job, onClose }: { job: Job; onClose: () => void }) {
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
      <CodeField label={say.oldSerial} value={old} onInput={setOld} />
      <CodeField label={say.newSerial} value={fresh} onInput={setFresh} />
      <Button kind="next" icon="check" isDisabled={!old.trim() || !fresh.trim()} onPress={save}>
        {say.swapNow}
      </Button>
    </Dialog>
  );
}
