"""Doorstep as it is installed: `doorstep serve` in processes of its own, with its ordinary settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.shops import Shop, config
from benchmarks.sides import Side
from tests.live import LiveServer


@contextmanager
def doorstep(
    shop: Shop, folder: Path, *, name: str = "Doorstep", more: tuple[int, ...] = ()
) -> Iterator[Side]:
    """The web server over this shop; `more` are processes that belong to its side (PostgreSQL)."""
    settings = config(shop.url, folder / "media")
    with LiveServer(settings, folder / "server.log") as server:
        yield Side(name, server.port, (server.process.pid, *more))
