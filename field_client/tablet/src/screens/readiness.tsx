/** Ready to leave? Red, amber or green, with what helps; looked at anew whenever a sync has ended. */

import { useEffect, useState } from "preact/hooks";

import { machineOf } from "../figures";
import { app } from "../here";
import type { Job } from "../jobs";
import { checksOf, lightOf, type Check, type Light } from "../readiness";
import { size } from "../times";
import { labelOf, language, words } from "../words";
import { Badge, Fold, type Tone } from "./controls";
import type { IconName } from "./icons";

const MARKS: Readonly<Record<Light, { tone: Tone; icon: IconName }>> = {
  green: { tone: "proven", icon: "check" },
  amber: { tone: "risk", icon: "alert" },
  red: { tone: "lost", icon: "cross" },
};

export function Readiness({ job }: { job: Job }) {
  const say = words.value.ready;
  const [checks, setChecks] = useState<Check[] | null>(null);
  const { isRunning } = app.syncing.value;
  const needsSignIn = app.needsSignIn.value;
  useEffect(() => {
    let isHere = true;
    void look(job).then((found) => isHere && setChecks(found));
    return () => {
      isHere = false;
    };
  }, [job, isRunning, needsSignIn]);
  if (!checks) return null;
  const light = lightOf(checks);
  return (
    <Fold title={say.title(say.lights[light])} isOpen={light === "red"}>
      <ul class="lines">
        {checks.map((check) => (
          <li key={check.what} class="line">
            <Badge tone={MARKS[check.light].tone} icon={MARKS[check.light].icon}>
              {say.names[check.what]}
            </Badge>
            <span class="line-main">{told(check, job)}</span>
          </li>
        ))}
      </ul>
    </Fold>
  );
}

async function look(job: Job): Promise<Check[]> {
  const desk = app.mine;
  const [van, earlier, machine] = await Promise.all([
    desk.vanStock(),
    desk.earlier.count(job),
    machineOf(desk),
  ]);
  const heard = app.syncedAt.value;
  return checksOf({
    job,
    van,
    earlier,
    machine,
    heardAt: heard ? Date.parse(heard) : null,
    needsSignIn: app.needsSignIn.value,
    now: Date.now(),
  });
}

function told(check: Check, job: Job): string {
  const say = words.value.ready;
  const isGood = check.light === "green";
  switch (check.what) {
    case "parts":
      return isGood ? say.partsGood : say.partsShort(check.short.map(named(job)));
    case "earlier":
      return isGood ? say.earlierGood(check.all) : say.earlierMissing(check.here, check.all);
    case "storage": {
      const { status } = words.value;
      if (isGood) return say.storageGood;
      if (check.freeBytes !== null) return say.storageLow(size(check.freeBytes, language.value));
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

function named(job: Job): (line: { sku: string; missing: number }) => string {
  return ({ sku, missing }) => {
    const planned = job.sheet.planned_parts.find((each) => each.sku === sku);
    return `${missing} × ${labelOf(planned, language.value, "name") || sku}`;
  };
}
