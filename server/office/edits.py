"""Two people at one form: what only one of them touched is kept from both, the rest is told."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import request


def compare(
    row: Any, form: Mapping[str, Any], as_text: Mapping[str, Callable[[Any], str]] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """What this person has changed, and what now stands in the fields that somebody else changed, too.

    The page carries what stood in each field when it was opened, as `was_<name>`; `as_text` says how a
    value is written there, where it is not plain text.
    """
    mine: dict[str, Any] = {}
    clashes: dict[str, str] = {}
    for name, value in form.items():
        write = (as_text or {}).get(name, _text)
        was, now = _was(name), write(getattr(row, name))
        if write(value) == was:
            continue
        mine[name] = value
        if now not in (was, write(value)):
            clashes[name] = now
    return mine, clashes


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _was(name: str) -> str:
    return request.form.get(f"was_{name}", "").replace("\r\n", "\n").strip()
