"""Words for the index of search: how a text is taken apart, and what somebody typed.

Latin words and numbers are found by how they begin; Chinese by any part, because every character begins a
word that reaches to the end of what is written together; phone numbers by four digits anywhere and more.
Width, case, accents and the marks between do not count.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST = 32  # characters of a word in Latin letters or digits
LONGEST_CHINESE = 10
LEAST_DIGITS = 4  # of a phone number
LONGEST_NUMBER = 15  # digits of a phone number (ITU-T E.164)
MOST_TERMS = 6  # words of a question; who types more has said enough
MOST_TYPED = 200  # characters of a question
BEGINNING = 3  # characters by which very common words have an entry of their own

# Written without blanks between words: Han, kana, Thai.
_ALONE = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+")
_BLANK_BETWEEN = re.compile(rf"(?<=[{_ALONE}])\s+(?=[{_ALONE}])")
_LIKE_A_PHONE = re.compile(r"[\d\s()+./-]{3,}\Z")
_SEVERAL = re.compile(r"[/;,、，；|]")


def folded(text: str) -> str:
    """Full width as half, without case, accents and what cannot be seen."""
    if text.isascii() and text.isprintable():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold()
    seen = (each for each in apart if unicodedata.category(each) not in ("Mn", "Cf", "Cc", "Cs"))
    return unicodedata.normalize("NFKC", "".join(seen))


def _spaced(text: str) -> str:
    """A line ends a word, as a blank does."""
    return re.sub(r"\s", " ", text)


def _cut(word: str) -> str:
    return word[: LONGEST_CHINESE if _is_alone(word[0]) else LONGEST]


def _is_alone(character: str) -> bool:
    return re.match(rf"[{_ALONE}]", character) is not None


def words_in(text: str) -> Iterator[str]:
    """What a text is found by: from the beginning of each of its words to the end of what hangs together."""
    for chunk in _BLANK_BETWEEN.sub("", folded(_spaced(text))).split():
        runs = _RUN.findall(chunk)
        whole, at = "".join(runs), 0
        for run in runs:
            yield _cut(whole[at : at + LONGEST])
            at += len(run)


def common_words_in(text: str) -> Iterator[str]:
    """The same for what thousands share, a surname or a city, with how each begins as a word of its own:
    so the newest of them come first from the first letter on.
    """
    for word in words_in(text):
        yield word
        yield from (word[:length] for length in range(1, min(BEGINNING, len(word)) + 1))


def words_of_address(parts: Iterable[str]) -> Iterator[str]:
    """Of the parts of an address from large to small, as people there write it: Chinese in one."""
    known = [each.strip() for each in parts if each.strip()]
    is_chinese = any(_is_alone(each) for part in known for each in part)
    whole = ("" if is_chinese else " ").join(known)
    return (word for word in words_in(whole) if len(word) > 1 or word.isdigit())


def words_of_phones(text: str) -> Iterator[str]:
    """Every end of a number that has four digits or more; several numbers may stand in one field."""
    for each in _SEVERAL.split(text):
        digits = re.sub(r"\D", "", folded(each))
        for length in range(LEAST_DIGITS, min(len(digits), LONGEST_NUMBER) + 1):
            yield digits[-length:]
        if 0 < len(digits) < LEAST_DIGITS:
            yield digits


def once(words: Iterable[str], most: int | None = None) -> list[str]:
    """Each word once, in order, up to so many."""
    return list(dict.fromkeys(words))[:most]


def readings(typed: str) -> list[list[str]]:
    """How what somebody typed may be meant: words that must all be found. Digits with blanks between are one
    number first, then several. Empty where nothing can be looked for.
    """
    text = folded(_spaced(typed[:MOST_TYPED])).strip()
    apart = once(term for chunk in text.split() for term in _terms(chunk))[:MOST_TERMS]
    if not apart:
        return []
    if _LIKE_A_PHONE.match(text) and (digits := _number(text)):
        return [[digits], apart] if apart != [digits] else [apart]
    return [apart]


def _number(text: str) -> str:
    """The digits alone, without the country code of China."""
    digits = re.sub(r"\D", "", text)
    return re.sub(r"^(?:\+86|0086)", "", ("+" if text.startswith("+") else "") + digits).lstrip(
        "+"
    )[:LONGEST_NUMBER]


def _terms(chunk: str) -> Iterator[str]:
    """A word as the index has it; of one that is longer than those, its beginning and its end."""
    runs = _RUN.findall(chunk)
    whole = "".join(runs)
    if not whole:
        return
    first = _cut(whole)
    yield first
    at = len(whole)
    for run in reversed(runs):
        at -= len(run)
        if len(whole) > len(first) and len(whole) - at >= LONGEST_CHINESE:
            yield _cut(whole[at:])
            return


def ends(term: str) -> tuple[str, str]:
    """Between which words those lie that begin so; the second is not one of them."""
    return term, term + "\U0010ffff"
