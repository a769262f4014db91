"""Where the command's words go: sentences for people, or one JSON document for scripts."""

import json
import sys
from contextlib import suppress
from typing import Any

from field_client import errors, words
from server.domain.errors import DoorstepError, Language


class Terminal:
    """Sentences to standard output, errors to standard error; with `as_json` one document, once."""

    def __init__(self, *, as_json: bool, language: Language) -> None:
        self.as_json = as_json
        self.saved: list[dict[str, Any]] = []
        self.speak(language)
        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a letter shows "?" rather than losing the sentence.
            with suppress(AttributeError, ValueError):
                stream.reconfigure(errors="replace")  # type: ignore[union-attr]

    def speak(self, language: Language) -> None:
        self.language: Language = language
        self.say = words.speaker(language)

    def tell(self, *lines: str) -> None:
        if not self.as_json:
            for line in lines:
                print(line, flush=True)

    def note_saved(self, facts: dict[str, Any]) -> None:
        """What is on the disk, so that an error later in the same command cannot hide it."""
        self.saved.append(facts)

    def answer(self, result: Any) -> None:
        if self.as_json:
            print(_text(result))

    def complain(self, problem: DoorstepError) -> None:
        problem = self._readable(problem)
        sentence = words.plain(problem.sentence(self.language))
        if self.as_json:
            told = {"code": problem.code, "sentence": sentence, "details": problem.details}
            print(_text({"error": told, "saved": self.saved}))
        else:
            print(sentence, file=sys.stderr, flush=True)

    def _readable(self, problem: DoorstepError) -> DoorstepError:
        """The codes of what is not valid, as words."""
        fields = problem.details.get("fields")
        if not isinstance(problem, errors.NotValid) or not fields:
            return problem
        told = [
            self.say(f"problem.{each['code']}", field=each["field"])
            if f"problem.{each['code']}" in words.WORDS
            else f"{each['field']} {each['code']}"
            for each in fields
        ]
        return errors.NotValid(problems=self.say("between").join(told), fields=fields)

    def flush(self) -> None:
        sys.stdout.flush()


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, default=str)
