"""The pages' own styles and scripts: an address carries a mark of the content, so what it leads to never changes."""

import gzip
import hashlib
from dataclasses import dataclass

from flask import Response, request

FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class MarkedFile:
    packed: bytes
    """By gzip, as nearly every browser takes it."""
    mime: str
    mark: str


def packed(body: bytes, mime: str, *, marked_by: bytes | None = None) -> MarkedFile:
    """`marked_by`: the content of all files that import one another, where they stand under one mark."""
    mark = hashlib.sha256(body if marked_by is None else marked_by).hexdigest()[:12]
    return MarkedFile(gzip.compress(body, 9, mtime=0), mime, mark)


def answer(file: MarkedFile) -> Response:
    is_packed = bool(request.accept_encodings["gzip"])
    found = Response(file.packed if is_packed else gzip.decompress(file.packed))
    found.mimetype = file.mime
    found.headers["Cache-Control"] = FOR_EVER
    found.vary.add("Accept-Encoding")
    if is_packed:
        found.headers["Content-Encoding"] = "gzip"
    return found
