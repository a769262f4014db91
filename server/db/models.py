"""Every table in one place, so that migrations and tests see them all."""

from server.db import (
    audit,
    customers,
    events,
    exceptions,
    feed,
    house,
    invitations,
    jobs,
    parts,
    people,
    photos,
    readiness,
    receipts,
    revisits,
    second_factors,
    tickets,
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
    "invitations",
    "jobs",
    "parts",
    "people",
    "photos",
    "readiness",
    "receipts",
    "revisits",
    "second_factors",
    "tickets",
]
