/**
 * Customer mode: the tablet is in the customer's hands, in the customer's language, and shows one thing.
 *
 * Only the installer's PIN leads out of it. What the customer types is kept like everything else.
 */

import { useEffect, useState } from "preact/hooks";
import type SignaturePad from "signature_pad";

import { customerLanguage } from "../captures";
import { digest } from "../domain/canonical";
import type { Receipt } from "../domain/documents";
import { shortCode } from "../domain/receipts";
import { failureOf, SignInNeeded, type Failure } from "../errors";
import type { Language, UnsignedReason } from "../generated/words";
import { app } from "../here";
import type { Job } from "../jobs";
import { goInstead } from "../routes";
import { signedOf, type Signed } from "../signed";
import { learn, wordsIn, type Words } from "../words";
import { Button, Choice, Dialog, Field, Notice, useDraft } from "./controls";
import { FailureNotice } from "./errors";
import { Icon } from "./icons";
import { Pad } from "./pin";
import { ReceiptPaper } from "./paper";
import { pictureOf, Signature, SignaturePicture } from "./signature";

type Ending = "signed" | "unsigned";

export function ReceiptScreen({ job }: { job: Job }) {
  const [reader, setReader] = useState<Language>(customerLanguage(job.sheet));
  const [ending, setEnding] = useState<Ending | null>(null);
  const [isLeaving, setLeaving] = useState(false);
  const [signed, setSigned] = useState<Signed | null>(null);
  const say = wordsIn(reader);
  useEffect(() => scrollTo(0, 0), [ending]);
  useEffect(() => {
    const asking = signedOf(app.mine, job); // as it stood when the tablet was handed over
    void learn(reader)
      .then(() => asking)
      .then(setSigned);
  }, []);
  const choose = (to: Language) => learn(to).then(() => setReader(to));
  if (!signed) return null;
  return (
    <div class="customer" lang={reader === "zh" ? "zh-Hans" : "en"}>
      <header class="customer-head">
        <p class="brand">{job.sheet.shop.name}</p>
        <LanguageSwitch reader={reader} onChoose={choose} />
        <Button kind="quiet" icon="lock" onPress={() => setLeaving(true)}>
          {say.receipt.giveBack}
        </Button>
      </header>
      {ending ? (
        <Ended job={job} say={say} ending={ending} />
      ) : signed.receipt ? (
        <AsSigned job={job} say={say} receipt={signed.receipt} />
      ) : (
        <Reading job={job} say={say} reader={reader} onEnd={setEnding} />
      )}
      {isLeaving && !ending && (
        <Dialog title={say.receipt.installerPin} onClose={() => setLeaving(false)}>
          <TakeBack job={job} say={say} />
        </Dialog>
      )}
    </div>
  );
}

/** Signed and unchanged since: to look at, in the language in which it was signed. */
function AsSigned({ job, say, receipt }: { job: Job; say: Words; receipt: Receipt }) {
  const state = job.visit.receipt;
  const reader = receipt.language === "zh" ? "zh" : "en";
  useEffect(() => void learn(reader), []);
  return (
    <main class="customer-page">
      <Notice tone="proven" icon="check">
        <p>{say.receipt.isSigned(state?.signer_name ?? "")}</p>
        <p class="receipt-code">{say.signing.code(shortCode(state?.digest ?? ""))}</p>
      </Notice>
      <ReceiptPaper job={job} receipt={receipt} reader={reader} say={wordsIn(reader)} />
      <section class="customer-part">
        <h2>{say.receipt.signature}</h2>
        <p>{receipt.agreement}</p>
        {receipt.reservation && <p>{say.signing.reservation(receipt.reservation)}</p>}
        {state?.signature && <SignaturePicture sha256={state.signature.sha256} say={say} />}
      </section>
    </main>
  );
}

