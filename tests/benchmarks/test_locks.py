"""The peers of the benchmarks: pinned, with hashes, and without a place to download them from."""

import json
from pathlib import Path

import pytest

PEERS = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"


@pytest.mark.parametrize("name", ["package-lock.json", "requirements.lock"])
def test_locks_name_no_place_to_download_from(name: str) -> None:
    text = (PEERS / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert '"resolved"' not in text


def test_what_is_asked_for_is_what_is_locked() -> None:
    wanted = json.loads((PEERS / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((PEERS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert locked[""]["dependencies"] == wanted["dependencies"]
    for line in (PEERS / "requirements.in").read_text(encoding="utf-8").splitlines():
        pinned = line.partition("[")[0] + "==" + line.partition("==")[2]
        bare = pinned if "[" in line else line
        assert f"\n{bare} " in "\n" + (PEERS / "requirements.lock").read_text(encoding="utf-8")
