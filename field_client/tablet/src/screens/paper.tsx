/** The receipt as the customer reads it: what was done, parts and prices, photos by number. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { AnswerLine, PricedLine, Receipt } from "../domain/documents";
import type { CataloguePart } from "../desks";
import { money } from "../domain/receipts";
import table from "../generated/receipts.json";
import type { Language } from "../generated/words";
import { app } from "../here";
import type { Job } from "../jobs";
import { slotsOf } from "../order";
import { addressLine, clockTime, dayName, phoneNumber } from "../times";
import { labelOf, named, type Words } from "../words";
import { Thumbnail } from "./photos";

interface PaperFacts {
  job: Job;
  receipt: Receipt;
  reader: Language;
  say: Words;
}

export function ReceiptPaper({ job, receipt, reader, say }: PaperFacts) {
  const words = table.words[reader];
  return (
    <article class="paper" aria-label={words.receipt}>
      <h1>{words.receipt}</h1>
      <p class="quiet">{filled(words.job, { job: receipt.job_id, ticket: receipt.ticket_id })}</p>
      <Part title={words.appointment}>
        <p>{receipt.customer.name}</p>
        <p>{addressLine(receipt.site)}</p>
        <p>{timesOf(receipt, reader)}</p>
        <p>{filled(words.installer, { name: receipt.installer.name })}</p>
        <p>
          {filled(words.shop, {
            name: receipt.shop.name,
            phone: phoneNumber(receipt.shop.phone ?? ""),
          })}
        </p>
      </Part>
      {receipt.asset && (
        <Part title={words.product}>
          <p>{[receipt.asset.name, receipt.asset.model].filter(Boolean).join(" · ")}</p>
          {receipt.asset.serial && <p>{filled(words.serial, { serial: receipt.asset.serial })}</p>}
        </Part>
      )}
      <Part title={words.work}>
        <p>{receipt.work}</p>
      </Part>
      {receipt.assessment && (
        <Part title={words.findings}>
          <p>{named(words, `severity.${receipt.assessment.severity}`)}</p>
          {receipt.assessment.words && <p>{receipt.assessment.words}</p>}
        </Part>
      )}
      <Answers receipt={receipt} reader={reader} job={job} say={say} />
      <Pictures receipt={receipt} reader={reader} job={job} />
      <PricedParts receipt={receipt} reader={reader} />
      {receipt.swaps.length > 0 && (
        <Part title={words.swaps}>
          {receipt.swaps.map((swap) => (
            <p key={swap.new_serial}>
              {filled(words.swap, { old: swap.old_serial, new: swap.new_serial })}
            </p>
          ))}
        </Part>
      )}
      {receipt.requests.length > 0 && (
        <Part title={words.requests}>
          {receipt.requests.map((one) => (
            <p key={one.request_id}>
              {one.quantity} × {one.words ?? one.sku} · {named(words, `reason.${one.reason}`)}
            </p>
          ))}
        </Part>
      )}
      {receipt.notes.length > 0 && (
        <Part title={words.notes}>
          {receipt.notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Part>
      )}
      {receipt.care_card && (
        <Part title={words.care}>
          <p>{receipt.care_card}</p>
        </Part>
      )}
    </article>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="paper-part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function timesOf(receipt: Receipt, reader: Language): string {
  const words = table.words[reader];
  const { arrived } = receipt.times;
  if (!arrived) return "";
  const zone = receipt.window.time_zone;
  const at = `${dayName(arrived, reader, zone)} ${clockTime(arrived, reader, zone)}`;
  return filled(words.arrived, { at });
}

type AnswersFacts = PaperFacts;

function Answers({ receipt, reader, job, say }: AnswersFacts) {
  const words = table.words[reader];
  if (receipt.answers.length === 0) return null;
  return (
    <Part title={words.checklist}>
      <dl class="pairs">
        {receipt.answers.map((line) => (
          <div key={line.step_id}>
            <dt>{line.label}</dt>
            <dd>{answerText(line, job, reader, say)}</dd>
          </div>
        ))}
      </dl>
    </Part>
  );
}

function answerText(line: AnswerLine, job: Job, reader: Language, say: Words): string {
  const step = job.sheet.checklist?.steps.find((each) => each.step_id === line.step_id);
  const { answer } = line;
  if (typeof answer === "boolean") return answer ? say.yes : say.no;
  const labels = (typeof answer === "object" ? answer : [answer]).map((one) => {
    const choice = step?.choices?.find((each) => each.value === String(one));
    return labelOf(choice, reader) || String(one);
  });
  return `${labels.join(", ")} ${step?.unit ?? ""}`.trim();
}

function Pictures({ receipt, reader, job }: Omit<PaperFacts, "say">) {
  const words = table.words[reader];
  const labels = new Map(slotsOf(job.sheet, job.visit).map((each) => [each.slot, each.label]));
  if (receipt.photos.length === 0) return null;
  return (
    <Part title={words.photos}>
      <ul class="paper-photos">
        {receipt.photos.map((photo) => {
          const slot = labelOf(labels.get(photo.slot), reader) || photo.slot;
          const caption = filled(words.photo, { number: String(photo.number), slot });
          return (
            <li key={photo.photo_id}>
              <Thumbnail sha256={photo.sha256} alt={caption} />
              <span>{caption}</span>
            </li>
          );
        })}
      </ul>
    </Part>
  );
}

function PricedParts({ receipt, reader }: { receipt: Receipt; reader: Language }) {
  const words = table.words[reader];
  const names = usePartNames(reader);
  if (receipt.parts.length === 0) return null;
  return (
    <Part title={words.parts}>
      <table class="paper-parts">
        <tbody>
          {receipt.parts.map((line) => (
            <tr key={line.line_id}>
              <td>
                {line.quantity} × {line.name === line.sku ? names.get(line.sku) : line.name}
                {line.serial && ` · ${filled(words.serial, { serial: line.serial })}`}
              </td>
              <td class="figure">{priceOf(line, reader)}</td>
            </tr>
          ))}
          {receipt.totals.map((total) => (
            <tr key={total.currency} class="paper-total">
              <th scope="row">{words.to_pay}</th>
              <td class="figure">{total.amount !== null && money(total.amount, total.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}

/** The receipt names planned parts; what came besides is read with its name from the catalogue. */
function usePartNames(reader: Language): { get(sku: string): string } {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const desk = app.desk.value;
  useEffect(() => {
    const noted = (parts: CataloguePart[]) =>
      setNames(new Map(parts.map((part) => [part.sku, labelOf(part, reader, "name")])));
    if (desk) void desk.catalogue().then(noted);
  }, [desk, reader]);
  return {
    get: (sku) => {
      const name = names.get(sku);
      return name ? `${name} (${sku})` : sku;
    },
  };
}

function priceOf(line: PricedLine, reader: Language): string {
  const words = table.words[reader];
  if (line.charge !== "customer") return named(words, `charge.${line.charge}`);
  return line.amount === null ? words.unpriced : money(line.amount, line.currency);
}

function filled(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}
