/** What a thumb touches: buttons, fields, choices, and the marks that stand for states. */

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import { app } from "../here";
import { words } from "../words";
import { Icon, type IconName } from "./icons";

interface ButtonFacts {
  children: ComponentChildren;
  onPress: () => unknown;
  icon?: IconName;
  /** `next` is the one biggest thing of a screen; `apart` is what destroys, away from the others. */
  kind?: "next" | "strong" | "plain" | "quiet" | "apart";
  isDisabled?: boolean;
  isPressed?: boolean;
  isSubmit?: boolean;
  label?: string;
}

/** Works once until what it does is done, however often somebody taps. */
export function Button(facts: ButtonFacts) {
  const { children, onPress, icon, kind = "plain", isDisabled = false, isPressed, label } = facts;
  const { isSubmit = false } = facts;
  const [isBusy, setBusy] = useState(false);
  const press = async () => {
    if (isBusy) return;
    setBusy(true);
    try {
      await onPress();
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type={isSubmit ? "submit" : "button"}
      class={`button button-${kind}`}
      disabled={isDisabled}
      aria-busy={isBusy}
      aria-pressed={isPressed}
      aria-label={label}
      onClick={() => void press()}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface LinkFacts {
  to: string;
  children: ComponentChildren;
  icon?: IconName;
  kind?: "next" | "strong" | "plain" | "quiet";
  label?: string;
}

export function LinkButton({ to, children, icon, kind = "plain", label }: LinkFacts) {
  return (
    <a class={`button button-${kind}`} href={to} aria-label={label}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

interface FieldFacts {
  label: string;
  value: string;
  onInput: (value: string) => void;
  kind?: "text" | "password" | "search" | "decimal";
  lines?: number;
  hint?: string;
  problem?: string | null;
  autocomplete?: string;
  unit?: string;
}

const MANNERS = {
  text: { type: "text" },
  search: { type: "search", spellcheck: false },
  password: { type: "password" },
  decimal: { type: "text", inputMode: "decimal" },
} as const;

export function Field(facts: FieldFacts) {
  const { label, value, onInput, kind = "text", lines = 1, hint, problem, unit } = facts;
  const id = useId();
  const manner = { ...MANNERS[kind], autocomplete: facts.autocomplete ?? "off" };
  const shared = {
    id,
    value,
    class: "field-input",
    "aria-describedby": hint || problem ? `${id}-more` : undefined,
    "aria-invalid": problem ? true : undefined,
    onInput: (event: Event) =>
      onInput((event.currentTarget as HTMLInputElement | HTMLTextAreaElement).value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-line">
        {lines > 1 ? <textarea {...shared} rows={lines} /> : <input {...shared} {...manner} />}
        {unit && <span class="field-unit">{unit}</span>}
      </div>
      {(problem || hint) && (
        <p id={`${id}-more`} class={problem ? "field-problem" : "field-hint"}>
          {problem && <Icon name="alert" />}
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

/** A field whose words outlive a crash, a lock and a reload, under this name. */
export function useDraft(name: string, initial = ""): [string, (value: string) => void] {
  const { drafts } = app.mine;
  const [value, setValue] = useState(() => drafts.read(name) ?? initial);
  const write = (next: string) => {
    setValue(next);
    drafts.write(name, next);
  };
  return [value, write];
}

interface ChoiceFacts<Value extends string> {
  label: string;
  options: readonly { value: Value; label: string; more?: string }[];
  chosen: Value | null;
  /** False, or a promise of it, says that it could not be kept: the choice stays as it was. */
  onChoose: (value: Value) => unknown;
  isLabelHidden?: boolean;
  isList?: boolean;
}

/** One of a few, all of them in sight. */
export function Choice<Value extends string>(facts: ChoiceFacts<Value>) {
  const { label, options, chosen, onChoose, isLabelHidden = false, isList = false } = facts;
  const name = useId();
  const [refusals, setRefusals] = useState(0);
  const choose = async (value: Value) => {
    if ((await onChoose(value)) === false) setRefusals((count) => count + 1);
  };
  return (
    <fieldset class="choice">
      <legend class={isLabelHidden ? "for-readers" : undefined}>{label}</legend>
      <div key={refusals} class={isList ? "choice-options choice-list" : "choice-options"}>
        {options.map(({ value, label: text, more }) => (
          <label key={value} class={value === chosen ? "option option-chosen" : "option"}>
            <input
              type="radio"
              name={name}
              value={value}
              checked={value === chosen}
              onChange={() => void choose(value)}
            />
            <span class="option-mark">{value === chosen && <Icon name="check" />}</span>
            <span>
              {text}
              {more && <span class="option-more">{more}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface CountFacts {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

export function Count({ label, value, onChange }: CountFacts) {
  const say = words.value;
  return (
    <div class="count" role="group" aria-label={label}>
      <span class="count-label">{label}</span>
      <Button
        icon="minus"
        label={say.less}
        isDisabled={value <= 1}
        onPress={() => onChange(value - 1)}
      >
        {""}
      </Button>
      <output class="count-value">{value}</output>
      <Button icon="plus" label={say.more} onPress={() => onChange(value + 1)}>
        {""}
      </Button>
    </div>
  );
}

export type Tone = "plain" | "accent" | "risk" | "lost" | "proven";

export function Badge({
  tone,
  icon,
  children,
}: {
  tone: Tone;
  icon?: IconName;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge tone-${tone}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </span>
  );
}

interface NoticeFacts {
  tone: Tone;
  icon?: IconName;
  children: ComponentChildren;
  code?: string;
  isUrgent?: boolean;
}

/** A sentence that stands out; its code stands small beneath, to be read out on the phone. */
export function Notice({ tone, icon = "alert", children, code, isUrgent = false }: NoticeFacts) {
  return (
    <div class={`notice tone-${tone}`} role={isUrgent ? "alert" : "status"}>
      <Icon name={icon} />
      <div class="notice-words">
        {children}
        {code && <code class="notice-code">{code}</code>}
      </div>
    </div>
  );
}

/** A part of a screen that opens and closes, with where it stands beside its name. */
export function Fold({
  title,
  children,
  isOpen = false,
}: {
  title: string;
  children: ComponentChildren;
  isOpen?: boolean;
}) {
  return (
    <details class="fold" open={isOpen}>
      <summary>
        <span>{title}</span>
        <Icon name="next" />
      </summary>
      <div class="fold-content">{children}</div>
    </details>
  );
}

interface SheetFacts {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** Shows a dialog over everything as soon as it is there; once it has gone the keyboard goes on where it was. */
export function useModal() {
  const shown = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    shown.current?.showModal();
    const goOn = () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
    // Until the dialog has left the page nothing else takes the focus.
    return () => queueMicrotask(goOn);
  }, []);
  return shown;
}

/** A question over the screen; Escape and "close" leave it without doing anything. */
export function Dialog({ title, onClose, children }: SheetFacts) {
  const id = useId();
  const shown = useModal();
  return (
    <dialog ref={shown} class="dialog" aria-labelledby={id} onClose={onClose} onCancel={onClose}>
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button kind="quiet" icon="cross" onPress={onClose}>
          {words.value.close}
        </Button>
      </header>
      {children}
    </dialog>
  );
}
