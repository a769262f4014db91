"""The document that the customer signs: built from the field events, the same bytes on both sides.

A receipt is plain JSON. Its canonical form (RFC 8785) has one SHA-256 digest, and the signature
covers that digest. Tablet and server build it apart from each other from the same sheet (the
office-owned half of a job, of the `rev` the tablet had) and the same lane (the field events of one
client on one job, oldest first), so nothing here may depend on a clock, on chance or on the order
of keys. Money is integer cents. The shape is `doorstep-receipt/1`; changing it takes a new format.

Odd lanes never raise. The rules, which every client follows:

- an event without a text `event_id`, or with one that was seen before, does not count;
- only the kinds of `CONTENT_KINDS` count, and of notes only those meant for the customer: a receipt
  covers what it says, so a signature outlives an office note, and the digest that was signed
  without a reservation is the very digest that was presented;
- of accepting, travelling and arriving the first counts, of everything else that is said again
  (an assessment, an answer, a line, photo or request of one id) the last, in the first's place;
- what was voided, discarded or lost is left out, wherever in the lane that was said;
- a number that is not whole, or is beyond 2^53 - 1, becomes the text that ECMAScript gives it.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Section = tuple[str, list[str]]

FORMAT = "doorstep-receipt/1"
LARGEST_INTEGER = 2**53 - 1
DEEPEST = 6

CONTENT_KINDS = frozenset(
    {
        "job.accepted",
        "travel.started",
        "visit.arrived",
        "visit.assessed",
        "checklist.answered",
        "photo.taken",
        "photo.discarded",
        "photo.lost",
        "part.used",
        "part.voided",
        "part.requested",
        "serial.swapped",
        "note.added",
    }
)

# Crockford's base 32: no I, L, O or U, so that a code survives being read out on the telephone.
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

AGREEMENTS = {
    "en": (
        "I have read this receipt. What it describes was done at my address, the parts it lists "
        "were used, and any reservation of mine is noted on it. My signature does not limit my "
        "statutory rights or the warranty."
    ),
    "zh": (
        "本人已阅读本回执,确认其中所述内容为在本人地址实际进行的工作,所列配件已使用;"
        "如有保留意见,已在回执中注明。签字不影响本人的法定权利及产品保修。"
    ),
}

SITE_FIELDS = ("address", "district", "city", "province", "postcode", "country")
ASSET_FIELDS = ("id", "model", "name", "serial", "warranty_until", "order_number")
SWAP_FIELDS = ("line_id", "old_serial", "new_serial")
REQUEST_FIELDS = ("request_id", "sku", "words", "quantity", "reason")


# Building.


def build(
    sheet: Mapping[str, Any],
    events: Iterable[Any],
    *,
    language: str,
    reservation: str | None = None,
) -> Json:
    """The receipt of one visit.

    `sheet` is the job document at the `rev` of the receipt event. `events` are wire envelopes, the
    lane up to and without the receipt event; receipt events among them do not count. `language` is
    the customer's ("en" or "zh"; anything else reads English). An empty `reservation` is none.
    Never raises on what the field may have sent.
    """
    facts = content(events)
    parts = _parts(sheet, facts, language)
    return {
        "format": FORMAT,
        "job_id": _plain(sheet.get("id")),
        "ticket_id": _plain(_object(sheet.get("ticket")).get("id")),
        "rev": _plain(sheet.get("rev")),
        "language": language,
        "shop": _pick(sheet.get("shop"), ("id", "name", "phone")),
        "customer": _pick(sheet.get("customer"), ("name",)),
        "site": _pick(sheet.get("site"), SITE_FIELDS),
        "asset": _asset(sheet, language),
        "installer": _pick(sheet.get("assignee"), ("id", "name")),
        "crew": [_pick(one, ("id", "name")) for one in _objects(sheet.get("crew"))],
        "window": _pick(sheet.get("window"), ("start", "end", "time_zone")),
        "work": _plain(sheet.get("work")),
        "times": _times(facts),
        "assessment": _assessment(facts),
        "answers": _answers(sheet, facts, language),
        "photos": _photos(facts),
        "parts": parts,
        "swaps": [_pick(swap, SWAP_FIELDS) for swap in _all(facts, "serial.swapped")],
        "requests": _requests(facts),
        "notes": [_plain(d.get("text")) for d in _all(facts, "note.added")],
        "totals": _totals(parts),
        "care_card": _plain(sheet.get("care_card")),
        "reservation": reservation or None,
        "agreement": AGREEMENTS[_spoken(language)],
        "events": [fact["event_id"] for fact in facts],
    }


def content(events: Iterable[Any]) -> list[Json]:
    """The events that a receipt covers, oldest first, each once.

    One of these after a signature makes a new version of the receipt, which is unsigned.
    """
    seen: set[str] = set()
    facts = []
    for event in events:
        if is_content(event) and event["event_id"] not in seen:
            seen.add(event["event_id"])
            facts.append(event)
    return facts


def is_content(event: Any) -> bool:
    """Whether this wire envelope says something that stands on the receipt."""
    known = _object(event)
    if not isinstance(known.get("event_id"), str) or not isinstance(known.get("kind"), str):
        return False
    if known["kind"] == "note.added":
        return _data(known).get("audience") == "customer"
    return known["kind"] in CONTENT_KINDS


def _asset(sheet: Mapping[str, Any], language: str) -> Json | None:
    asset = _object(sheet.get("asset"))
    if not asset:
        return None
    return {**_pick(asset, ASSET_FIELDS), "name": _named(asset, "name", language)}


def _times(facts: list[Json]) -> Json:
    return {
        "accepted": _first_time(facts, "job.accepted"),
        "travel_started": _first_time(facts, "travel.started"),
        "arrived": _first_time(facts, "visit.arrived"),
    }


def _first_time(facts: list[Json], kind: str) -> Any:
    return next((_plain(fact.get("captured_at")) for fact in facts if fact["kind"] == kind), None)


def _assessment(facts: list[Json]) -> Json | None:
    said = list(_all(facts, "visit.assessed"))
    return _pick(said[-1], ("severity", "findings", "words")) if said else None


def _answers(sheet: Mapping[str, Any], facts: list[Json], language: str) -> list[Json]:
    """Answered steps in the order of the checklist, then those that the checklist does not have."""
    given = {d["step_id"]: d for d in _latest(facts, "checklist.answered", "step_id")}
    labels = _labels(sheet, language)
    in_order = [step for step in labels if step in given]
    besides = [step for step in given if step not in labels]
    return [
        {
            "step_id": step,
            "label": labels.get(step, step),
            "answer": _plain(given[step].get("answer")),
            "words": _plain(given[step].get("words")),
        }
        for step in in_order + besides
    ]


def _labels(sheet: Mapping[str, Any], language: str) -> dict[str, Any]:
    steps = _objects(_object(sheet.get("checklist")).get("steps"))
    return {
        step["step_id"]: _named(step, "label", language) or step["step_id"]
        for step in steps
        if isinstance(step.get("step_id"), str)
    }


def _photos(facts: list[Json]) -> list[Json]:
    gone = _ids(facts, "photo.discarded", "photo_id") | _ids(facts, "photo.lost", "photo_id")
    kept = [d for d in _latest(facts, "photo.taken", "photo_id") if d["photo_id"] not in gone]
    return [
        {"number": number, **_pick(photo, ("photo_id", "slot", "sha256"))}
        for number, photo in enumerate(kept, start=1)
    ]


def _parts(sheet: Mapping[str, Any], facts: list[Json], language: str) -> list[Json]:
    voided = _ids(facts, "part.voided", "line_id")
    names = _part_names(sheet, language)
    used = [d for d in _latest(facts, "part.used", "line_id") if d["line_id"] not in voided]
    return [_part(line, names) for line in used]


def _part(line: Json, names: Mapping[str, Any]) -> Json:
    quantity, price = _whole(line.get("quantity")), _whole(line.get("unit_price"))
    sku = _plain(line.get("sku"))
    return {
        "line_id": line["line_id"],
        "sku": sku,
        "name": names.get(sku, sku) if isinstance(sku, str) else sku,
        "quantity": quantity,
        "charge": _plain(line.get("charge")),
        "unit_price": price,
        "currency": _plain(line.get("currency")),
        "serial": _plain(line.get("serial")),
        "amount": None if quantity is None or price is None else _whole(quantity * price),
    }


def _part_names(sheet: Mapping[str, Any], language: str) -> dict[str, Any]:
    planned = _objects(sheet.get("planned_parts"))
    return {
        part["sku"]: _named(part, "name", language) or part["sku"]
        for part in planned
        if isinstance(part.get("sku"), str)
    }


def _requests(facts: list[Json]) -> list[Json]:
    return [
        _pick(asked, REQUEST_FIELDS) for asked in _latest(facts, "part.requested", "request_id")
    ]


def _totals(parts: list[Json]) -> list[Json]:
    """What the customer pays, one sum in cents for each currency, by the currency's code."""
    sums: dict[str | None, int] = {}
    for part in parts:
        if part["charge"] == "customer" and part["amount"] is not None:
            currency = part["currency"] if isinstance(part["currency"], str) else None
            sums[currency] = sums.get(currency, 0) + part["amount"]
    return [
        {"currency": currency, "amount": _whole(sums[currency])}
        for currency in sorted(sums, key=lambda code: _utf16(code or ""))
    ]


