"""Ready to leave? The looks by their vectors, and how an untrusted report of them is read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from server.domain import readiness
from server.domain.readiness import Facts, Light
from tests.golden import vectors

CHECK = {"what": "parts", "light": "green"}
ENTRY = {"job_id": "J-1001", "checked_at": "2026-11-23T09:00:00+08:00", "checks": [CHECK]}


@pytest.mark.parametrize("case", vectors("readiness")["looks"], ids=lambda case: str(case["name"]))
def test_a_look_is_what_its_vector_says(case: dict[str, Any]) -> None:
    given = {**case["given"], "earlier": tuple(case["given"]["earlier"])}
    checks = readiness.look(Facts(**given))
    assert checks == case["expect"]["checks"]
    assert readiness.worst(Light(each["light"]) for each in checks) == case["expect"]["light"]


def test_what_a_client_has_no_such_thing_of_is_left_out() -> None:
    names = [each["what"] for each in readiness.look(Facts())]
    assert names == [each for each in readiness.CHECKS if each not in ("earlier", "kept")]


def test_a_report_is_read() -> None:
    [look], refused = readiness.read([ENTRY])
    assert (look.job_id, look.checks, look.light) == ("J-1001", [CHECK], Light.GREEN)
    assert look.checked_at == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert refused == []


def test_the_light_is_the_worst_of_the_checks_also_of_a_later_app() -> None:
    checks = [CHECK, {"what": "weather", "light": "amber", "wind": 12}]
    [look], _ = readiness.read([{**ENTRY, "checks": checks}])
    assert (look.light, look.checks[1]) == (Light.AMBER, {"what": "weather", "light": "amber"})


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {**ENTRY, "job_id": 7},
        {**ENTRY, "job_id": "J" * 41},
        {**ENTRY, "job_id": "J\x00"},
        {**ENTRY, "checked_at": "2026-11-23T09:00:00"},
        {**ENTRY, "checked_at": 17},
        {**ENTRY, "checks": []},
        {**ENTRY, "checks": "parts"},
        {**ENTRY, "checks": [CHECK] * 21},
        {**ENTRY, "checks": [CHECK, None]},
        {**ENTRY, "checks": [{"what": "parts"}]},
        {**ENTRY, "checks": [{"what": "parts", "light": "blue"}]},
        {**ENTRY, "checks": [{"what": "parts", "light": ["red"]}]},
        {**ENTRY, "checks": [{"what": "\ud800", "light": "red"}]},
    ],
    ids=str,
)
def test_what_has_no_form_is_refused_and_the_rest_is_read(entry: Any) -> None:
    other = {**ENTRY, "job_id": "J-1002"}
    looks, refused = readiness.read([entry, other])
    assert [each.job_id for each in looks] == ["J-1002"]
    assert [each.code for each in refused] == ["data_invalid"]


@pytest.mark.parametrize("told", [None, {}, "J-1001", 7])
def test_what_is_no_list_is_refused(told: Any) -> None:
    assert readiness.read(told) == ([], [readiness.Refused(None, "data_invalid")])


def test_it_reads_so_many_and_no_more() -> None:
    many = [{**ENTRY, "job_id": f"J-{number}"} for number in range(readiness.MOST_LOOKS + 5)]
    looks, refused = readiness.read(many)
    assert (len(looks), [each.code for each in refused]) == (readiness.MOST_LOOKS, ["too_many"])


def test_details_without_form_are_dropped() -> None:
    short = [{"sku": "HINGE-110", "missing": 2}, {"sku": "RAIL", "missing": 0}, {"sku": 7}, "x"]
    check = {**CHECK, "short": short * 40, "here": -1, "all": 2.5, "free_bytes": 5}
    [look], _ = readiness.read([{**ENTRY, "checks": [check]}])
    assert look.checks == [{**CHECK, "short": [short[0]] * 13, "free_bytes": 5}]


def test_of_a_job_that_is_named_twice_the_last_word_counts() -> None:
    red = {**ENTRY, "checks": [{"what": "parts", "light": "red"}]}
    [look], _ = readiness.read([ENTRY, red])
    assert look.light == Light.RED


SET_OUT = "2026-11-23T09:30:00.000+08:00"


@pytest.mark.parametrize(
    ("visit", "lights"),
    [
        ({}, {"green": None, "amber": None, "red": None}),
        ({"travel_started_at": SET_OUT}, {"green": False, "amber": True, "red": True}),
        ({"arrived_at": SET_OUT}, {"green": False, "amber": True, "red": True}),
    ],
    ids=["not gone", "set out", "only arrived"],
)
def test_who_left_unready(visit: dict[str, str], lights: dict[str, bool | None]) -> None:
    assert {light: readiness.left_unready(Light(light), visit) for light in lights} == lights


@pytest.mark.parametrize(
    ("known", "visit", "is_news"),
    [
        (None, {}, True),
        ("v1", {}, True),
        ("v1", {"travel_started_at": SET_OUT}, False),
        (None, {"travel_started_at": SET_OUT}, True),
        ("v0", {"travel_started_at": SET_OUT}, True),
    ],
    ids=["first", "again", "after leaving", "first, after leaving", "of an earlier assignment"],
)
def test_what_was_last_seen_before_the_van_moved_stays(
    known: str | None, visit: dict[str, str], is_news: bool
) -> None:
    assert readiness.may_replace(known, "v1", visit) is is_news
