"""How figures are said: shares, means and counts, what changed, and periods."""

import math
from datetime import date

from babel.dates import format_date
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from server.db.figures import Fact
from server.domain.figures import Figure, Reading, Sum, Unit, value
from server.domain.periods import Period, Step
from server.office.labels import label
from server.office.wording import language

NOTHING = "–"


def figure(which: Figure, sum_: Sum) -> str:
    """ "97.9%", "4.6", "12"; a dash where there was nothing."""
    found = value(which, sum_)
    if found is None:
        return NOTHING
    if which.unit == Unit.SHARE:
        return percent(found, is_good_high=which.is_good_high)
    return f"{found:.2f}" if which.unit == Unit.MEAN else str(int(found))


def percent(share: float, *, is_good_high: bool = True) -> str:
    """With one decimal, rounded to the worse side: what is not reached is not said to be."""
    tenths = round(share * 1_000, 6)
    whole = math.floor(tenths) if is_good_high else math.ceil(tenths)
    return f"{whole / 10:.1f}%"


def plotted(which: Figure, sum_: Sum) -> str:
    """The number for a chart: a share as percent; empty where there was nothing."""
    found = value(which, sum_)
    if found is None:
        return ""
    return f"{found * 100 if which.unit == Unit.SHARE else found:.4f}"


def goal(which: Figure) -> str:
    return f"{which.goal * 100:g}%" if which.goal is not None else ""


def change(reading: Reading) -> str:
    """ "+1.2 points, better"; an empty text where nothing can be compared."""
    by = reading.change
    if by is None:
        return ""
    unit = reading.figure.unit
    by = by * 100 if unit == Unit.SHARE else by
    shown = f"{by:+.0f}" if unit == Unit.COUNT else f"{by:+.1f}"
    if float(shown) == 0 or not reading.change:
        return _("as before")
    words = _("%(number)s points", number=shown) if unit == Unit.SHARE else shown
    return (
        _("%(change)s, better", change=words)
        if reading.is_better
        else _("%(change)s, worse", change=words)
    )


def parts(which: Figure, sum_: Sum) -> str:
    """ "245 of 250", or how many ratings a mean rests on."""
    if which.unit == Unit.SHARE:
        return _("%(hits)s of %(count)s", hits=sum_.hits, count=things(which, sum_.counted))
    return things(which, sum_.counted)


def things(which: Figure, count: int) -> str:
    """What a figure counts."""
    if which.code == "photo_rejection":
        return ngettext("%(num)d photo", "%(num)d photos", count)
    if which.code == "stars":
        return ngettext("%(num)d rating", "%(num)d ratings", count)
    if which.code == "on_time_arrival":
        return ngettext("%(num)d visit", "%(num)d visits", count)
    if which.code == "revisits":
        return ngettext("%(num)d revisit", "%(num)d revisits", count)
    return ngettext("%(num)d ticket", "%(num)d tickets", count)


def shown(which: Figure, show: str) -> str:
    """What is looked at: "late", "kept"."""
    return label(f"{which.code}.{show}", "figure_show")


def nobody(by: str) -> str:
    return _("nobody") if by in ("installer", "contractor") else _("none named")


def days(period: Period) -> str:
    """ "1–26 Nov 2026"; a single day by itself."""
    first, last = _day(period.first), _day(period.last)
    return first if period.first == period.last else f"{first} – {last}"


def _day(day: date) -> str:
    pattern = "y年M月d日" if language() == "zh" else "d MMM y"
    return str(format_date(day, pattern, locale=get_locale()))


def step(kind: Step, period: Period) -> str:
    """What a step of a chart is called: a day, the days of a week, a month, a year."""
    is_chinese = language() == "zh"
    if kind == Step.WEEK:
        number = period.last.isocalendar().week
        return _("week %(number)s", number=number)
    pattern = {
        Step.DAY: "M月d日" if is_chinese else "d MMM",
        Step.MONTH: "y年M月" if is_chinese else "MMM y",
        Step.YEAR: "y年" if is_chinese else "y",
    }[kind]
    return str(format_date(period.first, pattern, locale=get_locale()))


def counted_as(which: Figure, fact: Fact) -> str:
    """What one line of a figure says: "late", "2 of 5 rejected", "4 of 5 stars", a cause."""
    if fact.counted == 0:
        return f"{shown(which, 'left_out')}: {label(fact.cause, 'cause')}"
    if which.code == "photo_rejection":
        return _(
            "%(hits)s of %(count)s rejected", hits=fact.hits, count=things(which, fact.counted)
        )
    if which.code == "stars":
        return _("%(stars)s of 5 stars", stars=fact.hits)
    if which.code == "revisits":
        return label(fact.cause, "cause")
    said = shown(which, "hits" if fact.hits else "misses")
    return f"{said}: {label(fact.cause, 'cause')}" if fact.cause else said