# Reading what may be odd.


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _data(event: Mapping[str, Any]) -> Json:
    return _object(event.get("data"))


def _all(facts: list[Json], kind: str) -> Iterator[Json]:
    return (_data(fact) for fact in facts if fact["kind"] == kind)


def _identified(facts: list[Json], kind: str, name: str) -> Iterator[Json]:
    return (data for data in _all(facts, kind) if isinstance(data.get(name), str))


def _ids(facts: list[Json], kind: str, name: str) -> set[str]:
    return {data[name] for data in _identified(facts, kind, name)}


def _latest(facts: list[Json], kind: str, name: str) -> list[Json]:
    """The data of this kind, the last said of each id, in the order in which the ids came up."""
    return list({data[name]: data for data in _identified(facts, kind, name)}.values())


def _pick(value: Any, names: tuple[str, ...]) -> Json:
    """These fields of an object, null where it has none of the name."""
    known = _object(value)
    return {name: _plain(known.get(name)) for name in names}


def _named(thing: Json, field: str, language: str) -> Any:
    """`name` or `name_zh`, whichever the reader understands, else the one that is there."""
    pair = (thing.get(field), thing.get(f"{field}_zh"))
    wanted, other = pair[::-1] if _spoken(language) == "zh" else pair
    return _plain(wanted or other)


