"""What a page sends: read by a shape, as the API reads its bodies; an empty field says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import request
from flask_babel import gettext as _

from server.domain import errors
from server.schemas import ComingDay, Ident, Shape

MOST_WORDS = 200  # characters of a search


@dataclass(slots=True)
class Typed:
    """A form as somebody left it: what they typed, and what is not right yet, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


class YesNo(ma.fields.Boolean):
    """A choice of two, as a page writes it: "yes" or "no"."""

    truthy = {"yes"}  # noqa: RUF012
    falsy = {"no"}  # noqa: RUF012


def typed() -> Typed:
    return Typed(request.form)


def read(shape: type[Shape], *, keep_empty: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of `shape` from this form; raises `Invalid` with a sentence for each wrong one.

    An empty field counts as not said, but for those of `keep_empty`, which it empties.
    """
    return read_some(shape, {}, keep_empty=keep_empty)


def read_some(
    shape: type[Shape], known_already: Mapping[str, str], *, keep_empty: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The same, where the address says some of it."""
    known = {each.data_key or name: each for name, each in shape().fields.items()}
    said = {
        name: _with_our_lines(value).strip() or (None if known[name].allow_none else "")
        for name, value in request.form.items()
        if name in known and (value.strip() or name in keep_empty)
    }
    try:
        found: dict[str, Any] = shape().load({**said, **known_already})
    except ma.ValidationError as wrong:
        raise errors.Invalid(errors=wrong.normalized_messages()) from wrong
    return found


def _with_our_lines(text: str) -> str:
    """Browsers send the lines of a text with `\\r\\n`; here they end with `\\n`, as they are compared."""
    return text.replace("\r\n", "\n")


def chosen(name: str, *, most: int) -> list[str]:
    """The ids that are ticked in a list, each once. Raises `Invalid` for what cannot be one."""
    try:
        return [
            Ident().deserialize(each) for each in dict.fromkeys(request.form.getlist(name)[:most])
        ]
    except ma.ValidationError as wrong:
        raise errors.Invalid(errors={name: wrong.messages}) from wrong


def words_in(asked: Mapping[str, str], name: str = "q") -> str:
    """What somebody searches for, without what no database can look for."""
    return asked.get(name, "").replace("\x00", "").strip()[:MOST_WORDS]


def one_line(text: str) -> str:
    """What somebody wrote in a field whose name no shape knows, without what no database holds."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain.encode("utf-8", "ignore").decode().strip()


def day_in(text: str, otherwise: date) -> date:
    """The day that a page is asked for, `2026-11-22`; the other one where that is none of ours."""
    try:
        day: date = ComingDay().deserialize(text)
    except ma.ValidationError:
        return otherwise
    return day


def problems_of(failure: errors.DoorstepError) -> dict[str, str]:
    """A sentence for each field that a failure names, to stand beside it."""
    told = failure.details.get("errors", {})
    told = told["json"] if isinstance(told.get("json"), dict) else told  # from a rule, not a shape
    found = {name: _sentence(said) for name, said in told.items()} if told else {}
    named = failure.details.get("field")
    if isinstance(failure, errors.AlreadyThere):
        found[str(named)] = _("This is taken already. Choose another one.")
    elif isinstance(named, str):
        found[named] = _("This is not here, or you may not use it. Choose another one.")
    return found


def _sentence(said: Any) -> str:
    """The words of marshmallow in ours: what people can do about it."""
    text = str(said[0] if isinstance(said, list) and said else said)
    if "Missing data" in text or "Shorter than minimum" in text:
        return _("Please fill this in.")
    if "Longer than maximum" in text:
        return _("This is too long.")
    if "Must be one of" in text:
        return _("Please choose one of the list.")
    if "Not a valid" in text:
        return _("This cannot be read. Please check it.")
    return _(text)  # rules say some in English; pages that show them bring their words in


def with_window(form: dict[str, Any], zone: str) -> dict[str, Any]:
    """The window of a form as two moments; its end is on the same day unless `until` says another one."""
    day, until = form.pop("day", None), form.pop("until", None)
    start, end = form.pop("begin", None), form.pop("end", None)
    where = form.pop("zone", None) or zone
    form["window_start"] = moment_of(day, start, where)
    form["window_end"] = moment_of(until or day, end, where)
    return form


def moment_of(day: date | None, at: time | None, zone: str) -> datetime | None:
    """A day and a time of day as people at the site write them, in UTC: two of one zone would be compared
    by their hands, also over the hour that a clock is put back.
    """
    if day is None or at is None:
        return None
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
