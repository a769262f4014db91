"""The text of a notice: the branch's own words, with the facts as they stand when it is sent."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.orm import Session

from server.actions import settings
from server.config import Config
from server.db.customers import Asset, Customer, Site
from server.db.jobs import Job
from server.db.notices import Notice
from server.db.people import Organisation, Person
from server.db.photos import Photo
from server.db.tickets import Ticket
from server.domain import notice_texts as texts
from server.domain import notices as rules
from server.domain import settings as setting_rules
from server.domain.errors import Language
from server.notices.links import link_for

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    title: str
    body: str


def rendered(session: Session, config: Config, notice: Notice, now: datetime) -> Text:
    """What the customer is going to read, in their language."""
    language: Language = "zh" if notice.language == "zh" else "en"
    document = settings.value(session, setting_rules.NOTICES, notice.branch_id, now)
    told = document["texts"][notice.kind][notice.channel][language]
    link = link_for(session, config, notice, now)
    return written(told, facts_of(session, notice, link, language, now))


def written(template: Any, facts: Document) -> Text:
    """A template of e-mail has a subject and a body; that of a short message is its body."""
    if isinstance(template, Mapping):
        return Text(texts.fill(template["subject"], facts), texts.fill(template["body"], facts))
    return Text("", texts.fill(template, facts))


def facts_of(
    session: Session, notice: Notice, link: str, language: Language, now: datetime
) -> dict[str, str]:
    """What the placeholders stand for; empty where nothing is known."""
    ticket = session.get_one(Ticket, notice.ticket_id)
    customer = session.get_one(Customer, ticket.customer_id)
    shop = session.get_one(Organisation, ticket.branch_id)
    facts = {
        "name": isolated(customer.name),
        "shop": shop.name,
        "shop_phone": shop.phone,
        "ticket": ticket.id,
        "product": _product(session, ticket, language),
        "reason": str(notice.details.get("reason") or ""),
        "link": link,
        **_of_job(session, notice, shop.time_zone, language),
    }
    if rules.is_late(notice.kind, notice.happened_at, now):
        day = day_words(notice.happened_at, shop.time_zone, language)
        facts["late"] = texts.LATE_WORDS[language].format(day=day)
    return facts


def _of_job(session: Session, notice: Notice, zone: str, language: Language) -> dict[str, str]:
    job = session.get(Job, notice.job_id) if notice.job_id else None
    if job is None:
        return {}
    site = session.get_one(Site, job.site_id)
    start, end = (_moment(notice.details.get(each)) for each in ("start", "end"))
    start, end = start or job.window_start, end or job.window_end
    was = _moment(notice.details.get("was"))
    is_retake = notice.kind == rules.RETAKE and notice.subject_id is not None
    photo = session.get(Photo, notice.subject_id) if is_retake else None
    return {
        "day": day_words(start, job.time_zone, language),
        "window": window_words(start, end, job.time_zone),
        "was": _when(was, job.time_zone, language),
        "address": isolated(site.address),
        "installer": session.get_one(Person, job.assignee_id).name,
        "until": _when(photo.answer_by, job.time_zone, language) if photo else "",
    }


def _product(session: Session, ticket: Ticket, language: Language) -> str:
    asset = session.get(Asset, ticket.asset_id) if ticket.asset_id else None
    if asset is None:
        return ""
    product = asset.product
    return (language == "zh" and product.name_zh) or product.name


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def day_words(at: datetime | None, zone: str, language: Language) -> str:
    """ "Thursday, 26 November"; a message may be read days later, so never "today"."""
    if at is None:
        return ""
    pattern = "M月d日 EEEE" if language == "zh" else "EEEE, d MMMM"
    locale = "zh_Hans" if language == "zh" else "en"
    return format_date(at.astimezone(ZoneInfo(zone)).date(), pattern, locale=locale)


def window_words(start: datetime | None, end: datetime | None, zone: str) -> str:
    if start is None:
        return ""
    begins = start.astimezone(ZoneInfo(zone))
    if end is None:
        return f"{begins:%H:%M}"
    ends = end.astimezone(ZoneInfo(zone))
    return f"{begins:%H:%M}–{ends:%H:%M}"


def _when(at: datetime | None, zone: str, language: Language) -> str:
    if at is None:
        return ""
    return f"{day_words(at, zone, language)} {at.astimezone(ZoneInfo(zone)):%H:%M}"


def isolated(text: str) -> str:
    """Words that run from right to left turn nothing around them (Unicode TR9, 2.7)."""
    plain = "".join(each for each in text if each.isprintable() or each == "\u200d")
    if any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in plain):
        return f"\u2068{plain}\u2069"
    return plain
