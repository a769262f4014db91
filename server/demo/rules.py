"""What the shop of the demo has decided for itself: a few settings with a history, and a draft in work."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from server.actions import setting_drafts, settings
from server.db.people import Person
from server.domain import settings as rules

Document = dict[str, Any]

CARE = {
    "en": "Wipe with a damp cloth, no scouring powder. Let new silicone dry for 24 hours.",
    "zh": "用湿布擦拭，勿用去污粉。新打的密封胶请静置 24 小时。",
}


def decide(session: Session, sun: Person, branch_id: str, now: datetime) -> None:
    """Care advice and goodwill for all branches, faster promises for one of them, a step that is a draft."""
    texts = {**rules.default(rules.TEXTS), "care_advice": CARE}
    settings.put(session, sun, rules.TEXTS, None, texts, now, was=rules.FIRST)
    limits = {**rules.default(rules.GOODWILL), "advisor": 30_000}
    settings.put(session, sun, rules.GOODWILL, None, limits, now, was=rules.FIRST)
    made = settings.newest(session, rules.GOODWILL, None)
    settings.put(
        session,
        sun,
        rules.GOODWILL,
        None,
        {**limits, "advisor": 50_000, "dispatcher": 10_000},
        now + timedelta(hours=2),
        was=made.version if made else rules.FIRST,
        note="Fewer calls back for small things",
    )
    settings.put(session, sun, rules.PROMISES, branch_id, _faster(), now, was=rules.FIRST)
    setting_drafts.change(session, sun, rules.template_name("repair"), None, _with_pressure, now)


def _faster() -> Document:
    usual = rules.default(rules.PROMISES)
    repair = {**usual["policies"]["repair"], "special": {"respond": 5, "plan": 60, "close": 1_440}}
    return {**usual, "policies": {**usual["policies"], "repair": repair}}


def _with_pressure(document: Document) -> Document:
    step = {
        "step_id": "water_pressure",
        "kind": "number",
        "label": "Water pressure at the tap",
        "label_zh": "龙头处水压",
        "required": True,
        "minimum": 1,
        "maximum": 6,
        "unit": "bar",
        "only_if": {"step_id": "fault", "answer": "leak"},
    }
    at = next(n for n, each in enumerate(document["steps"]) if each["step_id"] == "made_safe")
    steps = [*document["steps"][:at], step, *document["steps"][at:]]
    return {**document, "steps": steps}
