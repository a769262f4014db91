"""`doorstep serve` says in one sentence why it does not start."""

import socket
from pathlib import Path

import pytest

from server.config import Config, ConfigError
from server.db import migrate
from server.serving import serve


def config(url: str, folder: Path) -> Config:
    return Config(
        database_url=url, media=folder / "media", secret="only for tests, and for nothing else"
    )


def test_it_refuses_a_database_that_is_not_up_to_date(
    empty_database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="doorstep migrate"):
        serve(config(empty_database_url, tmp_path), {})


def test_it_refuses_a_database_that_it_cannot_open(tmp_path: Path) -> None:
    nowhere = config(f"sqlite:///{tmp_path}/no/such/folder/x.db", tmp_path)
    with pytest.raises(ConfigError, match="cannot be opened"):
        serve(nowhere, {})


@pytest.mark.parametrize(
    ("name", "text"), [("PORT", "http"), ("PORT", "0"), ("PORT", "70000"), ("WORKERS", "-1")]
)
def test_it_refuses_nonsense(empty_database_url: str, tmp_path: Path, name: str, text: str) -> None:
    migrate.upgrade(empty_database_url)
    with pytest.raises(ConfigError, match=name):
        serve(config(empty_database_url, tmp_path), {name: text})


def test_it_refuses_a_port_that_somebody_has(empty_database_url: str, tmp_path: Path) -> None:
    """Its processes share the port among themselves; nobody else gets a part of it."""
    migrate.upgrade(empty_database_url)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(ConfigError, match=port):
            serve(config(empty_database_url, tmp_path), {"PORT": port})
