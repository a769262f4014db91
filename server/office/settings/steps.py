"""One step of a checklist, or one photo slot, as the fields of a form, and back."""

import json
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from server.domain import checklists
from server.domain.settings import editing
from server.office.wording import in_language

Document = dict[str, Any]
Said = Mapping[str, str]

FREE_ROWS = 3  # empty rows for more choices
PLAIN = ("label", "label_zh", "unit", "slot", "hint", "hint_zh")


def fields(thing: Document) -> dict[str, str]:
    found = {name: str(thing[name]) for name in PLAIN if thing.get(name)}
    for name in ("minimum", "maximum"):
        if thing.get(name) is not None:
            found[name] = str(thing[name])
    found["required"] = "on" if thing.get("required") else ""
    if thing.get("only_if"):
        found["only_if"] = condition_code(thing["only_if"])
    for row, choice in enumerate(thing.get("choices") or []):
        found |= {f"choices.{row}.{part}": choice[part] for part in ("value", "label", "label_zh")}
    return found


def thing(listed: str, code: str, kind: str, said: Said, document: Document) -> Document:
    """What the form says, without what it leaves empty; the rules say whether it will do."""
    key = editing.KEYS[listed]
    taken = {each[key] for each in document[listed]}
    its_code = code
    if code == "new":
        otherwise = "step" if listed == "steps" else "photo"
        its_code = editing.new_code(_text(said, "label"), taken, otherwise)
    named = {key: its_code, "label": _text(said, "label"), "label_zh": _text(said, "label_zh")}
    if listed == "slots":
        hints = {each: _text(said, each) for each in ("hint", "hint_zh")}
        return {**named, "minimum": _number(said, "minimum"), **_filled(hints)}
    found = {**named, "kind": kind, "required": said.get("required") == "on"}
    if kind in ("number", "text", "photo"):
        limits = {each: _number(said, each) for each in ("minimum", "maximum")}
        found |= _filled(limits if kind != "photo" else {"minimum": limits["minimum"]})
    if kind == "number":
        found |= _filled({"unit": _text(said, "unit")})
    if kind == "photo":
        found["slot"] = _text(said, "slot") or its_code
    if kind == "choice":
        found["choices"] = _choices(said)
    if said.get("only_if"):
        found["only_if"] = _condition(said["only_if"])
    return found


def _filled(values: Document) -> Document:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _text(said: Said, name: str) -> str:
    return said.get(name, "").replace("\r\n", "\n").strip()


def _number(said: Said, name: str) -> Any:
    """A whole number or one with a fraction; None for nothing, text for what is no number."""
    text = said.get(name, "").strip().replace(",", ".").replace("−", "-")
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", text, re.ASCII):
        return text or None
    return float(text) if "." in text else int(text)


def _choices(said: Said) -> list[Document]:
    found: list[Document] = []
    for row in range(checklists.MOST_CHOICES + FREE_ROWS + 1):
        words = {part: _text(said, f"choices.{row}.{part}") for part in ("label", "label_zh")}
        if not any(words.values()):
            continue
        taken = {each["value"] for each in found}
        value = _text(said, f"choices.{row}.value")
        found.append({"value": value or editing.new_code(words["label"], taken, "choice"), **words})
    return found


def choice_rows(said: Said) -> list[int]:
    """The rows to show: what is there, and some to write more."""
    written = [
        row
        for row in range(60)
        if said.get(f"choices.{row}.label") or said.get(f"choices.{row}.label_zh")
    ]
    least = max(written, default=-1) + 1
    return list(range(min(max(least + FREE_ROWS, 4), checklists.MOST_CHOICES + 1)))


# Conditions.


def condition_code(condition: Document) -> str:
    return json.dumps([condition.get("step_id"), condition.get("answer")], ensure_ascii=False)


def _condition(text: str) -> Any:
    try:
        step_id, answer = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text[:100]  # the rules say that this is none
    return {"step_id": step_id, "answer": answer}


def conditions(document: Document, code: str) -> list[tuple[str, str]]:
    """What a step may depend on: every answer of the steps before it that can be chosen."""
    found = []
    for step in document["steps"]:
        if step["step_id"] == code:
            break
        for answer, words in _answers(step):
            condition = {"step_id": step["step_id"], "answer": answer}
            found.append((condition_code(condition), f"{in_language(step)}: {words}"))
    return found


def _answers(step: Document) -> list[tuple[Any, str]]:
    if step["kind"] == "yes_no":
        return [(True, _("yes")), (False, _("no"))]
    return [(each["value"], in_language(each)) for each in step.get("choices") or []]


def condition_words(document: Document, step: Document) -> str:
    """On what a step depends, in words; empty where it is always asked."""
    condition = step.get("only_if")
    if not isinstance(condition, dict):
        return ""
    named = next(
        (each for each in document["steps"] if each["step_id"] == condition.get("step_id")), None
    )
    if named is None:
        return f"{condition.get('step_id')}: {condition.get('answer')}"
    words = dict(_answers(named)).get(condition.get("answer"), str(condition.get("answer")))
    return f"{in_language(named)}: {words}"
