"""The office's languages: gettext catalogues, and times, counts and phone numbers as people say them."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask, g, request
from flask_babel import Babel, get_locale, gettext, ngettext
from jinja2 import pass_context

from server import errors as wire
from server.auth import me_if_any
from server.db.customers import Site
from server.domain.errors import DoorstepError, Language
from server.house import house
from server.office import labels, prices

LOCALES: dict[Language, str] = {"en": "en", "zh": "zh_Hans"}
TRANSLATIONS = Path(__file__).with_name("translations")
# Where words are found, and which functions say them; `dev.py words` and a house test read this.
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: dict[str, Any] = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}
COOKIE = "doorstep_language"
SHOP_ZONE = "Asia/Shanghai"


def register(app: Flask) -> None:
    app.config.update(BABEL_DEFAULT_LOCALE="en", BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS))
    Babel(app, locale_selector=lambda: LOCALES[language()])
    app.jinja_env.filters.update(
        label=_label,
        in_language=in_language,
        moment=moment,
        address=address,
        listed=listed,
        day=day,
        date_words=date_words,
        long_day=long_day,
        clock_time=clock_time,
        window=window,
        span=span,
        phone=phone,
        short_id=short_id,
        size=size,
        local_day=local_day,
        money=prices.money,
        price=prices.plain,
    )


@pass_context
def _label(_context: object, code: object, noun: str) -> str:
    """With the context, or a constant would be put into words once, in its first reader's language."""
    return labels.label(code, noun)


def language() -> Language:
    """What the person chose, at the door or for good; before that what the browser asks for."""
    if "language" not in g:
        g.language = _language()
    chosen: Language = g.language
    return chosen


def _language() -> Language:
    try:
        person = me_if_any()
    except DoorstepError:
        person = None
    known = person.language if person else request.cookies.get(COOKIE)
    if known in LOCALES:
        return "zh" if known == "zh" else "en"
    return wire.language()


def in_language(thing: Any, name: str = "label") -> str:
    """A text that a row or a document has in both languages, as `label` and `label_zh`."""
    read = thing.get if isinstance(thing, dict) else lambda key: getattr(thing, key, None)
    chinese = read(f"{name}_zh") if language() == "zh" else None
    return str(chinese or read(name) or "")


def zone_of_office() -> str:
    person = me_if_any()
    return person.organisation.time_zone if person else SHOP_ZONE


def _local(at: datetime, zone: str | None) -> datetime:
    return at.astimezone(ZoneInfo(zone or zone_of_office()))


def today(zone: str | None = None) -> date:
    return _local(house().clock(), zone).date()


def local_date(at: datetime | None, zone: str | None = None) -> str | None:
    """The calendar day of a moment there, as addresses have it."""
    return _local(at, zone).date().isoformat() if at else None


def day(at: datetime, zone: str | None = None) -> str:
    """ "today", "tomorrow", "yesterday", or the date with its weekday."""
    return date_words(_local(at, zone).date(), zone)


def date_words(here: date, zone: str | None = None) -> str:
    """The same for a calendar day."""
    now = today(zone)
    match (here - now).days:
        case -1:
            return gettext("yesterday")
        case 0:
            return gettext("today")
        case 1:
            return gettext("tomorrow")
    pattern = "M月d日 EEE" if language() == "zh" else "EEE d MMM"
    if here.year != now.year:
        pattern = "y年M月d日" if language() == "zh" else "d MMM y"
    return format_date(here, pattern, locale=get_locale())


def long_day(at: datetime) -> str:
    """ "Thursday, 26 November"."""
    pattern = "M月d日 EEEE" if language() == "zh" else "EEEE, d MMMM"
    return format_date(_local(at, None).date(), pattern, locale=get_locale())


def local_day(at: datetime | None, zone: str, before: bool = False) -> str:
    """The day of a moment for a field of a form; with `before` the day that ends with that midnight."""
    if at is None:
        return ""
    return (_local(at, zone) - timedelta(seconds=int(before))).date().isoformat()


def clock_time(at: datetime, zone: str | None = None) -> str:
    return _local(at, zone).strftime("%H:%M")  # the same in both languages


def moment(at: datetime | None, zone: str | None = None) -> str:
    """ "today 14:05"; a dash where there is none."""
    return f"{day(at, zone)} {clock_time(at, zone)}" if at else "–"


def window(start: datetime | None, end: datetime | None, zone: str | None = None) -> str:
    """ "today 14:00–16:00", in the zone of the site."""
    if start is None:
        return gettext("no window yet")
    until = f"–{clock_time(end, zone)}" if end else ""
    return f"{moment(start, zone)}{until}"


def span(minutes: float) -> str:
    """ "2 h 10 min", "3 days"; without a sign."""
    total = int(abs(minutes))
    days, hours, rest = total // 1440, total // 60, total % 60
    if days >= 2:
        return ngettext("%(num)d day", "%(num)d days", days)
    if hours:
        return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=rest)
    return gettext("%(minutes)d min", minutes=rest)


_CHINESE_MOBILE = re.compile(r"(?:\+?86)?(1\d{2})(\d{4})(\d{4})\Z")


def phone(number: str) -> str:
    """Mobile numbers in groups of 3-4-4, as people read them out; others as they were written."""
    found = _CHINESE_MOBILE.match(re.sub(r"[\s()-]", "", number))
    return " ".join(found.groups()) if found else number


_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def listed(parts: Iterable[object]) -> str:
    """What there is of them, one after the other."""
    return ("，" if language() == "zh" else ", ").join(str(each) for each in parts if each)


def address(site: Site) -> str:
    """As people there write it: Chinese from large to small without commas, others the other way round."""
    known = [site.address, site.district, site.city, site.province]
    around = [each for each in known[1:] if each and each not in site.address]
    parts = [each for each in dict.fromkeys([site.address, *around]) if each]
    if any(_CHINESE.search(each) for each in parts):
        return "".join(reversed(parts))
    return ", ".join([*parts, *([site.postcode] if site.postcode else [])])


def short_id(its_id: str) -> str:
    """A number that people say as it is; of a long one its end, which differs most."""
    return its_id if len(its_id) <= 20 else f"…{its_id[-8:]}"


def size(count: int) -> str:
    """Bytes as kB or MB."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
