"""What is asked on site and when an answer will do."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import checklists, events, receipts

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "checklists.json").read_text("utf-8"))

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(max_size=5), it, max_size=3),
    max_leaves=6,
)


def judged(given: dict[str, Any]) -> dict[str, Any]:
    """What the rules say, of whatever this vector asks."""
    if "document" in given:
        found = checklists.problems_of_checklist(given["document"])
        return {"problems": [asdict(each) for each in found]}
    if "slots" in given:
        return {"problems": [asdict(each) for each in checklists.problems_of_slots(given["slots"])]}
    if "step" in given:
        return {"problem": checklists.problem(given["step"], given["answer"])}
    checklist, answers = given["checklist"], given["answers"]
    shown = checklists.shown_steps(checklist, answers)
    return {
        "shown": [step["step_id"] for step in shown],
        "missing": checklists.missing(checklist, answers, given["photos"]),
        "problems": checklists.problems(checklist, answers),
    }


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["name"]))
def test_it_judges_as_the_vectors_say(case: dict[str, Any]) -> None:
    assert judged(case["given"]) == case["expect"]


@given(anything)
def test_no_answer_makes_it_fail(answer: Any) -> None:
    for checklist in checklists.DEFAULT_CHECKLISTS.values():
        answers = {step["step_id"]: answer for step in checklist["steps"]}
        checklists.missing(checklist, answers, {})
        for step in checklist["steps"]:
            assert checklists.problem(step, answer) != ""


FIELDS = ["name", "version", "steps", "step_id", "kind", "label", "label_zh", "required"]
FIELDS += ["minimum", "maximum", "choices", "value", "only_if", "answer", "slot", "unit"]
documents = st.recursive(
    anything | st.sampled_from([*checklists.KINDS, "a"]),
    lambda it: st.lists(it, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), it),
    max_leaves=25,
)


@given(documents, documents)
def test_no_document_makes_it_fail(steps: Any, slots: Any) -> None:
    assert isinstance(checklists.problems_of_checklist({"steps": steps}), list)
    assert isinstance(checklists.problems_of_checklist({"steps": [steps]}), list)
    assert isinstance(checklists.problems_of_slots(slots), list)
    assert isinstance(checklists.problems_of_slots([slots]), list)


@pytest.mark.parametrize("kind", checklists.DEFAULT_CHECKLISTS)
def test_the_defaults_are_good_documents(kind: str) -> None:
    assert checklists.problems_of_checklist(checklists.DEFAULT_CHECKLISTS[kind]) == []
    assert checklists.problems_of_slots(checklists.DEFAULT_SLOTS[kind]) == []


def test_every_kind_of_ticket_has_defaults() -> None:
    kinds = {
        "installation",
        "repair",
        "return_exchange",
        "consultation",
        "maintenance",
        "complaint",
    }
    assert checklists.DEFAULT_CHECKLISTS.keys() == checklists.DEFAULT_SLOTS.keys() == kinds


@pytest.mark.parametrize("kind", checklists.DEFAULT_CHECKLISTS)
def test_the_defaults_can_be_answered(kind: str) -> None:
    """Answer what is shown until nothing is missing: no step may be out of reach."""
    checklist = checklists.DEFAULT_CHECKLISTS[kind]
    answers: dict[str, Any] = {}
    photos: dict[str, int] = {}
    while missing := checklists.missing(checklist, answers, photos):
        step = next(s for s in checklist["steps"] if s["step_id"] == missing[0])
        answers[step["step_id"]] = good_answer(step)
        photos[checklists.slot_of(step)] = step.get("minimum", 1)
    assert checklists.problems(checklist, answers) == {}


def good_answer(step: dict[str, Any]) -> Any:
    if step["kind"] == "choice":
        return step["choices"][0]["value"]
    return {"yes_no": False, "number": step.get("minimum"), "text": "ok", "photo": "p-1"}[
        step["kind"]
    ]


def test_what_will_do_also_fits_the_event() -> None:
    for checklist in checklists.DEFAULT_CHECKLISTS.values():
        for step in checklist["steps"]:
            data = {"step_id": step["step_id"], "answer": good_answer(step)}
            assert events.check("checklist.answered", 1, data) == []


def test_the_defaults_can_stand_on_a_receipt() -> None:
    assert receipts.canonical(checklists.DEFAULT_CHECKLISTS)
    assert receipts.canonical(checklists.DEFAULT_SLOTS)


def test_a_step_without_a_slot_fills_one_of_its_own_name() -> None:
    assert checklists.slot_of({"step_id": "wall", "slot": "after"}) == "after"
    assert checklists.slot_of({"step_id": "wall"}) == "wall"