def _spoken(language: Any) -> str:
    return "zh" if isinstance(language, str) and language.lower().startswith("zh") else "en"


def _whole(value: Any) -> int | None:
    """A safe integer, or none. 2.0 is 2: ECMAScript cannot tell them apart."""
    plain = _plain(value)
    return plain if isinstance(plain, int) and not isinstance(plain, bool) else None


def _plain(value: Any, depth: int = 0) -> Any:
    """The value as a receipt may carry it: no fraction, no huge integer, no bottomless nesting."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if depth == DEEPEST:
        return None
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one, depth + 1) for name, one in value.items()}
    return None


def _number(value: int | float) -> int | str | None:
    """Safe integers as they are, anything else as ECMAScript's `String(value)`, infinities null."""
    try:
        exact = float(value)
    except OverflowError:
        return None
    if not math.isfinite(exact):
        return None
    if exact.is_integer() and abs(value) <= LARGEST_INTEGER:
        return int(value)
    return _in_ecmascript(exact)


def _in_ecmascript(value: float) -> str:
    """Number::toString of ECMA-262: shortest digits, an exponent below 1e-6 and from 1e21."""
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return repr(value).replace("e-0", "e-")


# The canonical bytes.


def canonical(receipt: Any) -> bytes:
    """The bytes of RFC 8785 (JSON Canonicalization Scheme), for integers, text, lists and objects.

    A surrogate without its partner becomes U+FFFD, since UTF-8 has no bytes for it; NUL and the
    other control characters are escaped. Raises TypeError on a float or anything that is not
    JSON, ValueError on an integer beyond 2^53 - 1 or on two keys that become the same.
    """
    return "".join(_written(receipt)).encode("utf-8")


