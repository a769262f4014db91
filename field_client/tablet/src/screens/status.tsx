/** What waits and how this tablet is: everything that support asks for on the phone, to be read out. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Box } from "../blackBox";
import { isSuspect } from "../clock";
import { APP } from "../conversation";
import { failureOf, NetworkDown } from "../errors";
import { isNearlyFull, machineOf, type JobFigures, type Machine } from "../figures";
import { app } from "../here";
import { hrefOf } from "../routes";
import { moment, size } from "../times";
import { language, words } from "../words";
import { Badge, Button, Notice } from "./controls";
import { FailureNotice } from "./errors";
import { Page, SavedState } from "./frame";

export function StatusScreen() {
  const say = words.value.status;
  return (
    <Page title={say.title}>
      <Sending />
      <WaitingJobs />
      <MachineFacts />
      <LastResort />
    </Page>
  );
}

function Sending() {
  const say = words.value;
  const { waiting } = app.figures.value;
  const { isRunning, isPaused, failure, notices } = app.syncing.value;
  const count = waiting.events + waiting.files;
  return (
    <section class="panel" aria-label={say.status.sending}>
      <p>
        <SavedState />
      </p>
      <p>
        {count === 0
          ? say.status.nothingWaits
          : say.status.waits(waiting.events, waiting.files, size(waiting.bytes, language.value))}
      </p>
      <FileProgress />
      {failure && <FailureNotice failure={failure} />}
      {[...notices].map((notice) => (
        <Notice key={notice} tone="risk" code={notice}>
          <p>{say.status.notices[notice as keyof typeof say.status.notices] ?? notice}</p>
        </Notice>
      ))}
      <div class="actions">
        <Button
          kind={app.needsSignIn.value ? "plain" : "next"}
          icon="send"
          isDisabled={isRunning || isPaused}
          onPress={() => app.rounds.now()}
        >
          {isRunning ? say.status.running : say.status.sendNow}
        </Button>
        {isPaused ? (
          <Button icon="play" onPress={() => app.rounds.resume()}>
            {say.status.resume}
          </Button>
        ) : (
          <Button icon="pause" onPress={() => app.rounds.pause()}>
            {say.status.pause}
          </Button>
        )}
      </div>
    </section>
  );
}

function FileProgress() {
  const say = words.value.status;
  const { file } = app.syncing.value;
  if (!file) return null;
  const [sent, whole] = [file.sent, file.size].map((each) => size(each, language.value));
  return (
    <div class="progress">
      <progress value={file.sent} max={file.size} aria-label={say.file} />
      <span>{say.ofBytes(sent ?? "", whole ?? "")}</span>
    </div>
  );
}

function WaitingJobs() {
  const say = words.value.status;
  const known = [...app.figures.value.byJob].filter(([, figures]) => isWorthTelling(figures));
  if (known.length === 0) return null;
  return (
    <section class="panel" aria-label={say.perJob}>
      <h2>{say.perJob}</h2>
      <ul class="lines">
        {known.map(([jobId, figures]) => (
          <li key={jobId} class="line">
            <a class="line-main" href={hrefOf({ page: "job", jobId, stage: null })}>
              {app.job(jobId)?.sheet.customer.name} <span class="quiet">{jobId}</span>
            </a>
            <span class="badges">
              <JobState figures={figures} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function isWorthTelling(figures: JobFigures): boolean {
  const { events, recorded, held, quarantined, blobs } = figures;
  return events + recorded + held + quarantined + blobs.size > 0;
}

function JobState({ figures }: { figures: JobFigures }) {
  const say = words.value.status;
  const lost = [...figures.blobs.values()].filter((state) => state === "lost").length;
  return (
    <>
      {figures.events > 0 && (
        <Badge tone="plain" icon="tablet">
          {say.events(figures.events)}
        </Badge>
      )}
      {figures.files > 0 && (
        <Badge tone="plain" icon="camera">
          {say.files(figures.files, size(figures.bytes, language.value))}
        </Badge>
      )}
      {lost > 0 && (
        <Badge tone="lost" icon="alert">
          {say.lost(lost)}
        </Badge>
      )}
      {figures.recorded > 0 && (
        <Badge tone="risk" icon="office">
          {say.recorded(figures.recorded)}
        </Badge>
      )}
      {figures.held > 0 && (
        <Badge tone="risk" icon="clock">
          {say.held(figures.held)}
        </Badge>
      )}
      {figures.quarantined > 0 && (
        <Badge tone="risk" icon="alert">
          {say.quarantined(figures.quarantined)}
        </Badge>
      )}
    </>
  );
}

function MachineFacts() {
  const say = words.value;
  const [machine, setMachine] = useState<Machine | null>(null);
  const desk = app.desk.value;
  const { syncing } = app;
  useEffect(() => {
    if (desk) void machineOf(desk).then(setMachine);
  }, [desk, syncing.value.isRunning]);
  if (!machine || !desk) return null;
  const reader = language.value;
  const heard = app.syncedAt.value;
  return (
    <section class="panel" aria-label={say.status.machine}>
      <h2>{say.status.machine}</h2>
      <dl class="pairs">
        <Fact name={say.status.lastContact}>
          {heard ? moment(heard, reader, null, say.day.today) : say.status.never}
        </Fact>
        <Fact name={say.status.network}>
          {app.isOnline.value ? say.status.online : say.status.offline}
        </Fact>
        <Fact name={say.status.storage}>{storageWords(machine)}</Fact>
        <Fact name={say.status.kept}>
          {machine.isPersisted ? say.status.persisted : say.status.notPersisted}
        </Fact>
        <Fact name={say.status.clock}>{clockWords(machine)}</Fact>
        <Fact name={say.status.person}>
          {desk.person.name} ({desk.person.username})
        </Fact>
        <Fact name={say.status.device}>
          <code>{machine.deviceId.slice(-12)}</code>
        </Fact>
        <Fact name={say.status.version}>
          <code>{APP}</code>
        </Fact>
      </dl>
      {isNearlyFull(machine) && (
        <Notice tone="risk">
          <p>{say.status.nearlyFull}</p>
        </Notice>
      )}
      {machine.offset && isSuspect(machine.offset) && (
        <Notice tone="risk" icon="clock">
          <p>{say.status.clockWrong}</p>
        </Notice>
      )}
    </section>
  );
}

/** Seldom needed, so it comes after the first start; only in those seconds can a lost network be in its way. */
async function blackBox() {
  try {
    return await import("../blackBox");
  } catch (problem) {
    throw new NetworkDown({}, { cause: problem });
  }
}

