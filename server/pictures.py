"""Pictures as answers: our own derivatives, upright and without metadata, kept by the browser for a year."""

from flask import Response, send_file

from server.db.photos import Photo
from server.domain import errors
from server.files import Derivative
from server.house import house

FOR_A_YEAR = 365 * 24 * 3600  # seconds


def derived(photo: Photo, variant: Derivative) -> Response:
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
