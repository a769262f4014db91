"""The Nth write, flush, open and rename fails, for a few N of each; `python -m tests.faults.nth_failure`
tries them all.

Whatever fails, nothing acknowledged is lost, the caller is told with a code it knows, and the same
processes do the same work when the disk is well again: `sweep` raises where any of this does not hold.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import companion_disk, server_disk, shim
from tests.faults.nth_failure import Subject, Swept, sweep

# Calls that fail alone with ENOSPC, and calls from which on all fail with EIO.
ONCE = {"write": (1, 11), "flush": (1,), "open": (1,), "rename": ()}
FOR_GOOD = {"write": (4,), "flush": (1, 3), "open": (2,), "rename": (1,)}
JOBS = 8


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reason = shim.why_not()
    if reason:
        assert sys.platform != "linux", f"{reason} python3 dev.py test installs it."
        pytest.skip(f"NOT RUN: {reason}")
    return shim.build(tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="module")
def server(
    library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[server_disk.Subject]:
    with server_disk.subject(tmp_path_factory.mktemp("server"), library, JOBS) as made:
        yield made


@pytest.fixture(scope="module")
def companion(
    library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[companion_disk.Subject]:
    with companion_disk.subject(tmp_path_factory.mktemp("companion"), library, JOBS) as made:
        yield made


def some_of(subject: Subject, step: str, what: str) -> tuple[Swept, Swept]:
    once = sweep(subject, step, what, "ENOSPC", for_good=False, numbers=ONCE[what])
    for_good = sweep(subject, step, what, "EIO", for_good=True, numbers=FOR_GOOD[what])
    return once, for_good


@pytest.mark.parametrize("what", ["write", "flush", "open", "rename"])
@pytest.mark.parametrize("step", server_disk.Subject.steps)
def test_the_server_survives(server: server_disk.Subject, step: str, what: str) -> None:
    once, for_good = some_of(server, step, what)

    assert once.lost + for_good.lost == []
    assert "500 internal" not in once.told, "a full disk is called full, or busy"
    if (what in ("write", "flush")) or (step not in server_disk.PUSHES and what != "rename"):
        assert for_good.reached >= min(FOR_GOOD[what]), "the failure struck"


@pytest.mark.parametrize("what", ["write", "flush", "open", "rename"])
@pytest.mark.parametrize("step", companion_disk.Subject.steps)
def test_the_companion_survives(companion: companion_disk.Subject, step: str, what: str) -> None:
    once, for_good = some_of(companion, step, what)

    assert once.lost + for_good.lost == []
    if (what, step) in (
        ("write", "note"),
        ("flush", "note"),
        ("open", "photo"),
        ("rename", "export"),
    ):
        assert for_good.reached >= min(FOR_GOOD[what]), "the failure struck"
