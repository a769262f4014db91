"""How long a run measures, and what it may leave out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`rounds` of `seconds` for each side. `has_peers` False measures ours alone, for work on it."""

    rounds: int = 5
    seconds: float = 3.0
    has_peers: bool = True
