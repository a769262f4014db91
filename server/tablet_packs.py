"""The tablet app's files packed as small as they get, once and before anybody asks for them.

    python3 dev.py run python -m server.tablet_packs

Set-up runs this after the build. Beside each file of `dist` that is worth it lies then the same file packed,
with the ending of its encoding; `tablet_app` sends those, and packs by itself what has none.
"""

import mimetypes
from collections.abc import Callable
from pathlib import Path

import brotli
import deflate

BUILT = Path(__file__).resolve().parents[1] / "field_client" / "tablet" / "dist"
PACKED_TYPES = (
    "text/",
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/wasm",
    "image/svg+xml",
)
LARGE = 500_000  # bytes: the last tenth of the reader of bar codes is not worth seconds of everybody's set-up
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/wasm", ".wasm")


def gzipped(body: bytes) -> bytes:
    """As gzip, and as small as that gets in little time."""
    return bytes(deflate.gzip_compress(body, 12))


def brotlied(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, quality=9 if len(body) > LARGE else 11)
    return packed


# The name of an encoding -> the ending of what is packed so, and who packs it. The better ones first.
ENCODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "br": (".br", brotlied),
    "gzip": (".gz", gzipped),
}


def files(folder: Path) -> list[Path]:
    """What belongs to the app, without the packed ones beside it."""
    endings = {ending for ending, _ in ENCODINGS.values()}
    found = (each for each in folder.rglob("*") if each.is_file())
    return sorted(each for each in found if each.suffix not in endings)


def mime_of(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def is_worth_it(path: Path) -> bool:
    return mime_of(path).startswith(PACKED_TYPES)


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def pack(folder: Path = BUILT) -> None:
    for path in filter(is_worth_it, files(folder)):
        for ending, packed in ENCODINGS.values():
            beside(path, ending).write_bytes(packed(path.read_bytes()))


if __name__ == "__main__":
    pack()
