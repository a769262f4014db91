/** Ready to leave? Red, amber or green, with what helps; looked at anew whenever a sync has ended. */

import { useEffect, useState } from "preact/hooks";

import type { Light } from "../generated/words";
import { app } from "../here";
import type { Job } from "../jobs";
import { lightOf, type Check, type Shortage } from "../readiness";
import { hrefOf } from "../routes";
import { size } from "../times";
import { labelOf, language, words } from "../words";
import { Badge, Button, Fold, LinkButton, type Tone } from "./controls";
import { SignInButton } from "./entrance";
import type { IconName } from "./icons";

const MARKS: Readonly<Record<Light, { tone: Tone; icon: IconName }>> = {
  green: { tone: "proven", icon: "check" },
  amber: { tone: "risk", icon: "alert" },
  red: { tone: "lost", icon: "cross" },
};

export function Readiness({ job }: { job: Job }) {
  const say = words.value.ready;
  const [checks, setChecks] = useState<Check[] | null>(null);
  const [turn, setTurn] = useState(0);
  const { isRunning } = app.syncing.value;
  const needsSignIn = app.needsSignIn.value;
  useEffect(() => {
    let isHere = true;
    const show = (found: ReadonlyMap<string, Check[]>) => {
      if (isHere) setChecks(found.get(job.jobId) ?? null);
    };
    // Where it cannot be looked at, the next sync or sign-in says why.
    void app.mine.departures.look([job], needsSignIn).then(show, () => undefined);
    return () => {
      isHere = false;
    };
  }, [job, isRunning, needsSignIn, turn]);
  if (!checks) return null;
  const light = lightOf(checks);
  return (
    <Fold title={say.title(say.lights[light])} isOpen={light === "red"}>
      <ul class="lines">
        {checks.map((check) => (
          <li key={check.what} class="line check">
            <Badge tone={MARKS[check.light].tone} icon={MARKS[check.light].icon}>
              {say.names[check.what]}
            </Badge>
            <span class="line-main">{told(check, job)}</span>
            {check.light !== "green" && (
              <Fix check={check} job={job} onFixed={() => setTurn(turn + 1)} />
            )}
          </li>
        ))}
      </ul>
    </Fold>
  );
}

/** What puts a line right, one tap away. */
function Fix({ check, job, onFixed }: { check: Check; job: Job; onFixed: () => void }) {
  const say = words.value.ready;
  switch (check.what) {
    case "parts":
      return (
        <>
          {check.short.map((line) => (
            <AskForPart key={line.sku} job={job} line={line} />
          ))}
        </>
      );
    case "earlier":
      return <InTouch said={say.fetchNow} />;
    case "storage":
      return app.figures.value.waiting.files > 0 ? (
        <InTouch said={words.value.status.sendNow} />
      ) : (
        <LinkButton to={hrefOf({ page: "status" })} icon="tablet">
          {say.seeRoom}
        </LinkButton>
      );
    case "kept": {
      const keep = async () => {
        await navigator.storage?.persist?.().catch(() => false);
        onFixed();
      };
      return (
        <Button icon="check" onPress={keep}>
          {say.keepNow}
        </Button>
      );
    }
    case "clock":
      return <InTouch said={say.compareNow} />;
    case "contact":
      return app.needsSignIn.value ? <SignInButton /> : <InTouch said={say.contactNow} />;
  }
}

function InTouch({ said }: { said: string }) {
  return (
    <Button icon="again" isDisabled={app.syncing.value.isRunning} onPress={() => app.rounds.now()}>
      {said}
    </Button>
  );
}

/** Asked for once: then the office knows, and the line says so. */
function AskForPart({ job, line: { sku, missing } }: { job: Job; line: Shortage }) {
  const say = words.value.ready;
  const { jobId, visit } = job;
  const name = nameOf(job, sku);
  if (Object.values(visit.requests).some((each) => each.sku === sku)) {
    return (
      <Badge tone="plain" icon="check">
        {say.askedFor(name)}
      </Badge>
    );
  }
  const asked = { sku, quantity: missing, reason: "needed" };
  return (
    <Button icon="part" onPress={() => app.capture(jobId, (does) => does.request(jobId, asked))}>
      {say.askFor(missing, name)}
    </Button>
  );
}

function told(check: Check, job: Job): string {
  const say = words.value.ready;
  const isGood = check.light === "green";
  switch (check.what) {
    case "parts": {
      const lines = check.short.map(({ sku, missing }) => `${missing} × ${nameOf(job, sku)}`);
      return isGood ? say.partsGood : say.partsShort(lines);
    }
    case "earlier":
      return isGood ? say.earlierGood(check.all) : say.earlierMissing(check.here, check.all);
    case "storage": {
      const { status } = words.value;
      if (isGood) return say.storageGood;
      if (check.free_bytes !== null) return say.storageLow(size(check.free_bytes, language.value));
      return check.light === "red" ? status.nearlyFull : status.unknown;
    }
    case "kept":
      return isGood ? say.keptGood : say.keptNot;
    case "clock":
      return isGood ? say.clockGood : check.light === "red" ? say.clockWrong : say.clockUnknown;
    case "contact":
      return isGood ? say.contactGood : check.light === "red" ? say.contactNone : say.contactOld;
  }
}

function nameOf(job: Job, sku: string): string {
  const planned = job.sheet.planned_parts.find((each) => each.sku === sku);
  return labelOf(planned, language.value, "name") || sku;
}
