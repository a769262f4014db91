"""The documents that hold where nobody has decided: the constants of the rules, as settings."""

from functools import cache
from typing import Any

from server.domain import notice_texts, promises, reasons, revisits
from server.domain.default_checklists import DEFAULT_CHECKLISTS, DEFAULT_SLOTS

Document = dict[str, Any]


@cache
def template(kind: str) -> Document:
    checklist = DEFAULT_CHECKLISTS[kind]
    return {
        "name": checklist["name"],
        "slots": DEFAULT_SLOTS[kind],
        "steps": checklist["steps"],
    }


DOCUMENTS: dict[str, Document] = {
    "promises": promises.document(),
    "revisits": revisits.document(),
    "auto_accept": {"is_on": False, "sample": 10, "kinds": sorted(DEFAULT_CHECKLISTS)},
    "goodwill": {"advisor": 50_000, "dispatcher": 0, "supervisor": None},
    "texts": {
        **{name: reasons.documents(listed) for name, listed in reasons.DEFAULTS.items()},
        "care_advice": {"en": "", "zh": ""},
    },
    "notices": notice_texts.document(),
    "retention": {
        "customers_years": 10,
        "tickets_years": 10,
        "photos_years": 5,
        "audit_months": 120,
        "answers_days": 30,
        "tasks_days": 7,
    },
}
