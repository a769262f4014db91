"""What the customer signs: built alike everywhere, canonical by RFC 8785, and never in the way."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from server.domain import receipts

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "receipts.json").read_text("utf-8"))
BUILT = [case for case in VECTORS if "sheet" in case["given"]]
WRITTEN = [case for case in VECTORS if "value" in case["given"]]
A_VISIT = BUILT[0]["given"]

text = st.text(st.characters(exclude_categories=["Cs"]))
integers = st.integers(-receipts.LARGEST_INTEGER, receipts.LARGEST_INTEGER)
scalars = st.none() | st.booleans() | integers | text
documents = st.recursive(
    scalars, lambda it: st.lists(it) | st.dictionaries(text, it), max_leaves=20
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(max_size=5), it, max_size=3),
    max_leaves=8,
)
FIELDS = ["line_id", "photo_id", "request_id", "step_id", "sku", "quantity", "unit_price"]
FIELDS += ["currency", "charge", "slot", "answer", "words", "severity", "audience", "text"]
odd_data = st.dictionaries(
    st.sampled_from(FIELDS), st.sampled_from(["l-1", "customer", 3]) | anything, max_size=6
)
odd_events = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from(["e-1", "e-2", "e-3", "e-4"]) | anything,
        "kind": st.sampled_from([*sorted(receipts.CONTENT_KINDS), "wall.painted"]) | anything,
        "data": odd_data | anything,
    }
)


def case_name(case: dict[str, Any]) -> str:
    return str(case["name"])


def build(**changes: Any) -> dict[str, Any]:
    given = deepcopy({**A_VISIT, **changes})
    return receipts.build(given.pop("sheet"), given.pop("events"), **given)


@pytest.mark.parametrize("case", BUILT, ids=case_name)
def test_it_is_built_as_the_vectors_say(case: dict[str, Any]) -> None:
    receipt = build(**case["given"])
    assert receipt == case["expect"]["receipt"]
    assert receipts.digest(receipt) == case["expect"]["digest"]
    assert receipts.short_code(receipts.digest(receipt)) == case["expect"]["short_code"]


@pytest.mark.parametrize("case", WRITTEN, ids=case_name)
def test_it_is_written_as_the_vectors_say(case: dict[str, Any]) -> None:
    value = case["given"]["value"]
    assert receipts.canonical(value).decode() == case["expect"]["canonical"]
    assert receipts.digest(value) == case["expect"]["digest"]


@given(documents)
def test_its_bytes_are_those_of_rfc_8785(document: Any) -> None:
    assert receipts.canonical(document) == rfc8785.dumps(document)


@given(st.text(st.characters(categories=["Cs", "Lu"]) | st.just("\x00")))
def test_half_characters_still_have_bytes(field_text: str) -> None:
    written = receipts.canonical([field_text])
    assert written == receipts.canonical(json.loads(written))


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        receipts.canonical({"amount": 1.5})


@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_a_huge_integer_has_no_canonical_form(number: int) -> None:
    with pytest.raises(ValueError, match="2\\^53"):
        receipts.canonical(number)


def test_keys_are_text_and_stay_apart() -> None:
    with pytest.raises(TypeError):
        receipts.canonical({1: "one"})
    with pytest.raises(ValueError, match="same"):
        receipts.canonical(dict.fromkeys(["\ud800", "\udfff"]))


@given(st.lists(odd_events, max_size=8), st.none() | st.text())
def test_an_odd_lane_still_gives_a_receipt(events: list[Any], reservation: str | None) -> None:
    sheet = A_VISIT["sheet"]
    receipt = receipts.build(sheet, events, language="zh", reservation=reservation)
    assert len(receipts.digest(receipt)) == 64
    assert receipts.explain(receipt, "en", sheet)
    assert receipts.explain(receipt, "zh")


@given(st.dictionaries(st.sampled_from(sorted(A_VISIT["sheet"])), anything))
def test_an_odd_sheet_still_gives_a_receipt(sheet: dict[str, Any]) -> None:
    receipt = receipts.build(sheet, A_VISIT["events"], language="en")
    assert len(receipts.digest(receipt)) == 64
    assert receipts.explain(receipt, "en", sheet)


def test_a_receipt_survives_storage() -> None:
    receipt = build()
    assert receipts.digest(json.loads(json.dumps(receipt))) == receipts.digest(receipt)


def test_building_changes_nothing_that_it_reads() -> None:
    before = deepcopy(A_VISIT)
    receipts.build(A_VISIT["sheet"], A_VISIT["events"], language="en")
    assert before == A_VISIT


def test_an_office_note_leaves_the_signed_digest_alone() -> None:
    note = {
        "event_id": "0197f3d0-0000-7000-8000-0000000000ff",
        "kind": "note.added",
        "data": {"text": "Call the shop", "audience": "office"},
    }
    assert build(events=[*A_VISIT["events"], note]) == build()
    assert not receipts.is_content(note)


def test_what_stands_on_the_receipt_changes_the_digest() -> None:
    later = {
        "event_id": "0197f3d0-0000-7000-8000-0000000000ff",
        "kind": "part.voided",
        "data": {"line_id": "l-2", "reason": "not needed"},
    }
    assert receipts.is_content(later)
    changed = build(events=[*A_VISIT["events"], later])
    assert receipts.digest(changed) != receipts.digest(build())
    assert changed["totals"] == []


def test_a_short_code_has_only_letters_that_can_be_read_out() -> None:
    assert receipts.short_code("00" * 32) == "0000-0000"
    assert receipts.short_code("ff" * 32) == "ZZZZ-ZZZZ"
    assert not set("ILOU") & set(receipts.CODE_LETTERS)
    with pytest.raises(ValueError, match="ten"):
        receipts.short_code("abc")


@pytest.mark.parametrize(
    ("cents", "currency", "shown"),
    [
        (128000, "CNY", "¥1,280.00"),
        (-5, "CNY", "-¥0.05"),
        (1250, "EUR", "EUR 12.50"),
        (1250, None, "12.50"),
        (None, "CNY", "…"),
    ],
)
def test_money_reads_as_people_write_it(cents: int | None, currency: str, shown: str) -> None:
    assert receipts.money(cents, currency) == shown


def test_it_reads_out_in_english() -> None:
    read = dict(receipts.explain(build(), "en", A_VISIT["sheet"]))
    assert read["Service receipt"][0] == "Job J-1001, ticket T-1001"
    assert "Agreed: 2026-11-21 16:00 to 2026-11-21 18:00" in read["Appointment"]
    assert read["Checklist"] == [
        "Wall carries the load: yes",
        "Concrete",
        "Off level: 2 mm",
        "Fixing: Rail",
    ]
    assert read["Photos"] == ["Photo 1: Before the work", "Photo 2: After the work"]
    assert read["Parts"] == ["2 × Hinge 110° · under warranty", "3 × RAIL-200 · ¥388.50"]
    assert read["To pay"] == ["¥388.50"]
    assert read["Parts still needed"] == ["1 × DOOR-80L · damaged"]
    assert "Reservation" not in read


def test_it_reads_out_in_chinese() -> None:
    receipt = build(language="zh", reservation="左侧柜门有划痕")
    read = dict(receipts.explain(receipt, "zh", A_VISIT["sheet"]))
    assert read["检查项"][2:] == ["水平偏差：2 mm", "固定方式：挂轨"]
    assert read["配件"][0] == "2 × 110° 铰链 · 保修"
    assert read["保留意见"] == ["左侧柜门有划痕"]
    assert read["确认"] == [receipts.AGREEMENTS["zh"]]


def test_without_the_job_choices_read_as_they_were_captured() -> None:
    read = dict(receipts.explain(build(), "en"))
    assert read["Checklist"][-1] == "Fixing: rail"
    assert read["Photos"] == ["Photo 1: before", "Photo 2: after"]


def test_both_languages_say_the_same_things() -> None:
    assert receipts.WORDS["en"].keys() == receipts.WORDS["zh"].keys()
