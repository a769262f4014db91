"""A ZIP that is sent while it is made: of a file only a piece is in memory at any time, of the whole nothing."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

PIECE = 256 * 1024
BEGINNING = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the first moment that a ZIP can name: ours say their times inside

Member = tuple[str, bytes | BinaryIO]


class _Passing(io.RawIOBase):
    """Holds what was written until somebody takes it."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def stream(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of a ZIP with these members, each text packed, each file as it is and closed behind it."""
    passing = _Passing()
    with zipfile.ZipFile(passing, "w") as archive:
        for name, content in members:
            yield from _member(archive, passing, name, content)
    yield passing.take()


def _member(
    archive: zipfile.ZipFile, passing: _Passing, name: str, content: bytes | BinaryIO
) -> Iterator[bytes]:
    about = zipfile.ZipInfo(name, BEGINNING)
    if isinstance(content, bytes):
        about.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(about, content)
        yield passing.take()
        return
    with content, archive.open(about, "w") as member:
        while piece := content.read(PIECE):
            member.write(piece)
            yield passing.take()
    yield passing.take()
