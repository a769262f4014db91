"""Holidays and the weekends that are worked in exchange, on the clocks of the promises."""

from datetime import UTC, date, datetime, timedelta

from server.actions import calendars
from server.domain import promises

WEEK = dict.fromkeys(range(5), ((540, 1080),))


def test_china_works_some_weekends_in_exchange() -> None:
    days = calendars.days_of("CN", 2026, 2026)
    assert date(2026, 2, 17) in days.holidays
    assert date(2026, 2, 28) in days.workdays, "a Saturday"
    assert "春节" in calendars.days_of("CN", 2026, 2026, "zh").holidays[date(2026, 2, 17)]


def test_the_clocks_stand_still_on_a_holiday_and_run_on_a_day_in_exchange() -> None:
    """Spring festival of 2026: off from the 15th to the 23rd, worked on the 14th and the 28th."""
    promise = promises.Promise(hours=WEEK)
    calendar = promise.calendar("Asia/Shanghai", *calendars.days_of("CN", 2026, 2026).sets())
    assert calendar is not None
    friday_evening = datetime(2026, 2, 13, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai
    assert promises.later(friday_evening, timedelta(hours=2), calendar) == datetime(
        2026, 2, 14, 2, 0, tzinfo=UTC
    ), "on, on Saturday"
    assert promises.later(friday_evening, timedelta(hours=11), calendar) == datetime(
        2026, 2, 24, 2, 0, tzinfo=UTC
    ), "and then after the festival"


def test_a_branch_that_keeps_none_is_open_on_all() -> None:
    calendar = promises.Promise(hours=WEEK).calendar("Asia/Shanghai", *calendars.Days().sets())
    assert calendar is not None
    assert calendar.hours_on(date(2026, 2, 17)) == WEEK[1]
