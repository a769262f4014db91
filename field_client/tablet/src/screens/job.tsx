/** One job: who, where, what; then the visit, led by the order of work. */

import { useEffect, useState } from "preact/hooks";

import { app } from "../here";
import type { Job } from "../jobs";
import { isReadOnly } from "../jobs";
import { place } from "../routes";
import { addressLine, fullDay, phoneNumber } from "../times";
import { wayTo } from "../ways";
import { labelOf, language, named, words } from "../words";
import { Button, Fold, LinkButton, Notice } from "./controls";
import { JobBadges, StateBadge } from "./day";
import { Earlier, FromCustomer } from "./earlier";
import { VisitScreen } from "./visit";
import { windowWords } from "./windows";

export function JobScreen({ job }: { job: Job }) {
  const here = place.value;
  useEffect(() => {
    if (here.page === "job" && here.stage === null) scrollTo(0, 0);
  }, [job.jobId]);
  useEffect(() => {
    return () => app.desk.value?.drafts.write(`${job.jobId}/seen`, String(job.sheet.rev));
  }, [job.jobId, job.sheet.rev]);
  return (
    <article class="job" aria-labelledby="job-title">
      <JobHead job={job} />
      <Standing job={job} />
      <VisitScreen job={job} />
      <JobFacts job={job} />
    </article>
  );
}

function JobHead({ job }: { job: Job }) {
  const { sheet } = job;
  return (
    <header class="job-head">
      <p class="job-window">{windowWords(job)}</p>
      <h1 id="job-title">{sheet.customer.name}</h1>
      <p class="job-work">{sheet.work}</p>
      <p class="badges">
        <StateBadge job={job} />
        <JobBadges job={job} />
      </p>
      <Ways job={job} />
      {sheet.site.access_notes && (
        <p class="job-access">
          <strong>{words.value.job.access}</strong> {sheet.site.access_notes}
        </p>
      )}
    </header>
  );
}

/** Calling, finding the way, copying the address: each one tap. */
function Ways({ job }: { job: Job }) {
  const say = words.value.job;
  const { customer, site } = job.sheet;
  const address = addressLine(site);
  return (
    <div class="ways">
      <p class="job-address">{address}</p>
      {customer.phone && (
        <LinkButton to={`tel:${customer.phone.replace(/\s/g, "")}`} icon="phone">
          {say.call(phoneNumber(customer.phone))}
        </LinkButton>
      )}
      <LinkButton to={wayTo(site, address)} icon="map">
        {say.navigate}
      </LinkButton>
      <Copy text={address} />
    </div>
  );
}

const COPIED_MS = 3_000;

function Copy({ text }: { text: string }) {
  const say = words.value.job;
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <Button icon={isCopied ? "check" : "copy"} onPress={copy}>
      {isCopied ? say.copied : say.copyAddress}
    </Button>
  );
}

/** A job that was cancelled or given away meanwhile, in words that hurt nobody's work. */
function Standing({ job }: { job: Job }) {
  const say = words.value;
  const { verdict } = job.sheet;
  const figures = app.figures.value.byJob.get(job.jobId);
  const looked = (figures?.recorded ?? 0) + (figures?.quarantined ?? 0);
  return (
    <>
      {isReadOnly(job) && (
        <Notice tone="risk" icon="leave">
          <p>{say.job.leaving(named(say.reasons, job.reason ?? "removed"))}</p>
        </Notice>
      )}
      {!isReadOnly(job) && job.sheet.state === "cancelled" && (
        <Notice tone="risk" icon="leave">
          <p>{say.job.cancelled}</p>
        </Notice>
      )}
      {looked > 0 && (
        <Notice tone="risk" icon="office">
          <p>{say.job.forTheOffice(looked)}</p>
        </Notice>
      )}
      {verdict?.verdict === "rework" && (
        <Notice tone="risk" icon="again">
          <p>{say.job.rework(verdict.reason ?? "")}</p>
        </Notice>
      )}
    </>
  );
}

function JobFacts({ job }: { job: Job }) {
  const say = words.value.job;
  const { sheet } = job;
  const given = sheet.from_customer ?? [];
  return (
    <div class="facts">
      <Fold title={say.about} isOpen>
        <About job={job} />
      </Fold>
      {given.length > 0 && (
        <Fold title={say.fromCustomer(given.length)} isOpen>
          <FromCustomer pictures={given} />
        </Fold>
      )}
      {sheet.history.length > 0 && (
        <Fold title={say.history(sheet.history.length)}>
          <Earlier job={job} />
        </Fold>
      )}
    </div>
  );
}

function About({ job }: { job: Job }) {
  const say = words.value;
  const { sheet } = job;
  const { asset, ticket } = sheet;
  const facts: [string, string | null | undefined][] = [
    [say.job.ticket, `${ticket.id} · ${ticket.summary}`],
    [say.job.description, ticket.description],
    [say.job.product, asset && [labelOf(asset, language.value, "name"), asset.model].join(" · ")],
    [say.job.serial, asset?.serial],
    [
      say.job.warranty,
      asset?.warranty_until && fullDay(asset.warranty_until, language.value, "UTC"),
    ],
    [say.job.notes, sheet.notes],
    [say.job.care, sheet.care_card],
    [say.job.crew, sheet.crew.map((each) => each.name).join(", ")],
    [say.job.number, job.jobId],
  ];
  return (
    <dl class="pairs">
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