def _written(value: Any) -> Iterator[str]:
    if value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, str):
        yield _quoted(_well_formed(value))
    elif isinstance(value, int):
        yield _digits(value)
    elif isinstance(value, list | tuple):
        yield from _written_list(value)
    elif isinstance(value, dict):
        yield from _written_object(value)
    else:
        raise TypeError(f"A receipt cannot carry a {type(value).__name__}.")


def _written_list(values: Sequence[Any]) -> Iterator[str]:
    yield "["
    for position, value in enumerate(values):
        yield "," if position else ""
        yield from _written(value)
    yield "]"


def _written_object(members: dict[Any, Any]) -> Iterator[str]:
    """Members by the UTF-16 code units of their names (RFC 8785, section 3.2.3)."""
    named = {_key(name): value for name, value in members.items()}
    if len(named) != len(members):
        raise ValueError("Two keys of one object are the same once they are written.")
    yield "{"
    for position, name in enumerate(sorted(named, key=_utf16)):
        yield f"{',' if position else ''}{_quoted(name)}:"
        yield from _written(named[name])
    yield "}"


def _key(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"A key must be text, not a {type(name).__name__}.")
    return _well_formed(name)


def _digits(value: int) -> str:
    if abs(value) > LARGEST_INTEGER:
        raise ValueError("An integer beyond 2^53 - 1 is not the same number everywhere.")
    return str(int(value))


def _quoted(text: str) -> str:
    """Python escapes exactly what RFC 8785, section 3.2.2.2, wants escaped, and in the same way."""
    return json.dumps(text, ensure_ascii=False)


