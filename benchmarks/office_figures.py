"""The figures of the large shop: facts for every ticket that is over, and their sums as the product adds them.

Facts come in the order of their days, so the sums of a month are complete, and poured in, when the next begins.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from server.domain.revisits import CAUSES_OF_THE_CUSTOMER, OWN_CAUSES
from server.reports import counting
from server.reports.counting import Place, Row

LEFT_OUT_FOR = sorted(CAUSES_OF_THE_CUSTOMER)


def of_ticket(
    number: int,
    ticket_id: str,
    job_id: str,
    day: date,
    branch_id: str,
    installer_id: str,
    product_id: str,
) -> Iterator[Row]:
    """What one closed ticket counts for: its promise, its fix, its arrival, three photos; here and there
    stars, a revisit, or a cause of the customer that leaves it out.
    """

    def row(figure: str, subject: str, counted: int, hits: int, cause: str | None = None) -> Row:
        who = (branch_id, installer_id, branch_id, product_id)
        return Row(ticket_id, figure, subject, day, *who, cause, counted, hits)

    is_left_out = number % 61 == 7
    left_out = LEFT_OUT_FOR[number % len(LEFT_OUT_FOR)] if is_left_out else None
    yield row("closed_on_promise", ticket_id, 1, int(number % 43 != 5))
    yield row("first_time_fix", ticket_id, int(not is_left_out), int(number % 9 != 4), left_out)
    yield row("on_time_arrival", job_id, 1, int(number % 13 != 6))
    yield row("photo_rejection", job_id, 3, int(number % 17 == 3))
    if number % 4 == 1:
        yield row("stars", job_id, 1, 5 - number // 4 % 3)
    if number % 50 == 0:
        yield row("revisits", f"R-{number}", 1, 1, OWN_CAUSES[number // 50 % len(OWN_CAUSES)])


def as_poured(facts: Iterable[Row]) -> Iterator[dict[str, Any]]:
    for fact in facts:
        yield {**fact._asdict(), "day": fact.day.isoformat()}


def sums(facts: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Every sum of the facts, which come in the order of their days."""
    of_years: dict[int, tuple[Counter[Place], Counter[Place]]] = {}
    for (year, _month), some in groupby(facts, lambda fact: (fact.day.year, fact.day.month)):
        counted, hits = of_years.setdefault(year, (Counter(), Counter()))
        for place, each in counting.differences(some).items():
            if place[2] in ("quarter", "year"):
                counted[place] += each.counted
                hits[place] += each.hits
            else:
                yield _sum(place, each.counted, each.hits)
    for counted, hits in of_years.values():
        for place, count in counted.items():
            yield _sum(place, count, hits[place])


def _sum(place: Place, counted: int, hits: int) -> dict[str, Any]:
    named = dict(zip(counting.PLACE, place, strict=True))
    return {**named, "day": place[3].isoformat(), "counted": counted, "hits": hits}
