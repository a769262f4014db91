"""The receipt as people read it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from server.domain.checklists import slot_of
from server.domain.receipts.building import SITE_FIELDS
from server.domain.receipts.plain import Json, as_object, named, objects, spoken
from server.domain.receipts.words import WORDS

Section = tuple[str, list[str]]


def explain(
    receipt: Mapping[str, Any], language: str, job: Mapping[str, Any] | None = None
) -> list[Section]:
    """The receipt as headings with lines of text, for a terminal or a page, without empty sections.

    `language` is the reader's and may differ from the receipt's: the agreement stays as it was
    signed. With the `job` (its sheet), choices, units and photo slots get their labels; without,
    they read as they were captured. Times are shown in the zone of the appointment.
    """
    words = WORDS[spoken(language)]
    job = as_object(job)
    sections = {
        "receipt": _head_lines(receipt, words),
        "appointment": _time_lines(receipt, words),
        "product": _product_lines(receipt, words),
        "work": _texts(receipt.get("work")),
        "findings": _finding_lines(receipt, words, job, language),
        "checklist": _answer_lines(receipt, words, job, language),
        "photos": _photo_lines(receipt, words, job, language),
        "parts": [_part_line(part, words) for part in objects(receipt.get("parts"))],
        "to_pay": [_total_line(total) for total in objects(receipt.get("totals"))],
        "swaps": [_swap_line(swap, words) for swap in objects(receipt.get("swaps"))],
        "requests": [_request_line(one, words) for one in objects(receipt.get("requests"))],
        "notes": _texts(receipt.get("notes")),
        "care": _texts(receipt.get("care_card")),
        "reservation": _texts(receipt.get("reservation")),
        "agreement": _texts(receipt.get("agreement")),
    }
    return [(words[heading], lines) for heading, lines in sections.items() if lines]


def money(cents: Any, currency: Any) -> str:
    """Cents as people read them: 128000 CNY is "¥1,280.00", 1250 EUR is "EUR 12.50"."""
    if not isinstance(cents, int):
        return "…"
    sign, digits = ("-" if cents < 0 else ""), f"{abs(cents) // 100:,}.{abs(cents) % 100:02d}"
    if currency == "CNY":
        return f"{sign}¥{digits}"
    return f"{currency} {sign}{digits}" if currency else f"{sign}{digits}"


def _head_lines(receipt: Mapping[str, Any], words: dict[str, str]) -> list[str]:
    shop, installer = as_object(receipt.get("shop")), as_object(receipt.get("installer"))
    crew = [str(one["name"]) for one in objects(receipt.get("crew")) if one.get("name")]
    return [
        words["job"].format(job=receipt.get("job_id"), ticket=receipt.get("ticket_id")),
        *_filled(words["shop"], name=shop.get("name"), phone=shop.get("phone")),
        *_texts(as_object(receipt.get("customer")).get("name")),
        *_texts(address(as_object(receipt.get("site")))),
        *_filled(words["installer"], name=installer.get("name")),
        *_filled(words["crew"], names=words["between_names"].join(crew)),
    ]


def address(site: Json) -> str:
    """On one line, from small to large, as the receipt has it."""
    known = [str(site[name]) for name in SITE_FIELDS if site.get(name)]
    return ", ".join(known)


def _time_lines(receipt: Mapping[str, Any], words: dict[str, str]) -> list[str]:
    window, times = as_object(receipt.get("window")), as_object(receipt.get("times"))
    zone = window.get("time_zone")
    lines = _filled(
        words["window"],
        start=clock(window.get("start"), zone),
        end=clock(window.get("end"), zone),
    )
    for name in ("accepted", "travel_started", "arrived"):
        lines += _filled(words[name], at=clock(times.get(name), zone))
    return lines


def clock(at: Any, zone: Any) -> str | None:
    """A moment on the wall clock of the site, or the text itself when it is not a moment."""
    if not isinstance(at, str):
        return None
    try:
        moment = datetime.fromisoformat(at)
        shown = moment.astimezone(ZoneInfo(zone)) if zone and moment.tzinfo else moment
    except (ValueError, OverflowError, OSError, LookupError, TypeError):
        return at
    return shown.strftime("%Y-%m-%d %H:%M")


def _product_lines(receipt: Mapping[str, Any], words: dict[str, str]) -> list[str]:
    asset = as_object(receipt.get("asset"))
    title = [str(asset[name]) for name in ("name", "model") if asset.get(name)]
    return [
        *_texts(" · ".join(title)),
        *_filled(words["serial"], serial=asset.get("serial")),
        *_filled(words["order_number"], order=asset.get("order_number")),
        *_filled(words["warranty_until"], day=asset.get("warranty_until")),
    ]


def _finding_lines(
    receipt: Mapping[str, Any], words: dict[str, str], job: Json, language: str
) -> list[str]:
    """What was found has the name of the choice in the checklist that means it."""
    assessment = as_object(receipt.get("assessment"))
    severity = assessment.get("severity")
    steps = objects(as_object(job.get("checklist")).get("steps"))
    choices = {str(one.get("value")): one for step in steps for one in objects(step.get("choices"))}
    return [
        *_texts(words.get(f"severity.{severity}", severity)),
        *(
            str(named(choices.get(code, {}), "label", language) or code)
            for code in _texts(assessment.get("findings"))
        ),
        *_texts(assessment.get("words")),
    ]


def _answer_lines(
    receipt: Mapping[str, Any], words: dict[str, str], job: Json, language: str
) -> list[str]:
    steps = _by(as_object(job.get("checklist")).get("steps"), "step_id")
    lines = []
    for given in objects(receipt.get("answers")):
        step = steps.get(str(given.get("step_id")), {})
        label = named(step, "label", language) or given.get("label")
        lines += [words["pair"].format(label=label, value=_answer(given, step, words, language))]
        lines += _texts(given.get("words"))
    return lines


def _by(things: Any, name: str) -> dict[str, Json]:
    return {str(thing.get(name)): thing for thing in objects(things)}


def _answer(given: Json, step: Json, words: dict[str, str], language: str) -> str:
    answer = given.get("answer")
    if answer is None or isinstance(answer, bool):
        return {None: "…", True: words["yes"], False: words["no"]}[answer]
    choices = _by(step.get("choices"), "value")
    chosen = answer if isinstance(answer, list) else [answer]
    labels = [str(named(choices.get(str(one), {}), "label", language) or one) for one in chosen]
    return f"{words['between_names'].join(labels)} {step.get('unit') or ''}".strip()


def _photo_lines(
    receipt: Mapping[str, Any], words: dict[str, str], job: Json, language: str
) -> list[str]:
    labels = slot_labels(job, language)
    lines = []
    for photo in objects(receipt.get("photos")):
        slot = str(photo.get("slot") or "…")
        lines.append(
            words["photo"].format(number=photo.get("number"), slot=labels.get(slot) or slot)
        )
    return lines


def slot_labels(job: Mapping[str, Any], language: str) -> dict[str, str]:
    """What the sheet calls each of its photo slots, and each picture that its checklist asks for."""
    steps = objects(as_object(job.get("checklist")).get("steps"))
    pictures = {slot_of(each): each for each in steps if _is_picture(each)}
    slots = {**pictures, **_by(job.get("slots"), "slot")}
    return {slot: str(named(each, "label", language) or slot) for slot, each in slots.items()}


def _is_picture(step: Json) -> bool:
    return step.get("kind") == "photo" and isinstance(step.get("step_id"), str)


def _part_line(part: Json, words: dict[str, str]) -> str:
    name = part.get("name") or part.get("sku")
    serial = _filled(words["serial"], serial=part.get("serial"))
    return " · ".join([f"{part.get('quantity')} × {name}", *serial, _price(part, words)])


def price(part: Json, language: str) -> str:
    """What the customer pays for a line, or why nothing."""
    return _price(part, WORDS[spoken(language)])


def _price(part: Json, words: dict[str, str]) -> str:
    if part.get("charge") != "customer":
        return words.get(f"charge.{part.get('charge')}", str(part.get("charge")))
    if part.get("amount") is None:
        return words["unpriced"]
    return money(part["amount"], part.get("currency"))


def _total_line(total: Json) -> str:
    return money(total.get("amount"), total.get("currency"))


def _swap_line(swap: Json, words: dict[str, str]) -> str:
    old, new = swap.get("old_serial") or "…", swap.get("new_serial") or "…"
    return words["swap"].format(old=old, new=new)


def _request_line(asked: Json, words: dict[str, str]) -> str:
    what = asked.get("sku") or asked.get("words") or "…"
    reason = words.get(f"reason.{asked.get('reason')}", asked.get("reason"))
    return " · ".join([f"{asked.get('quantity')} × {what}", *_texts(reason)])


def _filled(sentence: str, **values: Any) -> list[str]:
    """The sentence with its values in one line, or no line when one of them is missing."""
    return [sentence.format(**values)] if all(values.values()) else []


def _texts(value: Any) -> list[str]:
    """The lines of a text, of a list of texts, or of nothing."""
    if isinstance(value, list | tuple):
        return [line for one in value for line in _texts(one)]
    return [] if value is None or value == "" else str(value).splitlines()
