"""Reasons at one keystroke: why a picture is asked for again, and what is wrong with the work.

Whoever judges reads them in their own language; they are sent in the language of whoever is asked.
"""

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from server.domain.errors import Language
from server.office.wording import LOCALES

RETAKE = {
    "too_dark": _l("Too dark to judge the work."),
    "blurred": _l("Blurred. Please hold the tablet still."),
    "too_bright": _l("Too bright. Please turn away from the light."),
    "cut_off": _l("The whole work must be in the picture."),
    "too_far": _l("Please go closer: the detail cannot be seen."),
    "wrong_thing": _l("The picture shows something else."),
    "unreadable": _l("The serial number cannot be read."),
    "seen_before": _l("This picture was sent before. Please take a new one."),
    "not_clean": _l("Please show the place after it was cleaned."),
}
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
REWORK = {
    "not_level": _l("Not level or not plumb."),
    "does_not_close": _l("Doors or drawers scrape or do not close."),
    "loose": _l("Not fixed firmly enough."),
    "gaps": _l("Gaps or joints are not even, or not sealed."),
    "leaks": _l("It leaks, or the connection is not tight."),
    "unsafe": _l("Cables, gas or fixing are not safe."),
    "damaged": _l("Something was damaged at the work."),
    "unfinished": _l("The work is not finished."),
    "left_dirty": _l("The place was not left clean."),
}
MOST = 9  # one for each digit


def for_retake(slot: str, doubts: list[str]) -> list[tuple[str, str]]:
    """Codes with their words, the likeliest first: by what is doubtful, then by the slot."""
    likely = [OF_DOUBT[each] for each in doubts if each in OF_DOUBT]
    for word, usual in OF_SLOT.items():
        if word in slot:
            likely += usual
    order = dict.fromkeys([*likely, *RETAKE])
    return [(code, str(RETAKE[code])) for code in order][:MOST]


def for_rework() -> list[tuple[str, str]]:
    return [(code, str(words)) for code, words in REWORK.items()][:MOST]


def written(code: str | None, own: str | None, language: Language) -> str:
    """The reason as it is sent: the chosen one in the reader's language, then one's own words."""
    known = {**RETAKE, **REWORK}.get(code or "")
    with force_locale(LOCALES[language]):
        chosen = str(known) if known is not None else ""
    return " ".join(each for each in (chosen, (own or "").strip()) if each)
