"""The days on which a branch is closed, and the weekends that it works in exchange.

They come from the `holidays` package: for China the published plan of the year. Hours of business are a setting
(`settings.promises_of`); a branch that keeps no country's holidays is open on every day of them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db.people import Organisation

COUNTRIES = ("CN", "DE", "GB", "SG", "US")  # whose holidays a branch can keep
LANGUAGES = {"zh": "zh_CN", "en": "en_US"}


@dataclass(frozen=True, slots=True)
class Days:
    """What a country does in some years: holidays with their names, and weekends that are worked."""

    holidays: Mapping[date, str] = field(default_factory=dict)
    workdays: frozenset[date] = frozenset()

    def sets(self) -> tuple[frozenset[date], frozenset[date]]:
        """As the calendar of the promises takes them."""
        return frozenset(self.holidays), self.workdays


@lru_cache(maxsize=32)
def days_of(country: str, first_year: int, last_year: int, language: str = "en") -> Days:
    import holidays  # takes a moment, which only a branch that keeps holidays should pay

    years = range(first_year, last_year + 1)
    try:
        found = holidays.country_holidays(country, years=years, language=LANGUAGES[language])
    except (NotImplementedError, ValueError):  # not in this language
        found = holidays.country_holidays(country, years=years)
    worked: set[date] = getattr(found, "weekend_workdays", set())
    return Days(dict(sorted(found.items())), frozenset(day for day in worked if day.year in years))


def of_branches(session: Session, branch_ids: Collection[str], now: datetime) -> dict[str, Days]:
    """The days around now, by branch; promises never reach further."""
    kept = select(Organisation.id, Organisation.holidays_of).where(
        Organisation.id.in_(branch_ids), Organisation.holidays_of.is_not(None)
    )
    known = {
        its_id: days_of(country, now.year - 1, now.year + 1)
        for its_id, country in session.execute(kept)
    }
    return {each: known.get(each, Days()) for each in branch_ids}


def closed_on(session: Session, branch_id: str, day: date) -> str | None:
    """What the branch is closed for on that day: the name of the holiday; None on any other day."""
    branch = session.get(Organisation, branch_id)
    if branch is None or not branch.holidays_of:
        return None
    return days_of(branch.holidays_of, day.year, day.year).holidays.get(day)
