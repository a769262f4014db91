"""Reasons at one keystroke: why a picture is asked for again, and what is wrong with the work.

Whoever judges reads them in their own language; they are sent in the language of whoever is asked.
What is in the lists, the branch writes itself (settings).
"""

from collections.abc import Iterable

from server.domain import errors
from server.domain.errors import Language
from server.domain.reasons import Reason
from server.office.wording import language

# A doubt of the examination -> the reason that answers it.
OF_DOUBT = {
    "too_dark": "too_dark",
    "too_bright": "too_bright",
    "blurred": "blurred",
    "too_small": "too_far",
    "seen_before": "seen_before",
    "out_of_time": "seen_before",
    "far_away": "wrong_thing",
}
# What a slot is called by -> what is usually wrong with its pictures.
OF_SLOT = {
    "serial": ("unreadable", "blurred", "too_far", "wrong_thing"),
    "label": ("unreadable", "blurred", "too_far", "wrong_thing"),
    "clean": ("not_clean", "cut_off", "too_dark"),
    "before": ("cut_off", "too_dark", "blurred"),
    "after": ("cut_off", "too_dark", "blurred"),
}
MOST = 9  # one for each digit


def for_retake(listed: Iterable[Reason], slot: str, doubts: list[str]) -> list[tuple[str, str]]:
    """Codes with their words, the likeliest first: by what is doubtful, then by the slot."""
    known = {each.code: each for each in listed}
    likely = [OF_DOUBT[each] for each in doubts if each in OF_DOUBT]
    for word, usual in OF_SLOT.items():
        if word in slot:
            likely += usual
    order = dict.fromkeys([*(each for each in likely if each in known), *known])
    return [(code, known[code].words(language())) for code in order][:MOST]


def for_rework(listed: Iterable[Reason]) -> list[tuple[str, str]]:
    return [(each.code, each.words(language())) for each in listed][:MOST]


def written(listed: Iterable[Reason], code: str | None, own: str | None, reader: Language) -> str:
    """The reason as it is sent: the chosen one in the reader's language, then one's own words.

    Raises `Invalid` for a choice that is not (or no longer) in the list.
    """
    known = {each.code: each for each in listed}
    if code and code not in known:
        raise errors.Invalid(errors={"choice": ["Must be one of the list."]})
    chosen = known[code].words(reader) if code else ""
    return " ".join(each for each in (chosen, (own or "").strip()) if each)
