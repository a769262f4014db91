"""What is asked on site: the steps of a checklist, the photo slots, and when an answer will do.

A job carries a snapshot of its checklist and slots, so that a later change in the office asks
nobody on site for something else. The tablet, the companion and the server judge answers by these
rules. What the office starts from for each kind of ticket is in `default_checklists`.

Answers are plain JSON: a bool, a number, text, or a list of texts. `answers` is
`{step_id: answer}`, `photos` is `{slot: how many usable ones}`. Lengths are counted in code points.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from server.domain.default_checklists import DEFAULT_CHECKLISTS as DEFAULT_CHECKLISTS
from server.domain.default_checklists import DEFAULT_SLOTS as DEFAULT_SLOTS

Step = Mapping[str, Any]
Checklist = Mapping[str, Any]
Json = dict[str, Any]

KINDS = ("yes_no", "number", "text", "choice", "photo")

LONGEST_TEXT = 4_000  # characters of one answer
LONGEST_LABEL = 200
MOST_STEPS = 100
MOST_SLOTS = 30
MOST_CHOICES = 30
MOST_PHOTOS = 20  # of one slot

# Spelled out, because Python and ECMAScript disagree about what a blank is.
BLANKS = " \t\r\n\u00a0\u3000"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document of the office: a stable code, and where ("steps.3.label")."""

    code: str
    where: str


# On site.


def shown_steps(checklist: Checklist | None, answers: Mapping[str, Any]) -> list[Step]:
    """The steps that these answers call for, in order.

    A step with `only_if` is shown when the step that it names is shown and has that answer; of an
    answer with several values, when it is among them.
    """
    shown: dict[str, Step] = {}
    for step in _steps(checklist):
        condition = step.get("only_if")
        if not condition or _holds(condition, shown, answers):
            shown[step["step_id"]] = step
    return list(shown.values())


def problem(step: Step, answer: Any) -> str | None:
    """Why this answer will not do, or None: the one place that judges answers.

    Codes: missing, not_yes_no, not_a_number, below_minimum, above_maximum, not_a_choice, not_text,
    too_short, too_long, not_a_photo. What a step of kind photo needs lies in its slot, so its
    answer may be missing; if there is one it names photos. Kinds of a later release are not judged.
    """
    if step.get("kind") == "photo":
        return None if answer is None or _are_names(answer) else "not_a_photo"
    if answer is None or _is_blank(answer):
        return "missing"
    judge = _JUDGES.get(str(step.get("kind")))
    return judge(step, answer) if judge else None


def missing(
    checklist: Checklist | None, answers: Mapping[str, Any], photos: Mapping[str, int]
) -> list[str]:
    """The ids of the required steps that are shown and not well answered, in order."""
    return [
        step["step_id"]
        for step in shown_steps(checklist, answers)
        if step.get("required") and not _is_done(step, answers, photos)
    ]


def problems(checklist: Checklist | None, answers: Mapping[str, Any]) -> dict[str, str]:
    """The code of each shown step, required or not, that was answered with what will not do."""
    judged = {
        step["step_id"]: problem(step, answers[step["step_id"]])
        for step in shown_steps(checklist, answers)
        if answers.get(step["step_id"]) is not None
    }
    return {step_id: code for step_id, code in judged.items() if code}


def slot_of(step: Step) -> str:
    """The photo slot that a step of kind photo fills: its own, or one of the step's name."""
    return str(step.get("slot") or step["step_id"])


def _steps(checklist: Checklist | None) -> list[Step]:
    steps = (checklist or {}).get("steps") or []
    return [step for step in steps if isinstance(step.get("step_id"), str)]


def _holds(condition: Mapping[str, Any], shown: Mapping[str, Step], answers: Any) -> bool:
    if condition.get("step_id") not in shown:
        return False
    given, wanted = answers.get(condition["step_id"]), condition.get("answer")
    if isinstance(given, list):
        return any(_same(one, wanted) for one in given)
    return _same(given, wanted)


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON: true is not 1, 2.0 is 2."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _is_done(step: Step, answers: Mapping[str, Any], photos: Mapping[str, int]) -> bool:
    answer = answers.get(step["step_id"])
    if step.get("kind") == "photo":
        return photos.get(slot_of(step), 0) >= int(step.get("minimum") or 1)
    return problem(step, answer) is None


def _is_blank(answer: Any) -> bool:
    return answer == [] or (isinstance(answer, str) and not answer.strip(BLANKS))


def _are_names(answer: Any) -> bool:
    names = answer if isinstance(answer, list) else [answer]
    return all(isinstance(name, str) and not _is_blank(name) for name in names)


def _judge_yes_no(step: Step, answer: Any) -> str | None:
    return None if isinstance(answer, bool) else "not_yes_no"


