"""Medians, percentiles and ratios of rounds: the little arithmetic that every line shares."""

from collections.abc import Sequence
from math import ceil


def median(values: Sequence[float]) -> float:
    """The middle one; of an even number the mean of both in the middle. Raises ValueError for none."""
    if not values:
        raise ValueError("the median of nothing")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all do not exceed (nearest rank)."""
    if not values:
        raise ValueError("a percentile of nothing")
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours by theirs, round by round: what was measured side by side is compared with nothing else."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float]) -> str:
    """Median, least and most, as it stands in a table: "1.52 (1.40 to 1.71)"."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
