"""The catalogues as tables: the columns that a file has when it goes out, and when it comes in again."""

from typing import Any

from flask_babel import gettext as _

from server.domain import imports as rules
from server.office import prices
from server.office.wording import language


def title(column: rules.Column) -> str:
    return column.zh if language() == "zh" else column.en


def titles(kind: rules.Kind) -> list[str]:
    return [title(each) for each in kind.columns]


def row(kind: rules.Kind, thing: Any) -> list[Any]:
    """The cells of a part or a product."""
    return [_cell(each.code, getattr(thing, each.code)) for each in kind.columns]


def _cell(code: str, value: Any) -> Any:
    if code == "unit_price":
        return prices.plain(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value
