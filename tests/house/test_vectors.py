"""The vectors know every code, status, kind and version; what was released is never changed."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client import errors as companion
from field_client import plan
from server.domain import events, exceptions, jobs, photos, revisits, sync, tickets, visits
from server.domain.errors import DeviceStep, DoorstepError
from server.errors import STATUS, status_of
from tests.golden import FOLDER, vectors

ROOT = FOLDER.parents[1]
CODES, KINDS = vectors("codes"), vectors("kinds")
FAILURES = {each["code"]: each for each in CODES["failures"]}


def below(kind: type[DoorstepError]) -> Iterator[type[DoorstepError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from below(each)


def failures(package: str) -> list[type[DoorstepError]]:
    return [each for each in below(DoorstepError) if each.__module__.startswith(package)]


# Failures: code -> HTTP status -> what a device does.


def test_every_failure_has_its_vector() -> None:
    assert FAILURES.keys() == {kind.code for kind in failures("server.")}
    assert len(FAILURES) == len(CODES["failures"])
    assert {each["status"] for each in FAILURES.values()} == {500, *STATUS.values()}


@pytest.mark.parametrize("kind", failures("server."), ids=lambda kind: kind.code)
def test_a_failure_is_what_its_vector_says(kind: type[DoorstepError]) -> None:
    told = FAILURES[kind.code]
    status, device = told["status"], told["device"]
    assert (status_of(kind), kind.device) == (status, device)
    assert [plan.push_step(status, kind.code, size, 0) for size in (2, 1)] == told["push"]
    upload = plan.upload_step(status, told.get("upload_offset"), 5, 9)
    assert upload.name == told["upload"]
    if device == DeviceStep.RESEND:  # neither an event nor a file is given up for it
        assert told["push"][1] != "quarantine"
        assert told["upload"] != "skip"


def test_every_failure_of_the_companion_has_its_vector() -> None:
    told = {each["code"]: each["exit"] for each in CODES["companion"]}
    kinds = [
        kind for kind in failures("field_client.") if issubclass(kind, companion.CompanionError)
    ]
    assert told == {
        kind.code: kind.exit_code for kind in kinds if kind is not companion.CompanionError
    }


# Results of events.

JUDGING = ("server/domain/sync.py", "server/actions/sync.py", "server/actions/judging.py")
SAYING = {"Decision", "_quarantine", "put_aside"}
WORD = re.compile(r"[a-z]+(_[a-z]+)*")


def words(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def said(tree: ast.AST) -> Iterator[str]:
    """Whatever stands in the code where the code of a result is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SAYING:
            for given in node.args:
                yield from words(given)
        elif isinstance(node, ast.keyword) and node.arg == "code":
            yield from words(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name.endswith("_code"):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Constant):
                    yield from words(inner.value)
        elif isinstance(node, ast.Dict):
            for name, value in zip(node.keys, node.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == "code":
                    yield from words(value)
        elif isinstance(node, ast.Assign) and ".code" in ast.unparse(node.targets[0]):
            yield from words(node.value)


def test_every_result_has_its_vector() -> None:
    told = CODES["results"]
    assert told.keys() == {*sync.Status, "unknown"}
    for status, each in told.items():
        step = plan.event_step({"status": status, "custody": each["custody"]})
        assert (step.state, each["custody"]) == (each["client"], status in plan.KEPT), status


def test_every_code_of_a_result_has_its_vector() -> None:
    told = {code for each in CODES["results"].values() for code in each["codes"]}
    trees = [ast.parse((ROOT / name).read_text(encoding="utf-8")) for name in JUDGING]
    found = {word for tree in trees for word in said(tree) if WORD.fullmatch(word)}
    no_codes = {"event_quarantined", "event_forced", "work_on_cancelled", "work_on_reassigned"}
    assert found - no_codes == told


# The other words.

SPOKEN: dict[str, Any] = {
    "ticket_states": tickets.State,
    "job_states": jobs.State,
    "visit_states": (*visits.STATES, visits.DECLINED),
    "revisit_states": revisits.State,
    "received": sync.Received,
    "waits": tickets.WAITS,
    "exceptions": exceptions.KINDS,
    "doubts": photos.DOUBTS,
    "revisit_triggers": revisits.Trigger,
    "revisit_causes": revisits.CAUSES,
}


def test_every_other_word_has_its_vector() -> None:
    told = CODES["words"]
    assert {name: told[name] for name in SPOKEN} == {
        name: [str(word) for word in spoken] for name, spoken in SPOKEN.items()
    }


def written(file: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / file).read_text(encoding="utf-8")))


def test_the_words_that_stand_in_no_table_have_theirs() -> None:
    gone = written("server/actions/pulling.py", r'CursorGone\(why="([a-z]+)"\)')
    missing = written("server/domain/visits.py", r'Missing\("([a-z_]+)"')
    assert set(CODES["words"]["cursor_gone_why"]) == gone
    assert set(CODES["words"]["missing_before_finish"]) == missing
    assert CODES["words"].keys() == {*SPOKEN, "cursor_gone_why", "missing_before_finish"}


# Kinds and versions.


def test_every_kind_and_version_has_a_golden_vector() -> None:
    golden = {(each["events"][-1]["kind"], each["events"][-1]["v"]) for each in KINDS["golden"]}
    assert golden == events.KINDS.keys()
    for each in KINDS["golden"]:
        last = each["events"][-1]
        assert each["name"].startswith(f"{last['kind']}@{last['v']}: ")


def test_a_released_golden_vector_is_never_changed() -> None:
    """Events like it wait on tablets for up to two years. A new one brings its line in released.json."""
    now = {}
    for each in KINDS["golden"]:
        text = json.dumps(each, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        now[each["name"]] = hashlib.sha256(text.encode("ascii")).hexdigest()
    assert now == vectors("released")["golden"]
    assert len(now) == len(KINDS["golden"]), "no two have the same name"


# The folder.


def test_the_folder_says_what_each_file_holds() -> None:
    read_me = (FOLDER / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z_]+\.json)` \|", read_me, re.MULTILINE)
    assert sorted(told) == sorted(file.name for file in FOLDER.glob("*.json"))


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: str(file.stem))
def test_a_vector_file_is_read_by_a_test(file: Path) -> None:
    mentions = {f'vectors("{file.stem}")', f'"{file.name}"'}
    tests = [each.read_text(encoding="utf-8") for each in ROOT.joinpath("tests").rglob("*.py")]
    assert any(mention in text for mention in mentions for text in tests)


def no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: str(file.stem))
def test_every_json_reader_reads_the_same(file: Path) -> None:
    """No member twice, UTF-8 without a mark before it, a line feed behind."""
    text = file.read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    assert text.endswith("\n")
    json.loads(text, object_pairs_hook=no_twice)
