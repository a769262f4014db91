"""Alive, ready, measured: what those who run Doorstep ask it."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.app import create_app, furnish
from server.house import House
from tests.client import Client
from tests.conftest import HandClock
from tests.live import LiveServer


@pytest.fixture
def anybody(app: Flask) -> Client:
    return Client(app, app.response_class)


@pytest.fixture
def house(app: Flask) -> House:
    found: House = app.extensions["doorstep"]
    found.media.root.mkdir(parents=True, exist_ok=True)
    return found


@pytest.fixture
def refurnished(app: Flask, house: House, clock: HandClock) -> Iterator[Callable[..., None]]:
    """Changes the configuration of the app."""
    made: list[House] = []

    def change(**changes: Any) -> None:
        made.append(furnish(app, dataclasses.replace(house.config, **changes), clock))

    yield change
    app.extensions["doorstep"] = house
    for each in made:
        each.database.close()


def checks_that_fail(client: Client) -> list[str]:
    answer = client.get("/readyz")
    failing = [name for name, is_well in answer.json["checks"].items() if not is_well]
    expected = (503, "not_ready") if failing else (200, "ready")
    assert (answer.status_code, answer.json["status"]) == expected
    return failing


def test_it_works(anybody: Client, house: House) -> None:
    alive = anybody.get("/healthz")
    assert (alive.status_code, alive.json) == (200, {"status": "ok"})
    ready = anybody.get("/readyz")
    everything = {"database": True, "migrations": True, "media": True, "disk": True}
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "checks": everything})


def test_it_is_alive_but_not_ready_without_a_database(
    anybody: Client, refurnished: Callable[..., None], tmp_path: Path, database_kind: str
) -> None:
    gone = {
        "sqlite": f"sqlite:///{tmp_path}/gone/doorstep.db",
        "postgresql": f"postgresql://nobody@/gone?host={tmp_path}&connect_timeout=1",
    }
    refurnished(database_url=gone[database_kind])
    assert checks_that_fail(anybody) == ["database", "migrations"]
    assert anybody.get("/healthz").status_code == 200


def test_without_a_database_requests_are_asked_to_come_again(
    anybody: Client, refurnished: Callable[..., None], tmp_path: Path, database_kind: str
) -> None:
    gone = {
        "sqlite": f"sqlite:///{tmp_path}/gone/doorstep.db",
        "postgresql": f"postgresql://nobody@/gone?host={tmp_path}&connect_timeout=1",
    }
    refurnished(database_url=gone[database_kind])
    form = {"username": "alice", "password": "seven teacups on a windowsill"}
    refused = anybody.post("/api/v1/auth/login", json=form)
    assert (refused.status_code, refused.json["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) == refused.json["retry_after_s"]
    assert str(tmp_path) not in refused.text


def test_it_is_not_ready_before_it_is_migrated(
    anybody: Client, refurnished: Callable[..., None], empty_database_url: str, house: House
) -> None:
    refurnished(database_url=empty_database_url)
    assert checks_that_fail(anybody) == ["migrations"]


def test_it_is_not_ready_for_a_database_of_a_later_release(anybody: Client, house: House) -> None:
    later = text("update alembic_version set version_num = 'of_next_year'")
    house.database.write(lambda session: session.execute(later))
    assert checks_that_fail(anybody) == ["migrations"]


def test_it_is_not_ready_without_its_media_folder(
    anybody: Client, house: House, refurnished: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    refurnished(media=tmp_path / "file" / "media")
    assert checks_that_fail(anybody) == ["media", "disk"]


def test_it_makes_its_media_folder(anybody: Client, house: House) -> None:
    shutil.rmtree(house.media.root)
    assert checks_that_fail(anybody) == []
    assert house.media.root.is_dir()


def test_it_is_not_ready_below_its_reserve(
    anybody: Client, house: House, refurnished: Callable[..., None]
) -> None:
    too_much = house.media.free_bytes() // 1024**2 + 1024**2
    refurnished(disk_reserve_mb=too_much)
    assert checks_that_fail(anybody) == ["disk"]


def test_asking_whether_it_is_ready_takes_no_turn_of_a_writer(
    anybody: Client, house: House
) -> None:
    def ask(session: Session) -> list[str]:
        session.execute(text("select 1"))  # this write has begun
        return checks_that_fail(anybody)

    assert house.database.write(ask) == []


def test_figures_are_told_in_the_format_of_prometheus(anybody: Client) -> None:
    anybody.get("/healthz")
    anybody.get("/api/v1/customers/Li-Na-of-Jade-Lane?q=Li+Na")
    answer = anybody.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=")
    families = {each.name: each for each in text_string_to_metric_families(answer.text)}
    counted = {
        (sample.labels["route"], sample.labels["status"])
        for sample in families["doorstep_requests"].samples
    }
    assert ("/healthz", "200") in counted
    assert ("/api/v1/customers/<customer_id>", "401") in counted
    assert "doorstep_request_seconds" in families
    assert "Jade" not in answer.text


def test_figures_do_not_grow_with_what_strangers_make_up(anybody: Client) -> None:
    def series() -> int:
        return len(anybody.get("/metrics").text.splitlines())

    anybody.open("/nowhere", method="MADEUP0")
    before = series()
    for number in range(1, 4):
        anybody.open(f"/nowhere/{number}", method=f"MADEUP{number}")
    assert series() <= before + 20, "the figures of /metrics itself"
    assert "MADEUP" not in anybody.get("/metrics").text


def test_an_app_opens_nothing_before_its_first_request(tmp_path: Path) -> None:
    from server.config import Config

    nowhere = f"sqlite:///{tmp_path}/not/there.db"
    app = create_app(Config(database_url=nowhere, media=tmp_path / "media", secret="x" * 40))
    assert app.test_client().get("/healthz").status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_figures_are_those_of_all_processes(app: Flask, tmp_path: Path) -> None:
    """Where figures lie is decided when their library is loaded, so this server loads it itself."""
    config = app.extensions["doorstep"].config
    with LiveServer(config, tmp_path / "log", WORKERS="2", PYTHONUNBUFFERED="1") as server:
        for _ in range(12):
            httpx.get(f"{server.address}/healthz", headers={"Connection": "close"})
        told = httpx.get(f"{server.address}/metrics").text
    families = {each.name: each for each in text_string_to_metric_families(told)}
    asked = [
        sample.value
        for sample in families["doorstep_requests"].samples
        if sample.labels.get("route") == "/healthz"
    ]
    assert sum(asked) == 13, "twelve, and the one that saw the server start"
