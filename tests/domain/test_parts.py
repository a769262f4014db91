"""Stock moves, it is never made: places, movements, balances, and parts that were asked for."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import errors, parts

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "parts.json").read_text("utf-8"))
Given = dict[str, Any]


def place(given: Given) -> Any:
    text = given["place"]
    return {"place": asdict(parts.parse_place(text)) if parts.is_place(text) else None}


def movement(given: Given) -> Any:
    return {"problems": [asdict(p) for p in parts.problems_of_movement(given["movement"])]}


def balances(given: Given) -> Any:
    held = parts.balances(given["movements"])
    return {"balances": held, "variances": parts.variances(held)}


def request(given: Given) -> Any:
    return {"is_open": parts.is_open(given), "moves": sorted(parts.REQUEST_MOVES[given["state"]])}


def task(given: Given) -> Any:
    found = parts.what_to_do(given["request"])
    return {"task": found.code if found else None, "role": found.role if found else None}


READ: dict[str, Callable[[Given], Any]] = {
    "place": place,
    "movement": movement,
    "use": lambda given: {"movement": parts.use_movement(**given)},
    "void": lambda given: {"movement": parts.void_movement(**given)},
    "balances": balances,
    "count": lambda given: {"movements": parts.adjustments(**given)},
    "request": request,
    "task": task,
}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["name"]))
def test_it_reckons_as_the_vectors_say(case: dict[str, Any]) -> None:
    subject = case["name"].split(":")[0]
    assert READ[subject](case["given"]) == case["expect"]


places = st.sampled_from(
    [
        "warehouse:shop",
        "van:alice",
        "van:bob",
        "reserved:J-1001",
        "transit:T-1001",
        "customer:site-1",
        "supplier",
        "scrap",
        "count",
    ]
)
movements = st.builds(
    lambda sku, quantity, start, end: {
        "sku": sku,
        "quantity": quantity,
        "from_place": start,
        "to_place": end,
    },
    st.sampled_from("AB"),
    st.integers(1, 9),
    places,
    places,
)


@given(st.lists(movements))
def test_nothing_appears_or_vanishes(ledger: list[Any]) -> None:
    held = parts.balances(ledger)
    for sku in "AB":
        assert sum(balance.get(sku, 0) for balance in held.values()) == 0


@given(st.lists(movements), places)
def test_one_place_reckons_like_all_places(ledger: list[Any], where: str) -> None:
    assert parts.balance(ledger, where) == parts.balances(ledger).get(where, {})


@given(st.permutations(list(range(6))), st.lists(movements, min_size=6, max_size=6))
def test_the_order_of_arrival_does_not_matter(order: list[int], ledger: list[Any]) -> None:
    assert parts.balances(ledger) == parts.balances([ledger[at] for at in order])


@given(
    st.dictionaries(st.sampled_from("ABC"), st.integers(-9, 9)),
    st.dictionaries(st.sampled_from("ABC"), st.integers(0, 9)),
)
def test_after_a_count_the_ledger_says_what_was_counted(
    expected: dict[str, int], counted: dict[str, int]
) -> None:
    moves = parts.adjustments("van:alice", expected, counted, "alice", "now", "day-end count")
    changed = parts.balance(moves, "van:alice")
    for sku, quantity in counted.items():
        assert expected.get(sku, 0) + changed.get(sku, 0) == quantity
    assert not any(parts.problems_of_movement(move) for move in moves)


def test_what_a_part_used_event_moves_is_legal() -> None:
    line = {"line_id": "l-1", "sku": "A", "quantity": 1, "from": "van"}
    used = parts.use_movement(line, "alice", "J-1001", "site-1", "now")
    assert used is not None
    voided = parts.void_movement(used, "alice", "later", "not needed")
    assert voided is not None
    assert parts.problems_of_movement(used) == parts.problems_of_movement(voided) == []


def test_places_read_as_they_are_written() -> None:
    assert str(parts.parse_place("van:alice")) == "van:alice"
    assert str(parts.Place("supplier")) == "supplier"
    with pytest.raises(errors.Invalid):
        parts.parse_place("shelf:1")


def test_only_stock_can_have_a_variance() -> None:
    assert (
        parts.variances({"supplier": {"A": -5}, "customer:s": {"A": -1}, "count": {"A": -1}}) == {}
    )
    assert parts.variance({"A": -1, "B": 0, "C": 2}) == {"A": -1}


def test_every_kind_goes_between_known_places() -> None:
    for ways in parts.LEGAL.values():
        assert all({start, end} <= parts.PLACES.keys() for start, end in ways)


def test_a_request_moves_only_as_the_table_says() -> None:
    parts.must_be_able_to_become({"state": "requested"}, "shipped")
    parts.must_be_able_to_become({"state": "arrived"}, "arrived")
    with pytest.raises(errors.StepNotPossible):
        parts.must_be_able_to_become({"state": "arrived"}, "requested")


def test_somebody_always_owns_an_open_request() -> None:
    for state in parts.OPEN_REQUESTS:
        assert parts.what_to_do({"state": state, "sku": "A"}) is not None
