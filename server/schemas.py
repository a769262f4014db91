"""Shapes that the entrances share. Each noun has its own in its own file of the API or the office.

Schemas check shape only, never the database, and refuse fields that they do not know.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import marshmallow as ma
from marshmallow import validate

from server.clock import wire
from server.domain.events import is_id
from server.domain.people import MAX_PASSWORD, MIN_PASSWORD
from server.domain.sync import MAX_EVENT_DEPTH, depth

TIME_ZONES = frozenset(available_timezones())


class Shape(ma.Schema):
    """Fields are listed by hand; unknown ones are refused, in a query as well as in a body."""

    class Meta:
        unknown = ma.RAISE

    def load(self, data: Any, **options: Any) -> Any:
        """Webargs would have unknown parameters of a query ignored: the shape alone decides."""
        return super().load(data, **{**options, "unknown": None})


class Text(ma.fields.String):
    """Text that every database holds: no NUL, no half characters; edges trimmed."""

    def __init__(self, most: int = 4_000, *, least: int = 0, **options: Any) -> None:
        self.most = most
        more = options.pop("validate", None)
        checks: list[Callable[[Any], Any]] = [validate.Length(min=least, max=most)]
        if more is not None:
            checks.append(more)
        super().__init__(validate=checks, metadata=options.pop("metadata", {}), **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
            raise ma.ValidationError("Text must not hold NUL or half characters.")
        return self._trimmed(text) if len(text) <= self.most else text  # too long as it was sent

    def _trimmed(self, text: str) -> str:
        return text.strip()


class Secret(Text):
    """A password: blanks at its ends belong to it."""

    def _trimmed(self, text: str) -> str:
        return text


class Code(Text):
    """A short word of the machine: letters, digits, `_`, `-`, `.`."""

    def __init__(self, **options: Any) -> None:
        metadata = {"pattern": "^[A-Za-z0-9_.-]{1,64}$", **options.pop("metadata", {})}
        super().__init__(64, metadata=metadata, **options)
        self.validators.append(validate.Regexp(r"[A-Za-z0-9_.-]{1,64}\Z"))


class Ident(Text):
    """An id given by the server, or made by a client."""

    def __init__(self, **options: Any) -> None:
        super().__init__(64, least=1, **options)


class ClientId(Text):
    """A UUID that the client made, lower case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(36, metadata={"format": "uuid"}, **options)
        self.validators.append(_must_be_uuid)


def _must_be_uuid(value: str) -> None:
    if not is_id(value):
        raise ma.ValidationError("Must be a UUID in lower case.")


class Moment(ma.fields.AwareDateTime):
    """RFC 3339 with a zone; shown in UTC with milliseconds."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, str) else wire(value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        moment = super()._deserialize(value, attr, data, **kwargs)
        if not 2000 <= moment.year <= 2200:
            raise ma.ValidationError("Not a year of this product.")
        return moment


class Day(ma.fields.Date):
    """A calendar day, `2026-11-22`."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, str) else super()._serialize(value, attr, obj, **kwargs)


class ComingDay(Day):
    """A calendar day on which something happens: of a year of this product, as a moment has to be."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        day = super()._deserialize(value, attr, data, **kwargs)
        if not 2000 <= day.year <= 2200:
            raise ma.ValidationError("Not a valid date.")
        return day


class Count(ma.fields.Integer):
    """A whole number within bounds; `1.0` and `"1"` are refused."""

    def __init__(self, least: int = 0, most: int = 2**31 - 1, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(ma.fields.Boolean):
    """true or false; `"yes"` and 1 are refused."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Switch(ma.fields.Boolean):
    """true or false in a query, where everything is text."""

    truthy = {"true"}  # noqa: RUF012
    falsy = {"false"}  # noqa: RUF012


class Number(ma.fields.Float):
    """A number within bounds; text is refused."""

    def __init__(self, least: float, most: float, **options: Any) -> None:
        super().__init__(validate=validate.Range(min=least, max=most), **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Document(ma.fields.Dict):
    """Any JSON object, not too deep; the owner of the field checks what is inside."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if depth(value) > MAX_EVENT_DEPTH:
            raise ma.ValidationError("This nests too deep.")
        return super()._deserialize(value, *args, **kwargs)


class Username(Text):
    """Upper case makes no difference, so it is kept without."""

    def __init__(self, **options: Any) -> None:
        metadata = {
            "example": "alice",
            "pattern": r"^[\w.@+-]+$",
            "description": "What they sign in with; kept in lower case.",
        }
        check = validate.Regexp(r"[\w.@+-]+\Z")
        super().__init__(64, least=1, validate=check, metadata=metadata, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        return super()._deserialize(value, attr, data, **kwargs).casefold()


class Password(Secret):
    """How strong it must be, server/passwords.py says."""

    def __init__(self, **options: Any) -> None:
        words = f"At least {MIN_PASSWORD} characters, and not one of those that are guessed first."
        metadata = {"format": "password", "description": words}
        super().__init__(MAX_PASSWORD, least=1, metadata=metadata, **options)


def one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices)


def must_be_zone(value: str) -> None:
    if value not in TIME_ZONES:
        raise ma.ValidationError("Not a time zone of the IANA database.")


def must_be_currency(value: str) -> None:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ma.ValidationError("A currency is three capital letters (ISO 4217).")


def must_be_email_or_empty(value: str) -> None:
    if value:
        validate.Email()(value)


class PageQuery(Shape):
    """How much of a list to give, and from where on."""

    limit = ma.fields.Integer(
        validate=validate.Range(min=1, max=200),
        metadata={"description": "Rows a page, 50 unless told."},
    )
    after = Text(1_000, metadata={"description": "`next` of the page before."})


class Problem(ma.Schema):
    """Problem details (RFC 9457) with our stable `code`."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    errors = ma.fields.Dict()
    details = ma.fields.Dict()
    retry_after_s = ma.fields.Integer()
    request_id = ma.fields.String()


@cache
def page_of(items: type[ma.Schema]) -> type[ma.Schema]:
    """The shape of one page of a list."""
    name = items.__name__.removesuffix("Schema")
    fields = {
        "items": ma.fields.List(ma.fields.Nested(items), required=True),
        "next": ma.fields.String(
            required=True,
            allow_none=True,
            metadata={"description": "Hand it back as `after`; null on the last page."},
        ),
    }
    return type(f"{name}Page", (ma.Schema,), fields)