/** Everything that waits as one file that only the office can open: shared, or saved as a download. */
function LastResort() {
  const say = words.value.status;
  const [made, setMade] = useState<Box | null>(null);
  const make = async () => {
    app.failure.value = null;
    try {
      const { exported } = await blackBox();
      const box = await exported(app.mine.outbox);
      if (await handOut(box.file)) setMade(box);
    } catch (problem) {
      app.failure.value = failureOf(problem);
    }
  };
  return (
    <section class="panel" aria-label={say.box}>
      <h2>{say.box}</h2>
      <p>{say.boxMeans}</p>
      <Button icon="lock" onPress={make}>
        {say.boxMake}
      </Button>
      {made && (
        <Notice tone="accent" icon="check">
          <p>{say.boxMade(made.events, made.blobs)}</p>
        </Notice>
      )}
    </section>
  );
}

/** False where the person closed the share sheet again: then nothing was made. */
async function handOut(content: Blob): Promise<boolean> {
  const day = new Date().toISOString().slice(0, 10);
  const file = new File([content], `doorstep-${day}.blackbox`);
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return true;
    } catch (problem) {
      if (problem instanceof DOMException && problem.name === "AbortError") return false;
      // A browser that finds the tap too long ago shares nothing: then the file is a download.
    }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_MS);
  return true;
}

const DOWNLOAD_MS = 60_000; // what a slow tablet needs to begin

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How much there is besides, browsers no longer say as it is. */
function storageWords({ usedBytes }: Machine): string {
  return usedBytes === null ? words.value.status.unknown : size(usedBytes, language.value);
}

function clockWords({ offset }: Machine): string {
  const say = words.value.status;
  return offset ? say.clockOff(Math.round(offset.offset_ms / 1000)) : say.unknown;
}
