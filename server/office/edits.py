"""Two people edit one thing: what only one of them touched is kept from both, and nobody loses a word.

A form carries what stood in each field when it was opened, as `was_<name>`.
"""

from collections.abc import Mapping
from typing import Any

from flask import request


def mine(form: Mapping[str, Any], row: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What this form changes, and what stands meanwhile in those of its fields that somebody else changed."""
    changed = {name: value for name, value in form.items() if said(value) != _was(name)}
    theirs = {name for name in form if said(getattr(row, name)) != _was(name)}
    clashing = sorted(each for each in theirs & set(changed) if changed[each] != getattr(row, each))
    return changed, {name: said(getattr(row, name)) for name in clashing}


def said(value: object) -> str:
    """A value as it stands in a field."""
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _was(name: str) -> str:
    return request.form.get(f"was_{name}", "").replace("\r\n", "\n").strip()
