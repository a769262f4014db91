"""Every way of saying no: a code of its own, words in two languages, a status, a step for devices."""

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
from flask import Flask

from server.domain import errors
from server.domain.errors import DeviceStep, DoorstepError
from server.errors import STATUS, problem, status_of


def kinds(root: type[DoorstepError] = DoorstepError) -> Iterator[type[DoorstepError]]:
    """The server's; the companion has failures of its own, which stay on the tablet."""
    if root.__module__.startswith("server."):
        yield root
    for each in root.__subclasses__():
        yield from kinds(each)


ALL = list(kinds())


def test_no_two_failures_share_a_code() -> None:
    codes = [kind.code for kind in ALL]
    assert sorted(code for code in set(codes) if codes.count(code) > 1) == []


def test_they_all_stand_in_one_file() -> None:
    assert {kind.__module__ for kind in ALL} == {errors.__name__}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.code)
def test_a_failure_can_be_told(kind: type[DoorstepError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code)
    assert "code" in vars(kind), "a code is never inherited"
    assert kind.en.endswith(".")
    assert kind.zh.endswith("。")
    assert re.search(r"[一-鿿]", kind.zh)
    assert fields(kind.en) == fields(kind.zh), "both languages name the same details"
    details: dict[str, Any] = {name: f"<{name}>" for name in fields(kind.en)}
    languages: tuple[errors.Language, ...] = ("en", "zh")
    for language in languages:
        told = kind(**details).sentence(language)
        assert "{" not in told
        assert all(detail in told for detail in details.values())
        assert kind().sentence(language)
    assert kind.device in DeviceStep


@pytest.mark.parametrize("kind", ALL[1:], ids=lambda kind: kind.code)
def test_a_failure_has_a_status(kind: type[DoorstepError], app: Flask) -> None:
    assert status_of(kind) in STATUS.values()
    assert 400 <= status_of(kind) < 600
    assert status_of(kind) != 500, "only the root is our own fault"
    with app.test_request_context("/", headers={"Accept-Language": "zh"}):
        answer = problem(kind(retry_after_s=7))
    assert answer.status_code == status_of(kind)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Retry-After"] == "7"
    told = answer.get_json()
    assert (told["code"], told["status"], told["retry_after_s"]) == (
        kind.code,
        answer.status_code,
        7,
    )


def test_no_status_is_without_a_failure() -> None:
    assert set(STATUS.values()) == {status_of(kind) for kind in ALL[1:]}
