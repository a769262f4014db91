"""What a running Doorstep holds together: configuration, database, files and clock."""

from dataclasses import dataclass

from flask import current_app

from server.clock import Clock
from server.config import Config
from server.db.engine import Database
from server.files import Media


@dataclass(frozen=True, slots=True)
class House:
    config: Config
    database: Database
    media: Media
    clock: Clock


def house() -> House:
    """The house of the app that answers this request."""
    found: House = current_app.extensions["doorstep"]
    return found
