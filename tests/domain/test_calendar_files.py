"""Calendar files: read back as RFC 5545 says, whatever stands in them."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.calendar_files import LINE, Appointment, write

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ONE = Appointment(
    uid="J-1001@doorstep", sequence=0, made_at=AT, start=AT, end=AT, summary="", place="", description=""
)  # fmt: skip


def read(file: bytes) -> dict[str, str]:
    """Unfolds, splits and unescapes, by section 3.1 and 3.3.11."""
    assert file.endswith(b"\r\n")
    assert all(len(each) <= LINE for each in file.split(b"\r\n"))
    lines = file.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    pairs = [each.partition(":")[::2] for each in lines]
    return {name: _plain(value) for name, value in pairs}


def _plain(value: str) -> str:
    found, rest = "", value
    while rest:
        if rest[0] == "\\":
            found, rest = found + {"n": "\n"}.get(rest[1], rest[1]), rest[2:]
        else:
            found, rest = found + rest[0], rest[1:]
    return found


@settings(max_examples=30)
@given(st.text(max_size=120))
def test_it_says_what_was_put_in(words: str) -> None:
    kept = "".join(
        each
        for each in words.replace("\r\n", "\n").replace("\r", "\n")
        if each == "\n" or each.isprintable()
    )
    told = read(write(replace(ONE, summary=words, place=words)))
    assert told["SUMMARY"] == told["LOCATION"] == kept


def test_the_time_is_that_of_the_world() -> None:
    told = read(write(ONE))
    assert (told["DTSTART"], told["STATUS"]) == ("20261124T010000Z", "CONFIRMED")


def test_one_that_was_called_off_takes_the_entry_away() -> None:
    told = read(write(replace(ONE, is_cancelled=True, sequence=3)))
    assert (told["METHOD"], told["STATUS"], told["SEQUENCE"]) == ("CANCEL", "CANCELLED", "3")
