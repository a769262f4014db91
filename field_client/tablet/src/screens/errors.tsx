/** What went wrong, in words: what happened, that nothing is lost, what to do; the code beneath. */

import type { Failure } from "../errors";
import { app } from "../here";
import { language, words } from "../words";
import { Button, Notice } from "./controls";

export function FailureNotice({ failure }: { failure: Failure }) {
  return (
    <Notice tone="risk" isUrgent code={failure.code}>
      <p>{failure.sentence(language.value)}</p>
    </Notice>
  );
}

/** The failure of the last thing somebody did, over whatever screen they are on. */
export function LastFailure() {
  const failure = app.failure.value;
  if (!failure) return null;
  return (
    <div class="last-failure">
      <FailureNotice failure={failure} />
      <Button onPress={() => (app.failure.value = null)}>{words.value.understood}</Button>
    </div>
  );
}
