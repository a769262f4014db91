"""Times as people say them, in the zone of the home and the language of the page."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from server.domain.errors import Language

NEAR = {
    -1: ("yesterday", "昨天"),
    0: ("today", "今天"),
    1: ("tomorrow", "明天"),
}
PATTERNS = {"zh": "M月d日 EEEE", "en": "EEEE, d MMMM"}


def day(at: datetime, zone: str, language: Language, now: datetime) -> str:
    here = at.astimezone(ZoneInfo(zone)).date()
    full = format_date(here, PATTERNS[language], locale="zh_CN" if language == "zh" else "en_GB")
    near = NEAR.get((here - now.astimezone(ZoneInfo(zone)).date()).days)
    if near is None:
        return full
    return f"{near[1]}（{full}）" if language == "zh" else f"{near[0]}, {full}"


def clock(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def moment(at: datetime, zone: str, language: Language, now: datetime) -> str:
    return f"{day(at, zone, language, now)} {clock(at, zone)}"


def window(start: datetime, end: datetime, zone: str, language: Language, now: datetime) -> str:
    """ "tomorrow, Tuesday, 24 November 14:00–16:00"; over midnight with both days."""
    ends = clock(end, zone)
    if start.astimezone(ZoneInfo(zone)).date() != end.astimezone(ZoneInfo(zone)).date():
        ends = moment(end, zone, language, now)
    return f"{moment(start, zone, language, now)}–{ends}"


def masked_phone(phone: str) -> str:
    """ "138 **** 8000": enough to be known again, too little to be called."""
    digits = "".join(each for each in phone if each.isdigit())
    return f"{digits[-11:-8]} **** {digits[-4:]}" if len(digits) >= 9 else ""
