/** Who works here: language, light, locking, and signing out, which never deletes anything. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { app } from "../here";
import { size } from "../times";
import { language, words } from "../words";
import { Button, Dialog, Notice } from "./controls";
import { LanguageChoice } from "./entrance";
import { Page } from "./frame";

export function AccountScreen() {
  const say = words.value.account;
  const { person } = app.mine;
  return (
    <Page title={say.title}>
      <section class="panel">
        <p class="big">{person.name}</p>
        <p class="quiet">{person.username}</p>
        <LanguageChoice />
        <Button icon="sun" isPressed={isInSun.value} onPress={() => setSun(!isInSun.value)}>
          {say.sun}
        </Button>
        <Button icon="lock" onPress={() => app.lock()}>
          {say.lock}
        </Button>
      </section>
      <SignOut />
    </Page>
  );
}

function SignOut() {
  const say = words.value.account;
  const [isAsking, setAsking] = useState(false);
  const { waiting } = app.figures.value;
  const hasWaiting = waiting.events + waiting.files > 0;
  return (
    <div class="apart">
      <Button
        kind="apart"
        icon="leave"
        onPress={() => (hasWaiting ? setAsking(true) : app.signOut())}
      >
        {say.signOut}
      </Button>
      {isAsking && (
        <Dialog title={say.signOut} onClose={() => setAsking(false)}>
          <Notice tone="risk" icon="tablet">
            <p>
              {say.stillWaits(waiting.events, waiting.files, size(waiting.bytes, language.value))}
            </p>
          </Notice>
          <Button kind="strong" onPress={() => setAsking(false)}>
            {say.stay}
          </Button>
          <Button kind="apart" onPress={() => app.signOut()}>
            {say.signOutAnyway}
          </Button>
        </Dialog>
      )}
    </div>
  );
}

const SUN = "doorstep.sun";
const isInSun = signal(localStorage.getItem(SUN) === "yes");

/** Black on white and larger, for glass in sunlight. */
export function setSun(isOn: boolean): void {
  isInSun.value = isOn;
  localStorage.setItem(SUN, isOn ? "yes" : "no");
  document.documentElement.toggleAttribute("data-sun", isOn);
  document.documentElement.toggleAttribute("data-light", isOn);
}

export function keepSun(): void {
  setSun(isInSun.value);
}
