"""What every file of the product keeps to, as far as a machine can see it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    file
    for package in ("server", "field_client", "migrations")
    for file in (ROOT / package).rglob("*.py")
    if file.read_text(encoding="utf-8").strip()
)
SERVER = [file for file in FILES if file.is_relative_to(ROOT / "server")]

# A helper is named for its subject.
NO_SUBJECT = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "core"}
LONGEST = 800  # lines; look twice at 400


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_says_what_it_is_for(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source))
    assert not NO_SUBJECT & set(file.stem.split("_"))
    is_drafted_by_a_machine = "versions" in file.parts
    assert source.count("\n") <= LONGEST or is_drafted_by_a_machine


def calls(file: Path) -> Iterator[str]:
    """What a file calls, as it is written: `datetime.now`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func)


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_time_is_asked_of_one_clock() -> None:
    """So that tests and simulations own it. A file's own time is the disk's, which has its own clock."""
    asking = {
        name_of(file)
        for file in SERVER
        if {"datetime.now", "datetime.utcnow", "date.today", "time.time"} & set(calls(file))
    }
    of_the_product = {name for name in asking if not name.startswith("server/demo/")}
    assert of_the_product == {"server/clock.py", "server/worker.py"}


def test_tokens_are_read_in_one_place() -> None:
    """flask-jwt-extended believes every token for ever here; server/auth.py decides what has expired."""
    reading = {name_of(f) for f in SERVER for name in imports(f) if "jwt" in name.split(".")[0]}
    assert reading == {"server/auth.py"}


def test_nothing_is_printed_but_by_commands() -> None:
    printing = {
        name_of(file)
        for file in SERVER
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    }
    others = {name for name in printing if not name.startswith(("server/cli.py", "server/demo/"))}
    assert others == set()
