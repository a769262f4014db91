"""Worlds in processes beside each other; each process has a town of its own."""

import multiprocessing
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from tests.sync.simulation.histories import Outcome, plan_of, run_world
from tests.sync.simulation.town import Town

_town: Town | None = None


def run(folder: str, seeds: list[str], processes: int, client: str) -> Iterator[Outcome]:
    """The outcome of each seed, in their order."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _begin, [folder, client]) as pool:
        yield from pool.imap(_run, seeds)


def _begin(folder: str, client: str) -> None:
    """In each process, once. The town goes with the folder."""
    global _town
    warnings.simplefilter("error")
    _town = Town(Path(tempfile.mkdtemp(dir=folder)), client=client)


def _run(seed: str) -> Outcome:
    assert _town is not None, "made when the process began"
    return run_world(_town, seed, plan_of(seed))
