/** The PIN: chosen once, asked whenever the app was left alone, and when the customer gives the tablet back. */

import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { failureOf, SignInNeeded, type Failure } from "../errors";
import { app } from "../here";
import type { Opened } from "../outbox";
import type { PersonRow } from "../store";
import { words } from "../words";
import { Button, Notice } from "./controls";
import { FailureNotice } from "./errors";
import { Icon } from "./icons";

export const PIN_DIGITS = 6;

export function Locked({ personId }: { personId: string }) {
  const say = words.value;
  const here = app.people.value;
  const person = here.find((each) => each.personId === personId);
  const others = here.filter((each) => each.personId !== personId);
  return (
    <main class="door">
      <header class="door-head">
        <p class="brand">Doorstep</p>
        <h1>{say.pin.hello(person?.name ?? "")}</h1>
      </header>
      <Waiting personId={personId} />
      <Pad key={personId} label={say.pin.enter} onFull={(pin) => app.unlock(personId, pin)} />
      <nav class="door-more" aria-label={say.pin.others}>
        {others.map((each) => (
          <Button
            key={each.personId}
            kind="quiet"
            icon="person"
            onPress={() => app.chooseSomebody(each.personId)}
          >
            {otherName(each)}
          </Button>
        ))}
        <Button kind="quiet" onPress={() => app.goToSignIn(person?.username)}>
          {say.pin.forgotten}
        </Button>
        <Button kind="quiet" onPress={() => app.goToSignIn()}>
          {say.pin.somebodyElse}
        </Button>
      </nav>
    </main>
  );
}

/** What is saved here can only go out when its owner opens it. */
function Waiting({ personId }: { personId: string }) {
  const say = words.value.pin;
  const behind = app.behind.value.get(personId);
  if (!behind) return null;
  return (
    <Notice tone={app.isCollected.value ? "risk" : "accent"} icon="tablet">
      <p>{say.waits(behind.photos, behind.entries)}</p>
      {app.isCollected.value && <p>{say.collected}</p>}
    </Notice>
  );
}

function otherName({ personId, name }: PersonRow): string {
  const behind = app.behind.value.get(personId);
  const count = behind ? behind.photos + behind.entries : 0;
  return count > 0 ? `${name} · ${words.value.frame.savedHere(count)}` : name;
}

/** Typed twice, so that nobody locks themselves out with a slip of the finger. */
export function ChoosePin({ opened }: { opened: Opened }) {
  const say = words.value;
  const [first, setFirst] = useState<string | null>(null);
  const [isDifferent, setDifferent] = useState(false);
  const typed = async (pin: string) => {
    if (first === null) {
      setFirst(pin);
      setDifferent(false);
    } else if (pin === first) {
      await app.choosePin(opened, pin);
    } else {
      setFirst(null);
      setDifferent(true);
    }
  };
  return (
    <main class="door">
      <header class="door-head">
        <p class="brand">Doorstep</p>
        <h1>{first === null ? say.pin.choose : say.pin.repeat}</h1>
        <p>{say.pin.why(PIN_DIGITS)}</p>
      </header>
      {isDifferent && (
        <Notice tone="risk" isUrgent>
          <p>{say.pin.different}</p>
        </Notice>
      )}
      <Pad
        key={first === null ? "first" : "second"}
        label={first === null ? say.pin.choose : say.pin.repeat}
        onFull={typed}
      />
    </main>
  );
}

interface PadFacts {
  label: string;
  /** Rejects when the PIN is not the right one: then the pad is empty again and says why. */
  onFull: (pin: string) => Promise<void>;
}

/** Big figures for a cold thumb; a keyboard works too. */
export function Pad({ label, onFull }: PadFacts) {
  const say = words.value;
  // A signal, because a quick thumb types the next figure before the last one is drawn.
  const pin = useSignal("");
  const isBusy = useSignal(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  const type = (digit: string) => {
    if (isBusy.value || pin.value.length >= PIN_DIGITS) return;
    pin.value += digit;
    if (pin.value.length === PIN_DIGITS) void done(pin.value);
  };
  const done = async (whole: string) => {
    isBusy.value = true;
    try {
      await onFull(whole);
    } catch (problem) {
      setFailure(failureOf(problem));
      pin.value = "";
    }
    isBusy.value = false;
  };
  const takeBack = () => (pin.value = pin.value.slice(0, -1));

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (/^\d$/.test(event.key)) type(event.key);
      else if (event.key === "Backspace") takeBack();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [onFull]);

  const isClosed = failure instanceof SignInNeeded;
  return (
    <div class="pad">
      <div class="pad-dots" role="status" aria-label={say.pin.typed(pin.value.length, PIN_DIGITS)}>
        {Array.from({ length: PIN_DIGITS }, (_, at) => (
          <span key={at} class={at < pin.value.length ? "pad-dot pad-dot-full" : "pad-dot"} />
        ))}
      </div>
      {failure && <FailureNotice failure={failure} />}
      <div class="pad-keys" role="group" aria-label={label}>
        {["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => (
          <Key key={digit} digit={digit} isDisabled={isClosed} onPress={type} />
        ))}
        <span />
        <Key digit="0" isDisabled={isClosed} onPress={type} />
        <button type="button" class="key key-back" aria-label={say.pin.back} onClick={takeBack}>
          <Icon name="erase" />
        </button>
      </div>
    </div>
  );
}

interface KeyFacts {
  digit: string;
  isDisabled: boolean;
  onPress: (digit: string) => void;
}

function Key({ digit, isDisabled, onPress }: KeyFacts) {
  return (
    <button type="button" class="key" disabled={isDisabled} onClick={() => onPress(digit)}>
      {digit}
    </button>
  );
}
