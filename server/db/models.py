"""Every table in one place, so that migrations and tests see them all."""

from server.db import (
    audit,
    customers,
    events,
    exceptions,
    feed,
    house,
    jobs,
    parts,
    people,
    photos,
    readiness,
    receipts,
    revisits,
    settings,
    tickets,
    verdicts,
)
from server.db.tables import Table

__all__ = [
    "Table",
    "audit",
    "customers",
    "events",
    "exceptions",
    "feed",
    "house",
    "jobs",
    "parts",
    "people",
    "photos",
    "readiness",
    "receipts",
    "revisits",
    "settings",
    "tickets",
    "verdicts",
]
