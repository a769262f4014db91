/** What stands around every screen: where you are, where your work is, and what is new. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { standOn } from "../focus";
import { app } from "../here";
import { hrefOf, place } from "../routes";
import { size } from "../times";
import { language, words } from "../words";
import { Badge, Button, LinkButton, Notice, type Tone } from "./controls";
import { SignInButton } from "./entrance";
import { Icon, type IconName } from "./icons";

export function Frame({ children }: { children: ComponentChildren }) {
  return (
    <div class="frame">
      <TopBar />
      <div class="frame-notices">
        <NewVersion />
        <SignInAgain />
        <NearlyFull />
      </div>
      <main>{children}</main>
    </div>
  );
}

function TopBar() {
  const say = words.value;
  const isDay = place.value.page === "day";
  return (
    <header class="top">
      {isDay ? (
        <p class="brand">Doorstep</p>
      ) : (
        <a class="top-back" href={hrefOf({ page: "day" })}>
          <Icon name="back" />
          <span>{say.day.title}</span>
        </a>
      )}
      <a class="top-state" href={hrefOf({ page: "status" })}>
        <SavedState />
        <span class="for-readers">{say.frame.toStatus}</span>
      </a>
      <a class="top-me" href={hrefOf({ page: "account" })} aria-label={say.account.title}>
        <Icon name="person" />
      </a>
    </header>
  );
}

/** Where the work is: with the office, on its way, or saved on this tablet. Always in sight. */
export function SavedState() {
  const { tone, icon, text } = savedState();
  return (
    <Badge tone={tone} icon={icon}>
      <span role="status">{text}</span>
    </Badge>
  );
}

function savedState(): { tone: Tone; icon: IconName; text: string } {
  const say = words.value.frame;
  const { waiting } = app.figures.value;
  const { isRunning, isPaused, failure } = app.syncing.value;
  const count = waiting.events + waiting.files;
  if (count === 0) {
    if (app.jobs.value === null) return { tone: "plain", icon: "tablet", text: say.opening };
    if (app.syncedAt.value === null) return { tone: "plain", icon: "clock", text: say.notYet };
    return { tone: "proven", icon: "check", text: say.allSent };
  }
  if (isPaused) return { tone: "risk", icon: "pause", text: say.paused(count) };
  if (isRunning && !failure) {
    const left = size(waiting.bytes, language.value);
    const text = waiting.files > 0 ? say.sendingFiles(left) : say.sending(count);
    return { tone: "accent", icon: "send", text };
  }
  const icon = app.isOnline.value ? "tablet" : "offline";
  return { tone: "plain", icon, text: say.savedHere(count) };
}

/** A new version waits until somebody has time for it; the camera and the receipt have no frame. */
function NewVersion() {
  const restart = app.update.value;
  if (!restart) return null;
  return (
    <div class="bar">
      <Notice tone="accent" icon="again">
        <p>{words.value.frame.newVersion}</p>
      </Notice>
      <Button kind="strong" onPress={restart}>
        {words.value.frame.restart}
      </Button>
    </div>
  );
}

function SignInAgain() {
  const say = words.value;
  if (!app.needsSignIn.value) return null;
  return (
    <div class="bar">
      <Notice tone="risk">
        <p>{say.frame.signInAgain}</p>
      </Notice>
      <SignInButton />
    </div>
  );
}

function NearlyFull() {
  if (!app.isShort.value) return null;
  return (
    <Notice tone="risk">
      <p>{words.value.status.nearlyFull}</p>
    </Notice>
  );
}

/** A page of its own beside the jobs: status, account. */
export function Page({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="page">
      <h1>{title}</h1>
      {children}
    </div>
  );
}

/** What was to be seen here is not on this tablet, or not any more: then the keyboard goes on here. */
export function Nowhere({ text, children }: { text: string; children?: ComponentChildren }) {
  const say = words.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (heading.current) standOn(heading.current);
  }, []);
  return (
    <div class="page">
      <h1 ref={heading} class="empty">
        {text}
      </h1>
      {children}
      <LinkButton to={hrefOf({ page: "day" })} icon="back">
        {say.day.title}
      </LinkButton>
    </div>
  );
}
