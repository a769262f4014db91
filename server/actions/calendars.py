"""A branch's business calendar: its hours, and the holidays of its country with the days that make up for them.

A branch without one keeps its promises round the clock. The days come from the `holidays` package: for China
the published plan of the year, on which some weekends are worked in exchange.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db.people import Organisation
from server.domain import errors
from server.domain import promises as rules

COUNTRIES = ("CN", "DE", "GB", "SG", "US")  # whose holidays a branch can choose
LANGUAGES = {"zh": "zh_CN", "en": "en_US"}


@dataclass(frozen=True, slots=True)
class Days:
    """What a country does in some years: holidays with their names, and weekends that are worked."""

    holidays: Mapping[date, str]
    workdays: frozenset[date]


@lru_cache(maxsize=32)
def days_of(country: str, first_year: int, last_year: int, language: str = "en") -> Days:
    import holidays  # takes a moment, which only a branch with a calendar should pay

    years = range(first_year, last_year + 1)
    try:
        found = holidays.country_holidays(country, years=years, language=LANGUAGES[language])
    except (NotImplementedError, ValueError):  # not in this language, or no such country
        found = holidays.country_holidays(country, years=years)
    made_up: set[date] = getattr(found, "weekend_workdays", set())
    return Days(dict(sorted(found.items())), frozenset(day for day in made_up if day.year in years))


def calendar_of(organisation: Organisation, now: datetime) -> rules.Calendar | None:
    """None where work goes on round the clock."""
    told: dict[str, Any] | None = organisation.calendar
    if not told:
        return None
    doc = {**told, "time_zone": organisation.time_zone}
    plain = rules.calendar_from(doc)
    country = told.get("country")
    if not country:
        return plain
    days = days_of(country, now.year - 1, now.year + 1)
    return rules.Calendar(
        plain.time_zone, plain.hours, frozenset(days.holidays) | plain.holidays, days.workdays
    )


def calendars_of(
    session: Session, branch_ids: Collection[str], now: datetime
) -> dict[str, rules.Calendar | None]:
    """By branch; those that work round the clock are left out."""
    found = select(Organisation).where(
        Organisation.id.in_(branch_ids), Organisation.calendar.is_not(None)
    )
    return {each.id: calendar_of(each, now) for each in session.scalars(found)}


def closed_on(session: Session, branch_id: str, day: date) -> str | None:
    """What the branch is closed for on that day: the name of the holiday; None on any other day."""
    branch = session.get(Organisation, branch_id)
    told: dict[str, Any] | None = branch.calendar if branch else None
    if not told or not told.get("country"):
        return None
    return days_of(told["country"], day.year, day.year).holidays.get(day)


def must_be_sound(told: Mapping[str, Any], time_zone: str) -> None:
    """Raises `Invalid` for hours that are none, and for a country that is not in the list."""
    rules.calendar_from({**told, "time_zone": time_zone})
    if told.get("country") not in (None, "", *COUNTRIES):
        raise errors.Invalid(field="country", value=told["country"])