function LanguageSwitch({
  reader,
  onChoose,
}: {
  reader: Language;
  onChoose: (to: Language) => Promise<void>;
}) {
  const other = reader === "zh" ? "en" : "zh";
  return (
    <Button kind="quiet" icon="language" onPress={() => onChoose(other)}>
      {other === "zh" ? "简体中文" : "English"}
    </Button>
  );
}

/** The receipt as it stands with this reservation, and its digest. */
function useReceipt(job: Job, reader: Language, reservation: string) {
  const [made, setMade] = useState<{ receipt: Receipt; code: string } | null>(null);
  useEffect(() => {
    let isHere = true;
    const make = async () => {
      const receipt = await app.mine.captures.receipt(job, reader, reservation || undefined);
      const code = shortCode(await digest(receipt));
      if (isHere) setMade({ receipt, code });
    };
    void make();
    return () => {
      isHere = false;
    };
  }, [job, reader, reservation]);
  return made;
}

interface ReadingFacts {
  job: Job;
  say: Words;
  reader: Language;
  onEnd: (ending: Ending) => void;
}

function Reading({ job, say, reader, onEnd }: ReadingFacts) {
  const { jobId, sheet } = job;
  const [reservation, setReservation] = useDraft(`${jobId}/reservation`);
  const [hasReservation, setHasReservation] = useState(reservation !== "");
  const [starsText, setStarsText] = useDraft(`${jobId}/stars`);
  const stars = Number(starsText);
  const [text, setText] = useDraft(`${jobId}/customer-words`);
  const [name, setName] = useDraft(`${jobId}/signer`, sheet.customer.name);
  const [relationText, setRelation] = useDraft(`${jobId}/relation`, "self");
  const relation = RELATIONS.find((each) => each === relationText) ?? "self";
  const [pad, setPad] = useState<SignaturePad | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isRefusing, setRefusing] = useState(false);
  const noted = hasReservation ? reservation.trim() : "";
  const made = useReceipt(job, reader, noted);

  useEffect(() => {
    void app.capture(jobId, (does) => does.present(jobId, reader));
  }, [reader]);

  const sign = async () => {
    if (!pad) return;
    setFailure(null);
    try {
      const picture = await pictureOf(pad);
      const isKept = await app.capture(jobId, (does) =>
        does.sign(jobId, {
          name: name.trim(),
          relation,
          picture,
          language: reader,
          ...(stars > 0 ? { stars } : {}),
          ...(text.trim() ? { words: text.trim() } : {}),
          ...(noted ? { reservation: noted } : {}),
        }),
      );
      if (!isKept) return;
      forget(jobId);
      onEnd("signed");
    } catch (problem) {
      setFailure(failureOf(problem));
    }
  };

  return (
    <main class="customer-page">
      {made && <ReceiptPaper job={job} receipt={made.receipt} reader={reader} say={say} />}
      <section class="customer-part">
        <label class="tick">
          <input
            type="checkbox"
            checked={hasReservation}
            onChange={(event) => setHasReservation(event.currentTarget.checked)}
          />
          <span>{say.receipt.haveReservation}</span>
        </label>
        {hasReservation && (
          <Field
            label={say.receipt.reservation}
            value={reservation}
            onInput={setReservation}
            lines={3}
          />
        )}
      </section>
      <section class="customer-part">
        <Stars say={say} value={stars} onChoose={(count) => setStarsText(String(count))} />
        <Field label={say.receipt.words} value={text} onInput={setText} lines={2} />
      </section>
      <section class="customer-part">
        <h2>{say.receipt.signature}</h2>
        <p>{made?.receipt.agreement}</p>
        <Field label={say.receipt.name} value={name} onInput={setName} />
        <Choice
          label={say.receipt.relation}
          options={RELATIONS.map((value) => ({ value, label: say.relations[value] }))}
          chosen={relation}
          onChoose={setRelation}
        />
        <Signature say={say} onChange={setPad} />
        {made && <p class="receipt-code">{say.signing.code(made.code)}</p>}
        {failure && <FailureNotice failure={failure} />}
        <Button
          kind="next"
          icon="sign"
          isDisabled={!pad || !name.trim() || (hasReservation && !noted)}
          onPress={sign}
        >
          {say.receipt.sign}
        </Button>
        <Button kind="quiet" onPress={() => setRefusing(true)}>
          {say.receipt.notNow}
        </Button>
      </section>
      {isRefusing && (
        <NotSigned
          job={job}
          say={say}
          onClose={() => setRefusing(false)}
          onDone={() => onEnd("unsigned")}
        />
      )}
    </main>
  );
}

