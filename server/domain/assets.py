"""The things that customers bought: how long the warranty runs."""

import calendar
from datetime import date


def warranty_until(sold_on: date, months: int) -> date:
    """The last day of a warranty of whole months; where that month is shorter, its own last day."""
    years, month = divmod(sold_on.month - 1 + months, 12)
    year = sold_on.year + years
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(sold_on.day, last_day))
