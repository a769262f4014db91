"""Words of the index of search, and what somebody typed."""

import pytest

from server.domain import search as rules


def finds(text: str, typed: str) -> bool:
    """Whether a text is found by what was typed, as any word that begins so."""
    words = list(rules.words_in(text))
    return any(
        all(any(word.startswith(term) for word in words) for term in terms)
        for terms in rules.readings(typed)
    )


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("王小明", "小明"),
        ("王小明", "王"),
        ("王 小明", "王小明"),
        ("Li Na Kürz", "kurz"),
        ("Li Na Kürz", "NA LI"),
        ("O'Brien", "obrien"),
        ("O'Brien", "brien"),
        ("smart-lock", "lock"),
        ("smart-lock", "Smart L"),
        ("SN-1A/22", "sn1a"),
        ("ＨＯＯＤ－９０", "hood-90"),
        ("江南大道100号3幢", "江南大道100号"),
        ("江南大道100号3幢", "大道"),
        ("浙江省杭州市滨江区江南大道100号3幢2单元501室", "杭州市滨江区江南大道100号3幢2单元501室"),
        ("wei.zhang@shop.example", "zhang@shop"),
        ("안녕하세요 고객님", "고객"),
        ("x" * 100, "x" * 100),
    ],
)
def test_it_works(text: str, typed: str) -> None:
    assert finds(text, typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [("王小明", "王明"), ("Li Na", "i"), ("Li Na", "Li Nb"), ("江南大道100号", "江南大道200号")],
)
def test_it_finds_nothing_by_accident(text: str, typed: str) -> None:
    assert not finds(text, typed)


@pytest.mark.parametrize(
    "typed", ["", " ", "%", "_", "'", "\x00", "\U0001f600", "\u202e", "--", "\\"]
)
def test_what_holds_no_word_asks_for_nothing(typed: str) -> None:
    assert rules.readings(typed) == []


def test_a_phone_number_is_found_by_four_digits_and_more_however_it_is_grouped() -> None:
    words = set(rules.words_of_phones("+86 138 0013 8000 / 0571-8888"))
    for typed in ("138 0013 8000", "1380013", "+86 138-0013-8000", "8000", "0013 80", "0571 8888"):
        terms = rules.readings(typed)[0]
        assert any(word.startswith(terms[0]) for word in words), typed
    assert "000" not in words


def test_digits_with_blanks_are_one_number_first_and_then_several() -> None:
    assert rules.readings("12 501 88") == [["1250188"], ["12", "501", "88"]]


def test_no_question_is_too_long() -> None:
    [terms] = rules.readings(" ".join(f"word{number}" for number in range(500)))
    assert len(terms) == rules.MOST_TERMS
    [terms] = rules.readings("x" * 5_000)
    assert all(len(term) <= rules.LONGEST for term in terms)


def test_what_thousands_share_is_found_from_its_first_letter_on() -> None:
    assert set(rules.common_words_in("王小明")) == {"王", "王小", "王小明", "小", "小明", "明"}
    assert {"z", "zh", "zha", "zhang"} <= set(rules.common_words_in("Zhang"))
