"""Pictures at both doors. They go out as our own derivatives, upright and without metadata, kept by the browser
for a year; they come in with forms, on the disk before any transaction begins, or refused by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Response, send_file
from werkzeug.datastructures import FileStorage

from server.actions.customer_photos import Given
from server.db.customer_photos import CustomerPhoto
from server.db.photos import Photo
from server.domain import customer_photos as rules
from server.domain import errors
from server.files import Derivative
from server.house import house

FOR_A_YEAR = 365 * 24 * 3600  # seconds


def derived(photo: Photo | CustomerPhoto, variant: Derivative) -> Response:
    """Raises `PictureNotReady` while it is still being examined, `FileUnknown` where there is none."""
    place = house().media.derived_path(photo.sha256, variant)
    if not place.exists():
        raise (
            errors.PictureNotReady(retry_after_s=2)
            if photo.state == "stored"
            else errors.FileUnknown()
        )
    answer = send_file(
        place, mimetype="image/jpeg", conditional=True, etag=f"{photo.sha256}-{variant}"
    )
    return kept_for_long(answer)


def kept_for_long(answer: Response) -> Response:
    """The bytes under this address never change."""
    answer.headers["Cache-Control"] = f"private, max-age={FOR_A_YEAR}, immutable"
    return answer


# What comes with a form.


@dataclass(frozen=True, slots=True)
class Refused:
    """One file that was not taken, and why."""

    name: str
    failure: errors.DoorstepError


@dataclass(frozen=True, slots=True)
class Brought:
    """What came with a form: `given` is on the disk."""

    given: list[Given] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def bring(files: Iterable[FileStorage], note: str = "") -> Brought:
    """One bad file keeps no other one out; a field that was left empty says nothing."""
    brought = Brought()
    for file in files:
        name = rules.name_of(file.filename)
        with file.stream:
            content = file.read()
        if not name and not content:
            continue
        try:
            brought.given.append(_kept(content, name, note))
        except (errors.Invalid, errors.StorageFull) as failure:
            brought.refused.append(Refused(name, failure))
    return brought


def _kept(content: bytes, name: str, note: str) -> Given:
    mime = rules.format_of(content)
    house().media.check_room(len(content))
    return Given(house().media.put(content), len(content), mime, name, note)
