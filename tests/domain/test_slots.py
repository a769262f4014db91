"""Other appointments on offer: inside the hours, when somebody is free, and none that nobody can keep."""

from datetime import UTC, date, datetime, timedelta

from server.domain.jobs import Window
from server.domain.slots import AHEAD, MOST, PER_DAY, USUAL_HOURS, Helper, Hours, Slot, offers

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, 9:00 there
PRESENT = Window(NOW + timedelta(hours=1), NOW + timedelta(hours=3))


def asked(
    *helpers: Helper,
    hours: Hours = USUAL_HOURS,
    closed: date | None = None,
    until: datetime | None = None,
) -> list[Slot]:
    return offers(
        NOW, ZONE, PRESENT, lambda day: () if day == closed else hours,
        helpers or (Helper("alice", ()),), until,
    )  # fmt: skip


def test_they_lie_in_the_hours_and_no_sooner_than_somebody_can_come() -> None:
    found = asked()
    assert len(found) == MOST
    assert found[0].start >= NOW + AHEAD
    for each in found:
        begins, ends = (at.astimezone(UTC).hour + 8 for at in (each.start, each.end))
        assert 9 <= begins < ends <= 18
    of_tomorrow = [each for each in found if each.start.date() == date(2026, 11, 24)]
    assert len(of_tomorrow) == PER_DAY


def test_a_holiday_has_none() -> None:
    assert not [each for each in asked(closed=date(2026, 11, 24)) if each.start.day == 24]


def test_the_first_who_is_free_comes() -> None:
    tomorrow = Window(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))
    busy = Helper("alice", (tomorrow,))
    (first, second, *_) = [each for each in asked(busy, Helper("lena", ())) if each.start.day == 24]
    assert (first.person_id, second.person_id) == ("lena", "alice")
    assert tomorrow.start not in {each.start for each in asked(busy)}
    away = Helper("alice", (), frozenset({date(2026, 11, 24)}))
    assert not [each for each in asked(away) if each.start.day == 24]


def test_they_say_whether_the_promise_is_kept() -> None:
    due = NOW + timedelta(days=1, hours=4)
    assert [each.keeps_promise for each in asked(until=due)] == [
        each.end <= due for each in asked()
    ]


def test_over_the_hour_that_is_put_back_they_begin_by_the_wall() -> None:
    """In Berlin the clocks go back on 25 October 2026: nine is nine on both sides of it."""
    now = datetime(2026, 10, 24, 4, 0, tzinfo=UTC)
    present = Window(now + timedelta(hours=2), now + timedelta(hours=4))
    found = offers(now, "Europe/Berlin", present, lambda _day: USUAL_HOURS, [Helper("alice", ())])
    begins = {each.start.day: each.start.hour for each in reversed(found)}
    assert (begins[25], begins[26]) == (8, 8)
    assert all(each.end - each.start == timedelta(hours=2) for each in found)
