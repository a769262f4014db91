"""Money as people write and read it: integer cents within, yuan on the page."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from server.domain import imports as rules


def plain(cents: int) -> str:
    """ "12.50": for a field, and for a file that is read again."""
    return f"{cents // 100}.{cents % 100:02}"


class Price(ma.fields.String):
    """ "12.50" or "¥1,250", as cents."""

    as_text = staticmethod(plain)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        said = super()._deserialize(value, attr, data, **kwargs)
        try:
            return rules.cents(said.strip())
        except ValueError as wrong:
            raise ma.ValidationError("Not a valid price.") from wrong


def money(cents: int) -> str:
    """ "¥1,250.00"."""
    return f"¥{cents // 100:,}.{cents % 100:02}"
