"""Ids that rise with time, so that keys stay in order on disk (RFC 9562, version 7).

They come from one source, which a simulation takes over: with one clock and one chance, what it decides
happens again in the same way.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from uuid6 import uuid7

_source: Callable[[], UUID] = uuid7


def new_id() -> str:
    return str(_source())


@contextmanager
def ids_from(source: Callable[[], UUID]) -> Iterator[None]:
    """While the block runs, every new id comes from this source."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
