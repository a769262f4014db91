/** Signing in: once on each tablet, and again when the office asks for it. */

import { useState } from "preact/hooks";

import { failureOf, type Failure } from "../errors";
import type { Language } from "../generated/words";
import { app } from "../here";
import { language, wanted, words } from "../words";
import { Button, Choice, Dialog, Field, Notice } from "./controls";
import { FailureNotice } from "./errors";

export function Entrance({ username: known }: { username: string }) {
  const say = words.value;
  const hasOthers = app.people.value.length > 0;
  const farewell = app.farewell.value;
  return (
    <main class="door">
      <header class="door-head">
        <p class="brand">Doorstep</p>
        <h1>{say.entrance.title}</h1>
        <p>{say.entrance.why}</p>
      </header>
      {farewell && (
        <Notice tone="accent" icon="office">
          <p>{say.entrance.farewells[farewell]}</p>
        </Notice>
      )}
      <SignInForm username={known} />
      <LanguageChoice />
      {hasOthers && (
        <Button kind="quiet" icon="back" onPress={() => app.goToDoor()}>
          {say.entrance.others}
        </Button>
      )}
    </main>
  );
}

export function SignInForm({ username: known, onDone }: { username: string; onDone?: () => void }) {
  const say = words.value;
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const signIn = async () => {
    setFailure(null);
    try {
      await app.signIn(username.trim(), password, language.value);
      onDone?.();
    } catch (problem) {
      setFailure(failureOf(problem));
    }
  };
  return (
    <form class="stack" onSubmit={(event) => event.preventDefault()}>
      <Field
        label={say.entrance.username}
        value={username}
        onInput={setUsername}
        autocomplete="username"
      />
      <Field
        label={say.entrance.password}
        value={password}
        onInput={setPassword}
        kind="password"
        autocomplete="current-password"
      />
      {failure && <FailureNotice failure={failure} />}
      <Button kind="next" isSubmit isDisabled={!username.trim() || !password} onPress={signIn}>
        {say.entrance.signIn}
      </Button>
    </form>
  );
}

/** For whoever is open already: the same person once more. */
export function SignInButton() {
  const say = words.value.entrance;
  const [isAsking, setAsking] = useState(false);
  const done = () => setAsking(false);
  return (
    <>
      <Button kind="strong" onPress={() => setAsking(true)}>
        {say.signIn}
      </Button>
      {isAsking && (
        <Dialog title={say.title} onClose={done}>
          <SignInForm username={app.mine.person.username} onDone={done} />
        </Dialog>
      )}
    </>
  );
}

export function LanguageChoice() {
  const [isAwaited, setAwaited] = useState(true);
  const choose = async (chosen: Language) => {
    setAwaited(true);
    await app.chooseLanguage(chosen);
    setAwaited(false);
  };
  return (
    <>
      <Choice
        label={words.value.language}
        options={[
          { value: "en", label: "English" },
          { value: "zh", label: "简体中文" },
        ]}
        chosen={wanted.value}
        onChoose={choose}
      />
      {!isAwaited && wanted.value !== language.value && (
        <Notice tone="risk" code="words_not_here">
          <p>{words.value.wordsNotHere}</p>
        </Notice>
      )}
    </>
  );
}
