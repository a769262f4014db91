/** Where the page begins: the store is opened, and the screen for whoever stands before it is shown. */

import { effect } from "@preact/signals";
import { render } from "preact";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { followWithFocus } from "./focus";
import { app } from "./here";
import { followAddress, goInstead, place, type Place } from "./routes";
import { AccountScreen, keepSun } from "./screens/account";
import { CameraScreen } from "./screens/camera";
import { Day } from "./screens/day";
import { Entrance } from "./screens/entrance";
import { FailureNotice, LastFailure } from "./screens/errors";
import { Frame, Nowhere } from "./screens/frame";
import { JobScreen } from "./screens/job";
import { PhotoScreen } from "./screens/photos";
import { ChoosePin, Locked } from "./screens/pin";
import { Button, Notice } from "./screens/controls";
import { later } from "./screens/later";
import { StatusScreen } from "./screens/status";
import { prepareWhenIdle } from "./scanning";
import { keepUpdated } from "./updates";
import { language, speak, wanted, words } from "./words";
import "./style.css";

const ReceiptScreen = later(() => import("./screens/receipt").then((it) => it.ReceiptScreen));
const DrawingScreen = later(() => import("./screens/drawing").then((it) => it.DrawingScreen));

function Doorstep() {
  const door = app.door.value;
  switch (door.is) {
    case "opening":
      return null;
    case "broken":
      return (
        <main class="door">
          <h1 class="brand">Doorstep</h1>
          <FailureNotice failure={door.failure} />
          <Button kind="next" icon="again" onPress={() => location.reload()}>
            {words.value.frame.restart}
          </Button>
        </main>
      );
    case "sign-in":
      return <Entrance username={door.username} />;
    case "choose-pin":
      return <ChoosePin opened={door.opened} />;
    case "locked":
      return <Locked personId={door.personId} />;
    case "open":
      return (
        <>
          <Open />
          <LastFailure />
        </>
      );
  }
}

function Open() {
  const handedOver = app.handedOver.value;
  if (handedOver) {
    const job = app.job(handedOver);
    if (job) return <ReceiptScreen job={job} />;
    return app.jobs.value && <HandedBack />;
  }
  const here = place.value;
  if (here.page === "camera") {
    return <OfJob jobId={here.jobId}>{(job) => <CameraScreen job={job} slot={here.slot} />}</OfJob>;
  }
  if (here.page === "drawing") {
    return (
      <OfJob jobId={here.jobId}>
        {(job) => <DrawingScreen job={job} photoId={here.photoId} />}
      </OfJob>
    );
  }
  return (
    <Frame>
      <Pages />
    </Frame>
  );
}

/** Wide screens show the day beside the job; on a phone one of both is in sight. */
function Pages() {
  const here = place.value;
  switch (here.page) {
    case "status":
      return <StatusScreen />;
    case "account":
      return <AccountScreen />;
    case "photo":
      return (
        <OfJob jobId={here.jobId}>
          {(job) => <PhotoScreen key={here.photoId} job={job} photoId={here.photoId} />}
        </OfJob>
      );
    case "receipt":
      // The customer's page is entered by handing over, never by an address.
      return <Elsewhere to={{ page: "job", jobId: here.jobId, stage: "signing" }} />;
    case "job":
      return (
        <div class="split split-job">
          <Day />
          <OfJob jobId={here.jobId}>{(job) => <JobScreen key={job.jobId} job={job} />}</OfJob>
        </div>
      );
    default:
      return (
        <div class="split split-day">
          <Day />
          <p class="split-empty">{words.value.day.choose}</p>
        </div>
      );
  }
}

function Elsewhere({ to }: { to: Place }) {
  useEffect(() => goInstead(to), []);
  return null;
}

type Job = NonNullable<ReturnType<typeof app.job>>;

function OfJob({ jobId, children }: { jobId: string; children: (job: Job) => ComponentChildren }) {
  const job = app.job(jobId);
  if (job) return <>{children(job)}</>;
  if (app.jobs.value === null) return <p class="empty">{words.value.frame.opening}</p>;
  return <Gone jobId={jobId} />;
}

/** Taken back by the office, perhaps while somebody typed: their words are still here to be read. */
function Gone({ jobId }: { jobId: string }) {
  const say = words.value.job;
  const typed = app.mine.drafts.typedFor(jobId);
  return (
    <Nowhere text={say.unknown(jobId)}>
      {typed.length > 0 && (
        <Notice tone="risk" icon="note">
          <p>{say.typed}</p>
          {typed.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </Notice>
      )}
    </Nowhere>
  );
}

/** The customer holds a tablet whose job is gone: nothing else may be reached without the PIN. */
function HandedBack() {
  useEffect(() => app.lock(), []);
  return null;
}

/** What the tablet's list of open apps shows; nobody's name stands there. */
function titleOf(here: Place): string {
  const say = words.value;
  if (app.door.value.is !== "open") return "Doorstep";
  switch (here.page) {
    case "day":
      return `${say.day.title} · Doorstep`;
    case "status":
    case "account":
      return `${say[here.page].title} · Doorstep`;
    default:
      return `${here.jobId} · Doorstep`;
  }
}

/** The network went away between the app and its words, at the very first start of all. */
function sayWhatIsMissing(root: HTMLElement): void {
  root.textContent =
    "Doorstep is not here as a whole yet. Nothing is lost. Open it again with a connection. " +
    "应用尚未下载完整，数据没有丢失，请联网后重新打开。";
  addEventListener("online", () => location.reload());
}

function show(root: HTMLElement): void {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-Hans" : "en";
    document.title = titleOf(place.value);
  });
  render(<Doorstep />, root);
  followWithFocus();
}

const LANGUAGE = "doorstep.language"; // spoken before anybody is known, and where the store cannot be read

const root = document.getElementById("app");
if (root) {
  const before = localStorage.getItem(LANGUAGE);
  const speaking = speak(before === "en" || before === "zh" ? before : wanted.value);
  effect(() => localStorage.setItem(LANGUAGE, wanted.value));
  keepSun();
  followAddress();
  void app.open();
  void speaking.then((hasWords) => (hasWords ? show(root) : sayWhatIsMissing(root)));
  keepUpdated();
  prepareWhenIdle();
}
