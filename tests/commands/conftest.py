"""A house with some life in it, a safe for its backups, and empty machines to restore them onto."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from server.config import Config
from tests import pictures
from tests.album import Album
from tests.conftest import HandClock
from tests.office import Office
from tests.people import ALICE
from tests.safes import Safe, empty_machine


@pytest.fixture
def safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: HandClock) -> Safe:
    return Safe(tmp_path, monkeypatch, clock)


@pytest.fixture
def office(app: Flask, clock: HandClock) -> Office:
    return Office(app, clock)


@pytest.fixture
def album(app: Flask) -> Album:
    return Album(app)


@pytest.fixture
def lively(app: Flask, office: Office, album: Album) -> Config:
    """The machine of a house with two jobs and two photos, one of them looked at."""
    album.takes(office.issues_a_job(ALICE))
    album.looks()
    album.takes(office.issues_a_job(ALICE), pictures.jpeg("kitchen_before"))
    config: Config = app.extensions["doorstep"].config
    return config


@pytest.fixture
def new_machine(
    lively: Config, new_database: Callable[..., str], tmp_path: Path
) -> Callable[[], Config]:
    """Makes empty machines."""
    numbers = iter(range(1, 100))
    return lambda: empty_machine(lively, new_database, tmp_path / f"media-{next(numbers)}")
