"""Ids that rise with time, so that keys stay in order on disk (RFC 9562, version 7)."""

from uuid6 import uuid7


def new_id() -> str:
    return str(uuid7())
