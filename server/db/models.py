"""Every table in one place, so that migrations and tests see them all."""

from server.db import (
    audit,
    consents,
    customers,
    erasures,
    events,
    exceptions,
    feed,
    house,
    jobs,
    merges,
    parts,
    people,
    photos,
    readiness,
    receipts,
    revisits,
    tickets,
)
from server.db.tables import Table

__all__ = [
    "Table",
    "audit",
    "consents",
    "customers",
    "erasures",
    "events",
    "exceptions",
    "feed",
    "house",
    "jobs",
    "merges",
    "parts",
    "people",
    "photos",
    "readiness",
    "receipts",
    "revisits",
    "tickets",
]
