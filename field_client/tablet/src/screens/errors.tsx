/** What went wrong, in words: what happened, that nothing is lost, what to do; the code beneath. */

import type { Failure } from "../errors";
import { app } from "../here";
import { words } from "../words";
import { Button, Notice, useModal } from "./controls";

export function FailureNotice({ failure }: { failure: Failure }) {
  return (
    <Notice tone="risk" isUrgent code={failure.code}>
      <p>{failure.sentence(words.value)}</p>
    </Notice>
  );
}

/** The failure of the last thing somebody did: over every screen, and over a question that is still open. */
export function LastFailure() {
  const failure = app.failure.value;
  return failure && <OnTop failure={failure} />;
}

function OnTop({ failure }: { failure: Failure }) {
  const shown = useModal();
  const understood = () => (app.failure.value = null);
  return (
    <dialog ref={shown} class="last-failure" onClose={understood}>
      <FailureNotice failure={failure} />
      <Button onPress={understood}>{words.value.understood}</Button>
    </dialog>
  );
}
