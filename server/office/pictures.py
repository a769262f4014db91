"""Photos for the office's pages: our own derivatives, for whoever may see the job."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from server import pictures
from server.auth import me, needs
from server.db import photos
from server.domain import errors
from server.files import Derivative
from server.house import house
from server.transactions import reads

blp = Blueprint("pictures", __name__)

VARIANTS: dict[str, Derivative] = {"thumb": "thumb", "large": "large"}


@blp.get("/photos/<photo_id>/<variant>")
@reads
@needs("photo.read")
def show(session: Session, photo_id: str, variant: str) -> Response:
    if variant not in VARIANTS:
        raise errors.NotFound()
    photo = photos.picture_for(session, me(), photo_id, house().clock())
    return pictures.derived(photo, VARIANTS[variant])
