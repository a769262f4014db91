"""How long a run measures, and what it may leave out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`rounds` of `seconds` for each side. `has_peers` False measures ours alone, for work on it.
    `tickets` is the size of the office's shop where it is not the usual one, on these `databases`.
    """

    rounds: int = 5
    seconds: float = 3.0
    has_peers: bool = True
    tickets: int | None = None
    databases: tuple[str, ...] = ("sqlite", "postgresql")