def _judge_number(step: Step, answer: Any) -> str | None:
    if not _is_number(answer):
        return "not_a_number"
    return _judge_limits(step, answer, "below_minimum", "above_maximum")


def _judge_text(step: Step, answer: Any) -> str | None:
    if not isinstance(answer, str):
        return "not_text"
    limits = {"maximum": LONGEST_TEXT, **step}
    return _judge_limits(limits, len(answer), "too_short", "too_long")


def _judge_choice(step: Step, answer: Any) -> str | None:
    values = [choice["value"] for choice in step.get("choices") or []]
    chosen = answer if isinstance(answer, list) else [answer]
    known = all(isinstance(one, str) and one in values for one in chosen)
    return None if known else "not_a_choice"


def _judge_limits(step: Step, size: float, under: str, over: str) -> str | None:
    minimum, maximum = step.get("minimum"), step.get("maximum")
    if minimum is not None and size < minimum:
        return under
    if maximum is not None and size > maximum:
        return over
    return None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_JUDGES = {
    "yes_no": _judge_yes_no,
    "number": _judge_number,
    "text": _judge_text,
    "choice": _judge_choice,
}


# What the office may write.

_STEP_FIELDS = {"step_id", "kind", "label", "label_zh", "required", "only_if"}
_FIELDS_OF_KIND = {
    "yes_no": frozenset[str](),
    "number": frozenset({"minimum", "maximum", "unit"}),
    "text": frozenset({"minimum", "maximum"}),
    "choice": frozenset({"choices"}),
    "photo": frozenset({"slot", "minimum"}),
}


def problems_of_checklist(doc: Any) -> list[Problem]:
    """What keeps this document from being a checklist; nothing for one that can be issued.

    `doc` is `{"name", "version", "steps": [...]}`. Codes: not_an_object, not_a_list, missing,
    not_valid, unknown_field, duplicate, too_many, reversed_limits, unknown_step (a condition names
    no earlier step) and unknown_answer (that step can never be answered so).
    """
    if not isinstance(doc, dict):
        return [Problem("not_an_object", "")]
    return [
        *_unknown(doc, {"name", "version", "steps"}, ""),
        *_label(doc, "name", ""),
        *_count(doc, "version", "", least=1, most=1_000_000),
        *_steps_of(doc),
    ]


def problems_of_slots(doc: Any) -> list[Problem]:
    """What keeps this list from being the photo slots of a job, with the same codes.

    `doc` is `[{"slot", "label", "label_zh", "minimum"}]`; with a minimum of 0 it may stay empty. `hint` and
    `hint_zh`, where the office has its own words for them, say what should be in the picture.
    """
    if not isinstance(doc, list):
        return [Problem("not_a_list", "")]
    found = list(_too_many(doc, MOST_SLOTS, ""))
    for at, slot in _objects(doc, "", found):
        found += _unknown(slot, _OF_A_SLOT, at)
        found += [
            *_label(slot, "slot", at),
            *_label(slot, "label", at),
            *_label(slot, "label_zh", at),
        ]
        for name in ("hint", "hint_zh"):
            found += _label(slot, name, at) if name in slot else ()
        found += _count(slot, "minimum", at, least=0, most=MOST_PHOTOS)
    return found + list(_duplicates(doc, "slot", ""))


_OF_A_SLOT = {"slot", "label", "label_zh", "minimum", "hint", "hint_zh"}


def _steps_of(doc: Json) -> Iterator[Problem]:
    steps = doc.get("steps")
    if not isinstance(steps, list):
        yield Problem("missing" if steps is None else "not_a_list", "steps")
        return
    yield from _too_many(steps, MOST_STEPS, "steps")
    found: list[Problem] = []
    earlier: dict[Any, Json] = {}
    for at, step in _objects(steps, "steps.", found):
        found += [*_step(step, at), *_condition(step, earlier, at)]
        if isinstance(step.get("step_id"), str):
            earlier.setdefault(step["step_id"], step)
    yield from found
    yield from _duplicates(steps, "step_id", "steps.")


def _step(step: Json, at: str) -> Iterator[Problem]:
    kind = step.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        yield Problem("missing" if kind is None else "not_valid", f"{at}.kind")
        return
    yield from _unknown(step, _STEP_FIELDS | _FIELDS_OF_KIND[kind], at)
    for name in ("step_id", "label", "label_zh"):
        yield from _label(step, name, at)
    if not isinstance(step.get("required"), bool):
        yield Problem("missing" if step.get("required") is None else "not_valid", f"{at}.required")
    yield from _LIMITS[kind](step, at)


