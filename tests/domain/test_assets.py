"""How long a warranty runs."""

from datetime import date

import pytest

from server.domain.assets import warranty_until


@pytest.mark.parametrize(
    ("sold_on", "months", "last_day"),
    [
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 11, 22), 24, date(2028, 11, 22)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_it_works(sold_on: date, months: int, last_day: date) -> None:
    assert warranty_until(sold_on, months) == last_day
