"""Every table in one place, so that migrations and tests see them all."""

from server.db import (
    audit,
    audit_seals,
    customers,
    events,
    exceptions,
    feed,
    figures,
    house,
    jobs,
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
    "audit_seals",
    "customers",
    "events",
    "exceptions",
    "feed",
    "figures",
    "house",
    "jobs",
    "parts",
    "people",
    "photos",
    "readiness",
    "receipts",
    "revisits",
    "tickets",
]
