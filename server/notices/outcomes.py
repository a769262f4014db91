"""What came of one attempt to tell somebody something."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["sent", "again", "refused", "unsure"]
MOST_WORDS = 500  # characters of an answer that are kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """`again`: for sure not taken, try later. `refused`: it will never be. `unsure`: cut off while it may
    have been taken. `retry_after_s` is what the other side wished for.
    """

    kind: Kind
    status: int | None = None
    words: str = ""
    retry_after_s: int | None = None
    is_gone: bool = False


def words(raw: bytes | str) -> str:
    """The first of an answer, fit for a page and for every database."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(each if each.isprintable() else " " for each in text)[:MOST_WORDS].strip()