def _number_limits(step: Json, at: str) -> Iterator[Problem]:
    for name in ("minimum", "maximum"):
        if step.get(name) is not None and not _is_number(step[name]):
            yield Problem("not_valid", f"{at}.{name}")
    yield from _reversed_limits(step, at)
    if step.get("unit") is not None:
        yield from _label(step, "unit", at)


def _text_limits(step: Json, at: str) -> Iterator[Problem]:
    for name, least in (("minimum", 0), ("maximum", 1)):  # nobody could write a text of no letters
        if step.get(name) is not None:
            yield from _count(step, name, at, least=least, most=LONGEST_TEXT)
    yield from _reversed_limits(step, at)


def _reversed_limits(step: Json, at: str) -> Iterator[Problem]:
    low, high = step.get("minimum"), step.get("maximum")
    if _is_number(low) and _is_number(high) and low > high:
        yield Problem("reversed_limits", f"{at}.minimum")


def _photo_limits(step: Json, at: str) -> Iterator[Problem]:
    if step.get("minimum") is not None:
        yield from _count(step, "minimum", at, least=1, most=MOST_PHOTOS)
    if step.get("slot") is not None:
        yield from _label(step, "slot", at)


def _choices(step: Json, at: str) -> Iterator[Problem]:
    choices = step.get("choices")
    if not isinstance(choices, list) or not choices:
        yield Problem("missing" if not choices else "not_a_list", f"{at}.choices")
        return
    yield from _too_many(choices, MOST_CHOICES, f"{at}.choices")
    found: list[Problem] = []
    for where, choice in _objects(choices, f"{at}.choices.", found):
        found += _unknown(choice, {"value", "label", "label_zh"}, where)
        for name in ("value", "label", "label_zh"):
            found += _label(choice, name, where)
    yield from found
    yield from _duplicates(choices, "value", f"{at}.choices.")


def _no_limits(step: Json, at: str) -> Iterator[Problem]:
    return iter(())


_LIMITS = {
    "yes_no": _no_limits,
    "number": _number_limits,
    "text": _text_limits,
    "choice": _choices,
    "photo": _photo_limits,
}


def _condition(step: Json, earlier: Mapping[Any, Json], at: str) -> Iterator[Problem]:
    condition = step.get("only_if")
    if condition is None:
        return
    where = f"{at}.only_if"
    if not isinstance(condition, dict):
        yield Problem("not_an_object", where)
        return
    yield from _unknown(condition, {"step_id", "answer"}, where)
    named = condition.get("step_id")
    if not isinstance(named, str) or named not in earlier:
        yield Problem("unknown_step", f"{where}.step_id")
    elif not _can_be(earlier[named], condition.get("answer")):
        yield Problem("unknown_answer", f"{where}.answer")


def _can_be(step: Json, answer: Any) -> bool:
    """Whether that step can be answered so; what is wrong with the step itself is said elsewhere."""
    if step.get("kind") == "photo" or isinstance(answer, list):
        return False
    return any(_step(step, "")) or problem(step, answer) is None


def _unknown(doc: Json, known: set[str] | frozenset[str], at: str) -> Iterator[Problem]:
    return (Problem("unknown_field", _path(at, name)) for name in doc if name not in known)


def _label(doc: Json, name: str, at: str) -> Iterator[Problem]:
    """A text that is there, not blank, and no longer than a label."""
    value = doc.get(name)
    if value is None or value == "":
        yield Problem("missing", _path(at, name))
    elif not isinstance(value, str) or _is_blank(value) or len(value) > LONGEST_LABEL:
        yield Problem("not_valid", _path(at, name))


def _count(doc: Json, name: str, at: str, *, least: int, most: int) -> Iterator[Problem]:
    value = doc.get(name)
    if value is None:
        yield Problem("missing", _path(at, name))
    elif not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        yield Problem("not_valid", _path(at, name))


def _too_many(things: list[Any], most: int, at: str) -> Iterator[Problem]:
    if len(things) > most:
        yield Problem("too_many", at)


def _objects(things: list[Any], prefix: str, found: list[Problem]) -> Iterator[tuple[str, Json]]:
    """Each object with where it stands; what is not an object is put down as a problem."""
    for position, thing in enumerate(things):
        if isinstance(thing, dict):
            yield f"{prefix}{position}", thing
        else:
            found.append(Problem("not_an_object", f"{prefix}{position}"))


def _duplicates(things: list[Any], name: str, prefix: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, thing in enumerate(things):
        value = thing.get(name) if isinstance(thing, dict) else None
        if isinstance(value, str) and value in seen:
            yield Problem("duplicate", f"{prefix}{position}.{name}")
        elif isinstance(value, str):
            seen.add(value)


def _path(at: str, name: str) -> str:
    return f"{at}.{name}" if at else str(name)
