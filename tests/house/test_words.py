"""The office's words: every one of them is in the Chinese catalogue, and nothing else is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from server.office.wording import KEYWORDS, METHODS, TRANSLATIONS

OFFICE = TRANSLATIONS.parent
CATALOGUE = TRANSLATIONS / "zh_Hans" / "LC_MESSAGES" / "messages.po"


def written() -> Iterator[str | tuple[str, ...]]:
    """What pages and code say, in English."""
    found = extract_from_dir(str(OFFICE), method_map=METHODS, keywords=KEYWORDS)
    for _file, _line, message, _comments, _context in found:
        yield message


def catalogue() -> dict[Any, Message]:
    with Path(CATALOGUE).open("rb") as file:
        return {each.id: each for each in read_po(file, locale="zh_Hans") if each.id}


def test_nothing_is_left_untranslated() -> None:
    known = catalogue()
    assert sorted(str(each) for each in set(written()) - set(known)) == []
    empty = [each.id for each in known.values() if not each.string or each.fuzzy]
    assert empty == []


def test_nothing_is_translated_that_nobody_says() -> None:
    assert sorted(str(each) for each in set(catalogue()) - set(written())) == []


@pytest.mark.parametrize("message", catalogue().values(), ids=lambda each: str(each.id)[:40])
def test_a_translation_fits_its_sentence(message: Message) -> None:
    """The same names in it, and full-width punctuation where Chinese stands around it."""
    problems = [str(each) for each in message.check()]
    assert problems == []
    told = message.string if isinstance(message.string, str) else "".join(message.string or ())
    assert [mark for mark in ",?!;" if mark in told] == []
