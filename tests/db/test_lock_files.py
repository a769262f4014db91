"""The lock files between processes: each `LockFiles` here stands for a process of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from server.db import lock_files
from server.db.lock_files import LockFiles
from server.domain import errors

Process = Callable[[], LockFiles]
PATIENCE_S = 30.0

pytestmark = pytest.mark.skipif(not lock_files.CAN_LOCK, reason="of systems that lock files")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(LockFiles(tmp_path / "some.db")))


def soon() -> float:
    return time.monotonic() + PATIENCE_S


def take_in_thread(files: LockFiles) -> threading.Thread:
    thread = threading.Thread(target=files.take, args=(soon(),))
    thread.start()
    return thread


def gives_up(files: LockFiles) -> None:
    with pytest.raises(errors.Busy):
        files.take(time.monotonic())


def test_one_waits_for_the_other(process: Process) -> None:
    first, second = process(), process()
    first.take(soon())
    waiting = take_in_thread(second)
    gives_up(process())
    first.let_go()
    waiting.join()
    gives_up(first)
    second.let_go()
    first.take(soon())


def test_whoever_gave_up_holds_nothing_later(process: Process) -> None:
    first, second = process(), process()
    first.take(soon())
    gives_up(second)
    first.let_go()
    process().take(soon())


def test_whoever_gave_up_may_come_again(process: Process) -> None:
    first, second = process(), process()
    first.take(soon())
    gives_up(second)
    waiting = take_in_thread(second)
    first.let_go()
    waiting.join()
    gives_up(first)
    second.let_go()
    first.take(soon())


def test_closing_while_waiting_holds_nothing(process: Process) -> None:
    first, second = process(), process()
    first.take(soon())
    gives_up(second)
    second.close()
    first.let_go()
    process().take(soon())
