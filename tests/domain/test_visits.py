"""The fold: field events, in whatever order they come, tell one visit."""

import json
import random
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from field_client import plan
from server.domain import envelopes, events, visits
from tests.golden import vectors

AT = "2026-11-21T16:02:11.480+08:00"


def event(number: int, kind: str, **data: Any) -> dict[str, Any]:
    return {
        "event_id": ident(number),
        "kind": kind,
        "v": 1,
        "captured_at": AT.replace(":11.", f":{number:02}."),
        "data": data,
    }


def ident(number: int) -> str:
    return f"01980000-0000-7000-8000-0000000000{number:02x}"


def photo(number: int, slot: str, **more: Any) -> dict[str, Any]:
    facts = {"sha256": f"{number:064x}", "size": 9, "mime": "image/jpeg", "width": 4, "height": 3}
    return event(
        number, "photo.taken", photo_id=ident(number), slot=slot, source="camera", **facts, **more
    )


def a_whole_visit() -> list[dict[str, Any]]:
    return [
        event(1, "job.accepted"),
        event(2, "travel.started"),
        event(3, "visit.arrived"),
        event(4, "visit.assessed", severity="minor", findings=["noise"]),
        photo(5, "before"),
        event(6, "checklist.answered", step_id="level", answer=True),
        event(7, "part.used", line_id=ident(7), sku="H", quantity=2,
              **{"from": "van"}, charge="warranty"),
        event(8, "part.voided", line_id=ident(7), reason="wrong one"),
        photo(9, "after"),
        event(10, "photo.discarded", photo_id=ident(9), reason="dark"),
        photo(11, "after"),
        event(12, "serial.swapped", old_serial="A", new_serial="B"),
        event(13, "note.added", text="Done", audience="customer"),
        event(14, "receipt.presented", receipt_digest="0" * 64, language="zh"),
        event(15, "receipt.signed", receipt_digest="0" * 64, signer_name="王", relation="customer",
              signature={"sha256": "1" * 64, "size": 3, "mime": "image/png"}, stars=5),
        event(16, "visit.finished", outcome="completed",
              manifest={"events": [], "blobs": [], "digest": "2" * 64}),
    ]  # fmt: skip


GOLDEN = vectors("kinds")


@pytest.mark.parametrize("golden", GOLDEN["golden"], ids=lambda golden: str(golden["name"]))
def test_it_folds_as_the_vectors_say(golden: dict[str, Any]) -> None:
    """Every kind and version ever released: it is read, and tells the same visit on both sides."""
    lane = golden["events"]
    for each in lane:
        assert envelopes.problems(each, json.dumps(each)) == []
        assert events.check(each["kind"], each["v"], each["data"]) == []
    expected = {**GOLDEN["empty"], **golden["changed"]}
    assert visits.fold(lane) == expected
    assert plan.shown_visit(None, lane) == expected
    assert plan.shown_visit(visits.fold(lane[:-1]), lane[-1:]) == expected


def test_the_empty_visit_is_that_of_the_vectors() -> None:
    assert visits.empty() == GOLDEN["empty"]


def test_the_events_here_are_events_that_the_house_knows() -> None:
    for each in a_whole_visit():
        assert events.check(each["kind"], 1, each["data"]) == []


def test_a_whole_visit_is_told() -> None:
    visit = visits.fold(a_whole_visit())
    assert visit["state"] == "finished"
    assert visit["answers"]["level"]["answer"] is True
    assert visit["parts"][ident(7)]["voided"]
    assert [each["state"] for each in visit["photos"].values()] == ["taken", "discarded", "taken"]
    assert visit["receipt"]["state"] == "signed"
    assert visit["receipt"]["language"] == "zh"
    assert visit["finished"]["outcome"] == "completed"


def test_the_visit_before_an_event_is_left_as_it_was() -> None:
    visit = visits.empty()
    for each in a_whole_visit():
        before = deepcopy(visit)
        after = visits.apply(visit, each)
        assert visit == before
        visit = after


def test_it_never_fails_and_never_goes_back_whatever_the_order() -> None:
    story = a_whole_visit()
    for seed in range(50):
        random.Random(seed).shuffle(story)
        visit, reached = visits.empty(), 0
        for each in story:
            visit = visits.apply(visit, each)
            now = visits.STATES.index(visit["state"])
            assert now >= reached
            reached = now
        assert visit["state"] == "finished"
        assert visit["parts"][ident(7)]["voided"]
        assert visit["photos"][ident(9)]["state"] == "discarded"


def test_the_same_event_twice_says_nothing_new_about_keyed_things() -> None:
    keyed = [
        each for each in a_whole_visit() if each["kind"] not in ("serial.swapped", "note.added")
    ]
    assert visits.fold(keyed) == visits.fold([each for each in keyed for _ in range(2)])


def test_unknown_kinds_change_nothing() -> None:
    visit = visits.fold(a_whole_visit())
    assert visits.apply(visit, event(20, "kettle.boiled")) is visit


def test_a_visit_is_plain_json() -> None:
    visit = visits.fold(a_whole_visit())
    assert json.loads(json.dumps(visit)) == visit


def test_an_arrival_without_anything_before_it_counts() -> None:
    assert visits.fold([event(1, "visit.arrived")])["state"] == "on_site"


def test_after_the_finish_a_photo_counts_and_a_move_does_not() -> None:
    visit = visits.fold(a_whole_visit())
    assert visits.is_late_move(visit, "visit.arrived")
    assert not visits.is_late_move(visit, "photo.taken")
    assert "late" in {
        each["slot"] for each in visits.apply(visit, photo(30, "late"))["photos"].values()
    }


def test_what_is_missing_is_named_before_finishing() -> None:
    sheet: Mapping[str, Any] = {
        "slots": [{"slot": "before", "minimum": 1}, {"slot": "after", "minimum": 2}],
        "checklist": {
            "name": "repair",
            "version": 1,
            "steps": [{"step_id": "level", "kind": "yes_no", "label": "Level?", "required": True}],
        },
    }
    nothing = visits.missing_before_finish(sheet, visits.empty())
    assert [(each.code, each.subject) for each in nothing] == [
        ("arrival", ""),
        ("photo_slot", "before"),
        ("photo_slot", "after"),
        ("checklist_step", "level"),
        ("receipt", ""),
    ]
    whole = visits.missing_before_finish(sheet, visits.fold(a_whole_visit()))
    assert [(each.code, each.subject) for each in whole] == [("photo_slot", "after")]


def test_a_picture_that_the_office_wants_again_does_not_fill_its_slot() -> None:
    visit = visits.fold(a_whole_visit())
    slots = [{"slot": "before", "minimum": 1}]
    assert visits.missing_slots(slots, visit) == []
    assert visits.missing_slots(slots, visit, frozenset({ident(5)})) == ["before"]


def test_drawing_on_a_copy_fills_no_slot() -> None:
    visit = visits.fold([photo(1, "after", drawn_on=ident(9))])
    assert visits.filled_slots(visit) == {}
