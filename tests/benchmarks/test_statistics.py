"""The arithmetic under every figure of docs/performance.md, and that the benchmarks can be started at all."""

import pytest

from benchmarks import statistics
from benchmarks.__main__ import LINES
from benchmarks.report import Line


def test_the_median_of_an_even_number_lies_between_both_in_the_middle() -> None:
    assert statistics.median([3, 1, 2]) == 2
    assert statistics.median([4, 1, 2, 3]) == 2.5
    with pytest.raises(ValueError, match="nothing"):
        statistics.median([])


def test_a_percentile_is_one_of_the_values() -> None:
    hundred = list(range(1, 101))
    assert statistics.percentile(hundred, 0.99) == 99
    assert statistics.percentile(hundred, 0.5) == 50
    assert statistics.percentile([7], 0.99) == 7


def test_rounds_are_compared_pair_by_pair() -> None:
    """The second round of both was slow: something else ran, and the ratio does not know."""
    ours, theirs = [200.0, 100.0, 210.0], [100.0, 50.0, 100.0]
    assert statistics.ratios(ours, theirs) == [2.0, 2.0, 2.1]
    with pytest.raises(ValueError, match="shorter"):
        statistics.ratios(ours, theirs[:2])


def test_a_figure_is_met_on_the_right_side_of_its_bar() -> None:
    assert Line("Push", "rate", 0.8, bar=0.8).is_met
    assert not Line("Push", "rate", 0.79, bar=0.8).is_met
    assert Line("Push", "p99", 30, "ms", bar=30, at_most=True).is_met
    assert not Line("Push", "p99", 31, "ms", bar=30, at_most=True).is_met
    assert Line("Push", "rate", 5).is_met is None


def test_every_line_has_its_benchmark() -> None:
    assert {"push", "photos"} <= set(LINES)
