"""The texts of notices: templates with `{placeholders}`, in both languages, and the settings that hold them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from server.domain import notices as rules
from server.domain.checklists import Problem
from server.domain.errors import Language

Document = dict[str, Any]

PLACEHOLDERS = (
    ("name", "shop", "shop_phone", "ticket", "day", "window", "was", "address", "installer")
    + ("product", "reason", "until", "link", "late")
)  # fmt: skip
LONGEST_SUBJECT, LONGEST_BODY, LONGEST_SHORT = 120, 4_000, 500
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_PLACE = re.compile(r"\{([^{}]*)\}")

SUBJECTS: dict[str, dict[Language, str]] = {
    rules.MADE: {"en": "Your appointment: {day} {window}", "zh": "上门预约：{day} {window}"},
    rules.MOVED: {
        "en": "Your appointment has moved to {day} {window}",
        "zh": "上门时间已改为 {day} {window}",
    },
    rules.CANCELLED: {"en": "Your appointment is cancelled", "zh": "上门预约已取消"},
    rules.REMINDER: {"en": "Reminder: we come {day} {window}", "zh": "提醒：{day} {window} 上门"},
    rules.ON_THE_WAY: {"en": "{installer} is on the way", "zh": "{installer} 师傅已出发"},
    rules.DONE: {"en": "Done: your receipt from {shop}", "zh": "服务已完成：{shop} 的服务回执"},
    rules.RETAKE: {"en": "We need one more photo, please", "zh": "请您补拍一张照片"},
    rules.FOLLOW_UP: {"en": "Is everything as it should be?", "zh": "服务后一切正常吗？"},
    rules.REVISIT: {"en": "We come again: {day} {window}", "zh": "再次上门：{day} {window}"},
}
_SENTENCES: dict[str, dict[Language, str]] = {
    rules.MADE: {
        "en": "your appointment with {shop} is {day} {window}. See it or change it: {link}",
        "zh": "{shop} 将于 {day} {window} 上门。查看或改约：{link}",
    },
    rules.MOVED: {
        "en": "your appointment with {shop} has moved from {was} to {day} {window}. Details: {link}",
        "zh": "{shop} 的上门时间已由 {was} 改为 {day} {window}。详情：{link}",
    },
    rules.CANCELLED: {
        "en": "your appointment with {shop} on {was} is cancelled. {late}Details: {link}",
        "zh": "{shop} 原定 {was} 的上门已取消。{late}详情：{link}",
    },
    rules.REMINDER: {
        "en": "{shop} comes {day} {window}. Does it not suit you? {link}",
        "zh": "提醒您：{shop} 将于 {day} {window} 上门。如需改约：{link}",
    },
    rules.ON_THE_WAY: {
        "en": "{installer} from {shop} is on the way to you. {link}",
        "zh": "{shop} 的 {installer} 师傅已出发前往您家。{link}",
    },
    rules.DONE: {
        "en": "{late}the work is done. Your receipt and the photos: {link}",
        "zh": "{late}服务已完成。回执与照片：{link}",
    },
    rules.RETAKE: {
        "en": "{shop} needs one more photo from you, until {until}: {link}",
        "zh": "{shop} 请您在 {until} 前补拍一张照片：{link}",
    },
    rules.FOLLOW_UP: {
        "en": "is everything as it should be after our visit? Tell us: {link}",
        "zh": "上门服务后一切正常吗？欢迎告诉我们：{link}",
    },
    rules.REVISIT: {
        "en": "{shop} comes again {day} {window} to finish the work. See it or change it: {link}",
        "zh": "{shop} 将于 {day} {window} 再次上门处理。查看或改约：{link}",
    },
}
_MORE: dict[str, dict[Language, str]] = {
    rules.MADE: {
        "en": "Address: {address}\n{installer} will come to you.",
        "zh": "地址：{address}\n上门师傅：{installer}",
    },
    rules.MOVED: {
        "en": "Address: {address}\n{installer} will come to you.",
        "zh": "地址：{address}\n上门师傅：{installer}",
    },
    rules.REMINDER: {
        "en": "Address: {address}\n{installer} will come to you. Please keep the place clear.",
        "zh": "地址：{address}\n上门师傅：{installer}。请提前清空施工位置。",
    },
    rules.RETAKE: {"en": "Why: {reason}", "zh": "原因：{reason}"},
    rules.REVISIT: {
        "en": "Address: {address}\n{installer} will come to you.",
        "zh": "地址：{address}\n上门师傅：{installer}",
    },
}
LATE_WORDS: dict[Language, str] = {
    "en": "This comes late: it was on {day}. ",
    "zh": "（本消息晚到：实际为 {day}）",
}


def _letter(kind: str, language: Language) -> str:
    greeting = "{name}，您好！" if language == "zh" else "Hello {name},"
    parting = (
        "工单号：{ticket}\n{shop} {shop_phone}"
        if language == "zh"
        else "Your number: {ticket}\n{shop} {shop_phone}"
    )
    more = _MORE.get(kind, {}).get(language, "")
    return "\n\n".join(
        each for each in (greeting, _SENTENCES[kind][language], more, parting) if each
    )


def _short(kind: str, language: Language) -> str:
    said = _SENTENCES[kind][language]
    return said[:1].upper() + said[1:] if not said.startswith("{") else said


def _texts(kind: str) -> Document:
    short = {each: _short(kind, each) for each in LANGUAGES}
    return {
        rules.EMAIL: {
            each: {"subject": SUBJECTS[kind][each], "body": _letter(kind, each)}
            for each in LANGUAGES
        },
        rules.SMS: short,
        rules.CHAT: dict(short),
    }


def document() -> Document:
    """The settings as delivered."""
    return {
        "quiet": {"from": 21 * 60, "to": 8 * 60},
        "reminder_at": 18 * 60,
        "follow_up": {"days": 1, "at": 10 * 60},
        "kinds": {
            kind: {rules.EMAIL: True, rules.SMS: True, rules.CHAT: False} for kind in rules.KINDS
        },
        "texts": {kind: _texts(kind) for kind in rules.KINDS},
    }


# Filling in.


def unknown(template: str) -> list[str]:
    """The placeholders of a text that nobody can fill in; a lone brace is one, too."""
    named = [each for each in _PLACE.findall(template) if each not in PLACEHOLDERS]
    rest = _PLACE.sub("", template)
    return named + (["{"] if "{" in rest or "}" in rest else [])


def fill(template: str, facts: Mapping[str, str]) -> str:
    """The text with its facts; a line of which nothing is known goes, and so do gaps."""
    lines = []
    for line in template.split("\n"):
        named = _PLACE.findall(line)
        if named and not any(facts.get(each) for each in named):
            continue
        filled = _PLACE.sub(lambda found: facts.get(found[1], ""), line)
        lines.append(re.sub(r"[ \t]{2,}", " ", filled).strip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# What the settings may hold.


def problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    """Codes beside those of the other settings: unknown_placeholder, too_long."""
    known = {"quiet", "reminder_at", "follow_up", "kinds", "texts"}
    yield from (Problem("unknown_field", name) for name in value if name not in known)
    yield from _minutes(value.get("quiet"), "quiet", ("from", "to"))
    yield from _minutes(value, "", ("reminder_at",))
    yield from _follow_up(value.get("follow_up"))
    quiet, reminder = value.get("quiet"), value.get("reminder_at")
    if isinstance(quiet, Mapping) and _is_quiet(quiet, reminder):
        yield Problem("in_quiet_hours", "reminder_at")
    yield from _kinds(value.get("kinds"))
    texts = value.get("texts")
    if not isinstance(texts, Mapping):
        yield Problem("not_an_object", "texts")
        return
    yield from (Problem("unknown_field", f"texts.{n}") for n in texts if n not in rules.KINDS)
    for kind in rules.KINDS:
        yield from _texts_of(texts.get(kind), f"texts.{kind}")


def _is_quiet(quiet: Mapping[str, Any], minute: Any) -> bool:
    start, end = quiet.get("from"), quiet.get("to")
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(minute, int)):
        return False
    if start <= end:
        return start <= minute < end
    return minute >= start or minute < end


def _minutes(value: Any, at: str, names: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem("not_an_object", at)
        return
    if at:
        yield from (Problem("unknown_field", f"{at}.{n}") for n in value if n not in names)
    for name in names:
        minute = value.get(name)
        where = f"{at}.{name}" if at else name
        if minute is None:
            yield Problem("missing", where)
        elif not isinstance(minute, int) or isinstance(minute, bool):
            yield Problem("not_valid", where)
        elif not 0 <= minute <= rules.DAY - (name != "to"):
            yield Problem("too_small" if minute < 0 else "too_large", where)


def _follow_up(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem("not_an_object", "follow_up")
        return
    yield from (
        Problem("unknown_field", f"follow_up.{n}") for n in value if n not in ("days", "at")
    )
    days = value.get("days")
    if not isinstance(days, int) or isinstance(days, bool):
        yield Problem("missing" if days is None else "not_valid", "follow_up.days")
    elif not 1 <= days <= 30:
        yield Problem("too_small" if days < 1 else "too_large", "follow_up.days")
    yield from _minutes({"at": value.get("at")}, "follow_up", ("at",))


def _kinds(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem("not_an_object", "kinds")
        return
    yield from (Problem("unknown_field", f"kinds.{n}") for n in value if n not in rules.KINDS)
    for kind in rules.KINDS:
        ways = value.get(kind)
        if not isinstance(ways, Mapping):
            yield Problem("missing" if ways is None else "not_an_object", f"kinds.{kind}")
            continue
        yield from (
            Problem("unknown_field", f"kinds.{kind}.{n}") for n in ways if n not in rules.CHANNELS
        )
        for channel in rules.CHANNELS:
            if not isinstance(ways.get(channel), bool):
                yield Problem("not_valid", f"kinds.{kind}.{channel}")


def _texts_of(value: Any, at: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem("missing" if value is None else "not_an_object", at)
        return
    yield from (Problem("unknown_field", f"{at}.{n}") for n in value if n not in rules.CHANNELS)
    for channel in rules.CHANNELS:
        said = value.get(channel)
        for language in LANGUAGES:
            where = f"{at}.{channel}.{language}"
            text = said.get(language) if isinstance(said, Mapping) else None
            if channel != rules.EMAIL:
                yield from _text(text, where, LONGEST_SHORT)
            elif not isinstance(text, Mapping):
                yield Problem("missing", where)
            else:
                yield from _text(text.get("subject"), f"{where}.subject", LONGEST_SUBJECT)
                yield from _text(text.get("body"), f"{where}.body", LONGEST_BODY)


def _text(text: Any, at: str, most: int) -> Iterator[Problem]:
    if text is None or (isinstance(text, str) and not text.strip()):
        yield Problem("missing", at)
    elif not isinstance(text, str):
        yield Problem("not_valid", at)
    elif len(text) > most:
        yield Problem("too_long", at)
    elif unknown(text):
        yield Problem("unknown_placeholder", at)
