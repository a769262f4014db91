"""The tables of the demo fit each other."""

from collections import Counter

from server.demo.cases import CASES, Case
from server.demo.customers import BY_KEY, HOUSEHOLDS
from server.demo.people import BY_NAME
from server.demo.plots import PLOTS
from server.demo.shop import MODELS, PARTS
from server.domain import tickets
from server.domain.people import FIELD_ROLES


def test_every_case_can_be_played() -> None:
    skus = {sku for sku, *_ in PARTS}
    for case in CASES:
        assert case.plot in PLOTS
        assert case.kind in tickets.KINDS
        assert case.channel in tickets.CHANNELS
        assert case.ticket_class in tickets.CLASSES
        assert case.category in (None, *tickets.CATEGORIES)
        assert BY_KEY[case.household].things[case.thing]
        assert not case.installer or BY_NAME[case.installer].role in FIELD_ROLES
        assert {sku for sku, *_ in case.used} <= skus


def test_every_plot_is_played() -> None:
    assert {case.plot for case in CASES} == set(PLOTS)


def test_nobody_is_in_two_places() -> None:
    trips = Counter(trip for case in CASES for trip in _trips(case))
    assert [trip for trip, count in trips.items() if count > 1] == []


def _trips(case: Case) -> list[tuple[str, int, int]]:
    if not case.installer or case.days_ago == 0:
        return []
    again = [(case.to or case.installer, case.again_days_ago, case.hour)]
    return [(case.installer, case.days_ago, case.hour), *(again if case.again_days_ago else [])]


def test_it_is_a_shop_of_some_size() -> None:
    assert len(HOUSEHOLDS) >= 40
    assert len(CASES) >= 60
    assert len(MODELS) >= 12
    assert len({each.site.time_zone for each in HOUSEHOLDS}) > 1
    assert {each.language for each in HOUSEHOLDS} == {"en", "zh"}
    bought = {thing.model for each in HOUSEHOLDS for thing in each.things}
    assert bought == {each.model for each in MODELS}