def _well_formed(text: str) -> str:
    """ECMAScript's `toWellFormed`: pairs of surrogates joined, lone ones U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def digest(receipt: Any) -> str:
    """SHA-256 of the canonical bytes, 64 lower-case hexadecimal digits. Raises as `canonical`."""
    return hashlib.sha256(canonical(receipt)).hexdigest()


def short_code(digest: str) -> str:
    """The first 40 bits of a digest as two groups of four letters: "7ZK4-0QWD".

    For people who compare a paper with a screen; it proves nothing. Raises ValueError when
    `digest` does not begin with ten hexadecimal digits.
    """
    if len(digest) < 10:
        raise ValueError("A digest has at least ten hexadecimal digits.")
    bits = int(digest[:10], 16)
    letters = "".join(CODE_LETTERS[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


# Reading it out.

WORDS = {
    "en": {
        "receipt": "Service receipt",
        "job": "Job {job}, ticket {ticket}",
        "appointment": "Appointment",
        "window": "Agreed: {start} to {end}",
        "accepted": "Accepted: {at}",
        "travel_started": "Set out: {at}",
        "arrived": "Arrived: {at}",
        "work": "Work",
        "product": "Product",
        "serial": "Serial number {serial}",
        "order_number": "Order {order}",
        "warranty_until": "Warranty until {day}",
        "findings": "Findings",
        "severity.minor": "Minor",
        "severity.major": "Major",
        "severity.critical": "Critical",
        "severity.unsafe": "Unsafe",
        "checklist": "Checklist",
        "yes": "yes",
        "no": "no",
        "pair": "{label}: {value}",
        "photos": "Photos",
        "photo": "Photo {number}: {slot}",
        "parts": "Parts",
        "charge.warranty": "under warranty",
        "charge.goodwill": "goodwill, free of charge",
        "unpriced": "price to follow",
        "to_pay": "To pay",
        "swaps": "Exchanged",
        "swap": "Old serial number {old}, new {new}",
        "requests": "Parts still needed",
        "reason.missing": "missing",
        "reason.wrong": "wrong part",
        "reason.damaged": "damaged",
        "reason.needed": "needed",
        "notes": "Notes",
        "care": "Care advice",
        "reservation": "Reservation",
        "agreement": "Agreement",
        "installer": "Installer: {name}",
        "crew": "With: {names}",
        "between_names": ", ",
        "shop": "{name}, {phone}",
    },
    "zh": {
        "receipt": "服务回执",
        "job": "派工单 {job},工单 {ticket}",
        "appointment": "预约",
        "window": "约定时间:{start} 至 {end}",
        "accepted": "接单:{at}",
        "travel_started": "出发:{at}",
        "arrived": "到达:{at}",
        "work": "工作内容",
        "product": "产品",
        "serial": "序列号 {serial}",
        "order_number": "订单 {order}",
        "warranty_until": "保修至 {day}",
        "findings": "现场评估",
        "severity.minor": "轻微",
        "severity.major": "较重",
        "severity.critical": "严重",
        "severity.unsafe": "存在安全隐患",
        "checklist": "检查项",
        "yes": "是",
        "no": "否",
        "pair": "{label}:{value}",
        "photos": "照片",
        "photo": "照片 {number}:{slot}",
        "parts": "配件",
        "charge.warranty": "保修",
        "charge.goodwill": "免费赠送",
        "unpriced": "价格待定",
        "to_pay": "应付金额",
        "swaps": "更换记录",
        "swap": "旧序列号 {old},新序列号 {new}",
        "requests": "待补配件",
        "reason.missing": "缺件",
        "reason.wrong": "错件",
        "reason.damaged": "损坏",
        "reason.needed": "需要",
        "notes": "备注",
        "care": "保养建议",
        "reservation": "保留意见",
        "agreement": "确认",
        "installer": "师傅:{name}",
        "crew": "同行:{names}",
        "between_names": "、",
        "shop": "{name},{phone}",
    },
}


def explain(
    receipt: Mapping[str, Any], language: str, job: Mapping[str, Any] | None = None
) -> list[Section]:
    """The receipt as headings with lines of text, for a terminal or a page, without empty sections.

    `language` is the reader's and may differ from the receipt's: the agreement stays as it was
    signed. With the `job` (its sheet), choices, units and photo slots get their labels; without,
    they read as they were captured. Times are shown in the zone of the appointment.
    """
    words = WORDS[_spoken(language)]
    job = _object(job)
    sections = {
        "receipt": _head_lines(receipt, words),
        "appointment": _time_lines(receipt, words),
        "product": _product_lines(receipt, words),
        "work": _texts(receipt.get("work")),
        "findings": _finding_lines(receipt, words),
        "checklist": _answer_lines(receipt, words, job, language),
        "photos": _photo_lines(receipt, words, job, language),
        "parts": [_part_line(part, words) for part in _objects(receipt.get("parts"))],
        "to_pay": [_total_line(total) for total in _objects(receipt.get("totals"))],
        "swaps": [_swap_line(swap, words) for swap in _objects(receipt.get("swaps"))],
        "requests": [_request_line(one, words) for one in _objects(receipt.get("requests"))],
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
    shop, installer = _object(receipt.get("shop")), _object(receipt.get("installer"))
    crew = [str(one["name"]) for one in _objects(receipt.get("crew")) if one.get("name")]
    return [
        words["job"].format(job=receipt.get("job_id"), ticket=receipt.get("ticket_id")),
        *_filled(words["shop"], name=shop.get("name"), phone=shop.get("phone")),
        *_texts(_object(receipt.get("customer")).get("name")),
        *_texts(_address(_object(receipt.get("site")))),
        *_filled(words["installer"], name=installer.get("name")),
        *_filled(words["crew"], names=words["between_names"].join(crew)),
    ]


def _address(site: Json) -> str:
    known = [str(site[name]) for name in SITE_FIELDS if site.get(name)]
    return ", ".join(known)


def _time_lines(receipt: Mapping[str, Any], words: dict[str, str]) -> list[str]:
    window, times = _object(receipt.get("window")), _object(receipt.get("times"))
    zone = window.get("time_zone")
    lines = _filled(
        words["window"],
        start=_clock(window.get("start"), zone),
        end=_clock(window.get("end"), zone),
    )
    for name in ("accepted", "travel_started", "arrived"):
        lines += _filled(words[name], at=_clock(times.get(name), zone))
    return lines


def _clock(at: Any, zone: Any) -> str | None:
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
    asset = _object(receipt.get("asset"))
    title = [str(asset[name]) for name in ("name", "model") if asset.get(name)]
    return [
        *_texts(" · ".join(title)),
        *_filled(words["serial"], serial=asset.get("serial")),
        *_filled(words["order_number"], order=asset.get("order_number")),
        *_filled(words["warranty_until"], day=asset.get("warranty_until")),
    ]


def _finding_lines(receipt: Mapping[str, Any], words: dict[str, str]) -> list[str]:
    assessment = _object(receipt.get("assessment"))
    severity = assessment.get("severity")
    return [
        *_texts(words.get(f"severity.{severity}", severity)),
        *_texts(assessment.get("findings")),
        *_texts(assessment.get("words")),
    ]


def _answer_lines(
    receipt: Mapping[str, Any], words: dict[str, str], job: Json, language: str
) -> list[str]:
    steps = _by(_object(job.get("checklist")).get("steps"), "step_id")
    lines = []
    for given in _objects(receipt.get("answers")):
        step = steps.get(str(given.get("step_id")), {})
        label = _named(step, "label", language) or given.get("label")
        lines += [words["pair"].format(label=label, value=_answer(given, step, words, language))]
        lines += _texts(given.get("words"))
    return lines


def _by(things: Any, name: str) -> dict[str, Json]:
    return {str(thing.get(name)): thing for thing in _objects(things)}


def _answer(given: Json, step: Json, words: dict[str, str], language: str) -> str:
    answer = given.get("answer")
    if answer is None or isinstance(answer, bool):
        return {None: "…", True: words["yes"], False: words["no"]}[answer]
    choices = _by(step.get("choices"), "value")
    chosen = answer if isinstance(answer, list) else [answer]
    labels = [str(_named(choices.get(str(one), {}), "label", language) or one) for one in chosen]
    return f"{words['between_names'].join(labels)} {step.get('unit') or ''}".strip()


def _photo_lines(
    receipt: Mapping[str, Any], words: dict[str, str], job: Json, language: str
) -> list[str]:
    slots = _by(job.get("slots"), "slot")
    lines = []
    for photo in _objects(receipt.get("photos")):
        slot = str(photo.get("slot") or "…")
        label = _named(slots.get(slot, {}), "label", language) or slot
        lines.append(words["photo"].format(number=photo.get("number"), slot=label))
    return lines


def _part_line(part: Json, words: dict[str, str]) -> str:
    name = part.get("name") or part.get("sku")
    serial = _filled(words["serial"], serial=part.get("serial"))
    return " · ".join([f"{part.get('quantity')} × {name}", *serial, _price(part, words)])


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
