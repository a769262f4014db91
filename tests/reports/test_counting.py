"""What was counted is what a look at everything would say, whatever happened, and whenever it came to be known."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from server.db.figures import Fact, Total
from server.reports import counting
from tests import people
from tests.shop import Json, Shop

Read = Callable[..., Any]
MONDAY = date(2026, 11, 23)


def counted(read: Read, figure: str) -> list[tuple[date, int, int, str | None]]:
    """(day, counted, hits, cause) of every fact, in order."""
    found = select(Fact).where(Fact.figure == figure).order_by(Fact.day, Fact.subject_id)
    rows = read(lambda session: list(session.scalars(found)))
    return [(each.day, each.counted, each.hits, each.cause) for each in rows]


def fixes(shop: Shop, ticket: Json | None = None, **said: Any) -> Json:
    """A whole visit that the office accepts, so that its ticket closes."""
    job = shop.issues_a_job(ticket)
    trip = shop.sends(people.ALICE, job)
    trip.completes(**said)
    trip.comes_home()
    shop.judges(job)
    return job


def later(shop: Shop, **rest: int) -> Shop:
    """The same shop, when everybody has signed in anew."""
    shop.clock.now += timedelta(**rest)
    return Shop(shop.sign_in, shop.clock)


def test_a_ticket_that_went_well(shop: Shop, read: Read, count: Callable[[], None]) -> None:
    job = fixes(shop, stars=5)
    count()
    assert shop.ticket(job)["state"] == "closed"
    assert counted(read, "closed_on_promise") == [(MONDAY, 1, 1, None)]
    assert counted(read, "first_time_fix") == [(MONDAY, 1, 1, None)]
    assert counted(read, "on_time_arrival") == [(MONDAY, 1, 1, None)]
    assert counted(read, "photo_rejection") == [(MONDAY, 2, 0, None)]
    assert counted(read, "stars") == [(MONDAY, 1, 5, None)]
    assert counted(read, "revisits") == []


def test_a_ticket_that_opens_again_counts_when_it_is_closed_for_good(
    shop: Shop, read: Read, count: Callable[[], None]
) -> None:
    job = fixes(shop)
    count()
    shop = later(shop, days=1)
    ticket = shop.ticket(job)
    path = f"/api/v1/tickets/{ticket['id']}/reopen"
    form = {"trigger": "customer_still_broken", "words": "It rattles again."}
    answer = shop.wei.post(path, json=form, headers={"If-Match": f'"{ticket["rev"]}"'})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    count()
    assert counted(read, "first_time_fix") == []
    decided = shop.decides_revisit(shop.revisit(ticket), "due")
    again = shop.issues_the_revisit(decided)
    trip = shop.sends(people.ALICE, again)
    trip.completes()
    trip.comes_home()
    shop.judges(again)
    count()
    assert counted(read, "first_time_fix") == [(MONDAY + timedelta(days=1), 1, 0, "not_fixed")]
    assert read(counting.disagreements) == []


def test_a_sum_that_is_wrong_is_found_and_counted_anew(
    shop: Shop, read: Read, write: Read, count: Callable[[], None]
) -> None:
    fixes(shop)
    count()
    before = read(lambda session: counting.rows_of(session, ["T-1001"]))
    write(lambda session: session.execute(update(Total).values(hits=Total.hits + 1)))
    assert read(counting.disagreements)
    write(counting.begin_anew)
    count()
    assert read(counting.disagreements) == []
    assert read(lambda session: counting.rows_of(session, ["T-1001"])) == before


def test_what_comes_in_late_counts_on_the_day_on_which_it_happened(
    shop: Shop, read: Read, count: Callable[[], None]
) -> None:
    shop = later(shop, hours=14, minutes=40)  # twenty to midnight in Shanghai
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes(stars=4)
    count()
    assert counted(read, "stars") == []
    shop.clock.now += timedelta(minutes=25)
    trip.comes_home()
    shop.judges(job)
    count()
    assert counted(read, "stars") == [(MONDAY, 1, 4, None)]
    assert counted(read, "on_time_arrival") == [(MONDAY, 1, 1, None)]
    assert counted(read, "first_time_fix") == [(MONDAY + timedelta(days=1), 1, 1, None)]
    assert read(counting.disagreements) == []
