"""The command: stable JSON and exit codes for scripts, clear words in both languages for people."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from field_client import Exit, cli
from field_client.words import WORDS
from tests import pictures
from tests.field_client import device

SEEDS = itertools.count(100)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    device.tablet(tmp_path / "home", jobs=2).close()
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_it(*words: str, clock: Any = None) -> tuple[int, str, str]:
        still = device.StillClock(seed=next(SEEDS))
        code = cli.main(["--home", str(home), *words], clock or still)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run_it


def answer(told: tuple[int, str, str]) -> Any:
    assert told[2] == ""
    return json.loads(told[1])


@pytest.fixture
def picture(tmp_path: Path) -> str:
    file = tmp_path / "门.jpg"
    file.write_bytes(pictures.jpeg())
    return str(file)


def test_a_whole_visit(home: Path, capsys: pytest.CaptureFixture[str], picture: str) -> None:
    clock = device.StillClock(seed=9)

    def does(*words: str) -> str:
        code = cli.main(["--home", str(home), *words], clock)
        told = capsys.readouterr()
        assert (code, told.err) == (0, "")
        return told.out

    assert "J-1001  2026-11-21 12:00–14:00 Asia/Shanghai  issued" in does("jobs")
    for command in ("accept", "travel", "arrive"):
        assert "Saved on this tablet" in does(command, "J-1001")
        assert "noted before" in does(command, "J-1001")
    does("assess", "J-1001", "major", "sagging", "--words", "two hinges")
    assert "門" not in does("photo", "J-1001", "after", picture)
    does("check", "J-1001", "level", "是")
    does("part", "J-1001", "HINGE-110", "2", "--charge", "customer")
    line = json.loads(does("--json", "part", "J-1001", "SCREW", "4"))["line_id"]
    does("part", "J-1001", "--void", line, "--words", "miscounted")
    does("part", "J-1001", "PANEL", "--request", "damaged")
    does("swap", "J-1001", "SN-1", "SN-2")
    does("note", "J-1001", "门有点潮", "--customer")
    does("lead", "J-1001", "wants a new kitchen", "--product", "kitchen")
    assert "Code of this receipt" in does("receipt", "J-1001")
    assert "王小明" in does(
        "sign", "J-1001", "--name", "王小明", "--reservation", "响", "--stars", "4"
    )
    assert "announced" in does("finish", "J-1001")
    shown = does("show", "J-1001")
    assert "✓ after: After (1 of 1)" in shown
    assert "Is it level? = yes" in shown
    assert "on this tablet, not sent yet" in shown
    status = json.loads(does("--json", "status"))
    assert status["waiting"]["events"] == 16
    assert status["jobs"][0]["state"] == "finished"


def test_its_json_is_stable(run: Run, picture: str) -> None:
    assert set(answer(run("--json", "jobs"))["jobs"][0]) == {
        "job_id", "state", "standing", "reason", "received", "window", "customer", "address",
        "work", "priority", "events", "files",
    }  # fmt: skip
    assert set(answer(run("--json", "accept", "J-1001"))) == {
        "saved", "event_id", "kind", "job_id", "seq",
    }  # fmt: skip
    assert answer(run("--json", "accept", "J-1001")) == {"saved": False, "already": True}
    (photo,) = answer(run("--json", "photo", "J-1001", "after", picture))["photos"]
    assert set(photo) == {
        "saved", "event_id", "kind", "job_id", "seq", "file", "doubts", "photo_id", "sha256",
        "width", "height",
    }  # fmt: skip
    assert set(answer(run("--json", "status"))) == {
        "person", "server", "device_id", "is_signed_in", "synced_at", "waiting", "events", "jobs",
        "photos", "storage", "clock",
    }  # fmt: skip


def test_what_is_missing_is_said_before_finishing(run: Run) -> None:
    code, _, said = run("finish", "J-1001")
    assert code == Exit.REFUSED
    for part in ("the arrival", "a photo for After", "Is it level?", "the receipt", "--anyway"):
        assert part in said
    code, _, said = run("--lang", "zh", "finish", "J-1001")
    assert "照片：施工后" in said
    assert run("finish", "J-1001", "--anyway")[0] == 0


def test_an_incomplete_visit_needs_a_cause_and_other_needs_words(run: Run) -> None:
    code, _, said = run("finish", "J-1001", "--incomplete", "other")
    assert (code, said.count("words is missing")) == (Exit.REFUSED, 1)
    assert run("finish", "J-1001", "--incomplete", "part_missing")[0] == 0


def test_an_error_in_the_middle_tells_what_was_saved(run: Run, picture: str, home: Path) -> None:
    code, said, _ = run("--json", "photo", "J-1001", "after", picture, "/nowhere.jpg")
    told = json.loads(said)
    assert code == Exit.REFUSED
    assert told["error"]["code"] == "file_unreadable"
    assert [photo["file"] for photo in told["saved"]] == [picture]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("show", "J-9"), Exit.REFUSED, "no job J-9"),
        (("check", "J-1001", "level", "perhaps"), Exit.REFUSED, "level takes yes or no"),
        (("check", "J-1001", "nothing", "yes"), Exit.REFUSED, "no step nothing"),
        (("discard", "J-1001", "x", "dark"), Exit.REFUSED, "no photo x"),
        (("part", "J-1001"), Exit.REFUSED, "SKU is missing"),
        (("part", "J-1001", "A", "0"), Exit.REFUSED, "quantity cannot be used"),
        (("note", "J-1001", " "), Exit.REFUSED, "text cannot be used"),
        (("note", "J-1001", "x" * 5000), Exit.REFUSED, "text cannot be used"),
        (("export", "/tmp/nowhere/box"), Exit.REFUSED, "Sync once"),
        (("sync",), Exit.USAGE, "--server"),
        (("--as", "nobody", "jobs"), Exit.SIGN_IN, "nobody has not signed in"),
    ],
)
def test_it_says_what_is_wrong(run: Run, words: tuple[str, ...], code: int, sentence: str) -> None:
    told = run(*words)
    assert told[0] == code
    assert sentence in told[2]


@pytest.mark.parametrize("words", [(), ("nonsense",), ("sign", "J-1001"), ("accept",)])
def test_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as gone:
        run(*words)
    assert gone.value.code == Exit.USAGE


def test_without_a_network_it_says_so(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    nowhere = "http://127.0.0.1:1"
    code, _, said = run("login", "alice", "--server", nowhere, "--password-stdin")
    assert code == Exit.NO_NETWORK
    assert "saved on this device" in said
    run("accept", "J-1001")
    code, said, complaint = run("sync")
    assert code == Exit.NO_NETWORK
    assert "Still waiting on this tablet: 1 events" in said
    assert "cannot be reached" in complaint
    told = answer(run("--json", "sync"))
    assert (told["problem"]["code"], told["waiting_events"]) == ("network_down", 1)


def test_text_of_others_does_not_steer_the_terminal(tmp_path: Path, capsys: Any) -> None:
    tablet = device.tablet(tmp_path / "home")
    job = device.sheet(work="\x1b]0;owned\x07 fix \x1b[2J the door", rev=18)
    device.pull(tablet, device.upsert(job, 9))
    tablet.close()
    cli.main(["--home", str(tmp_path / "home"), "show", "J-1001"], device.StillClock())
    assert "\x1b" not in capsys.readouterr().out


def test_a_busy_store_says_so(home: Path, run: Run) -> None:
    from field_client.store import Store

    other = Store(home, device.StillClock())
    with other.writing():
        code, _, said = run("--wait", "0.1", "accept", "J-1001")
    assert code == Exit.BUSY
    assert "try again" in said
    assert run("accept", "J-1001")[0] == 0


def test_it_runs_as_a_process_of_its_own(home: Path) -> None:
    """Also where the terminal knows no letter but those of ASCII."""
    done = subprocess.run(
        [sys.executable, "-m", "field_client.cli", "--lang", "zh", "jobs"],
        env={**os.environ, "DOORSTEP_HOME": str(home), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"J-1001" in done.stdout


def test_both_languages_take_the_same_values() -> None:
    import string

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for name, (english, chinese) in WORDS.items():
        assert fields(english) == fields(chinese), name