const RELATIONS = ["self", "family", "tenant", "neighbour", "other"] as const;

function forget(jobId: string): void {
  const names = ["reservation", "stars", "customer-words", "signer", "relation", "unsigned"];
  app.mine.drafts.forget(...names.map((name) => `${jobId}/${name}`));
}

interface StarsFacts {
  say: Words;
  value: number;
  onChoose: (stars: number) => void;
}

function Stars({ say, value, onChoose }: StarsFacts) {
  return (
    <fieldset class="stars">
      <legend>{say.receipt.stars}</legend>
      <div class="stars-row">
        {[1, 2, 3, 4, 5].map((count) => (
          <label key={count} class={count <= value ? "star star-lit" : "star"}>
            <input
              type="radio"
              name="stars"
              checked={count === value}
              aria-label={say.signing.stars(count)}
              onChange={() => onChoose(count)}
            />
            <Icon name="star" isFilled={count <= value} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const UNSIGNED: readonly UnsignedReason[] = ["refused", "absent", "later"];

interface NotSignedFacts {
  job: Job;
  say: Words;
  onClose: () => void;
  onDone: () => void;
}

/** Refused, absent, or later by link: with a reason, and nobody is locked in. */
function NotSigned({ job, say, onClose, onDone }: NotSignedFacts) {
  const { jobId } = job;
  const [reason, setReason] = useState<UnsignedReason | null>(null);
  const [text, setText] = useDraft(`${jobId}/unsigned`);
  const save = async () => {
    if (!reason) return;
    const isKept = await app.capture(jobId, (does) =>
      does.unsigned(jobId, reason, text.trim() || undefined),
    );
    if (!isKept) return;
    forget(jobId);
    onDone();
  };
  return (
    <Dialog title={say.receipt.notNow} onClose={onClose}>
      <Choice
        label={say.receipt.whyNot}
        isList
        options={UNSIGNED.map((value) => ({ value, label: say.unsignedReasons[value] }))}
        chosen={reason}
        onChoose={setReason}
      />
      <Field label={say.receipt.whyNotWords} value={text} onInput={setText} lines={2} />
      <Button kind="next" isDisabled={!reason} onPress={save}>
        {say.receipt.saveUnsigned}
      </Button>
    </Dialog>
  );
}

function Ended({ job, say, ending }: { job: Job; say: Words; ending: Ending }) {
  const code = job.visit.receipt?.digest;
  return (
    <main class="customer-page customer-end">
      <span class="customer-mark">
        <Icon name="check" />
      </span>
      <h1>{ending === "signed" ? say.receipt.thanks : say.receipt.noted}</h1>
      {code && <p class="receipt-code">{say.signing.code(shortCode(code))}</p>}
      <p>{say.receipt.pleaseGiveBack}</p>
      <TakeBack job={job} say={say} />
    </main>
  );
}

function TakeBack({ job, say }: { job: Job; say: Words }) {
  const takeBack = async (pin: string) => {
    try {
      await app.takeBack(pin);
    } catch (problem) {
      // After too many wrong ones only signing in helps, and that stands behind the lock.
      if (problem instanceof SignInNeeded) app.lock();
      throw problem;
    }
    goInstead({ page: "job", jobId: job.jobId, stage: null });
  };
  return <Pad label={say.receipt.installerPin} onFull={takeBack} />;
}
