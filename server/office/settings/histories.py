"""What was changed by whom, and how it is put back."""

from itertools import pairwise
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import settings
from server.auth import me, needs
from server.db import settings as rows
from server.db.people import names_of
from server.domain import errors
from server.domain import settings as rules
from server.domain.settings.differences import between
from server.house import house
from server.office import forms
from server.office.settings import telling
from server.office.settings.places import place
from server.schemas import Shape, Text
from server.transactions import reads, writes

MOST = 50  # versions on a page
LINES = 40  # differences of each


class Revert(Shape):
    to = Text(12, required=True)
    was = Text(12, required=True)


def register(blp: Blueprint) -> None:
    blp.get("/settings/<setting>/history")(history)
    blp.post("/settings/<setting>/revert")(revert)


@reads
@needs("setting.read")
def history(session: Session, setting: str) -> str:
    """Every version of this place, the newest first, each with what it changed."""
    rules.must_be_known(setting)
    where = place(session)
    versions = rows.history(session, setting, where.branch_id, MOST + 1)
    names = names_of(session, {each.made_by for each in versions})
    documents: list[Any] = [each.value for each in versions]
    if len(versions) <= MOST:
        documents.append(None)  # before the first one, the house's or the default held
    before = settings.value(session, setting, None, house().clock()) if where.branch_id else None
    usual = before or rules.default(setting)
    told = [
        telling.lines(setting, between(old or usual, new or usual)[:LINES], old, new)
        for new, old in pairwise(documents)
    ]
    return render_template(
        "office/settings_history.html",
        name=setting,
        place=where,
        versions=versions[:MOST],
        changes=told,
        names=names,
        was=versions[0].version if versions else rules.FIRST,
        first=rules.FIRST,
        is_template=rules.of_template(setting) is not None,
    )


@writes
@needs("setting.write")
def revert(session: Session, setting: str) -> AnyResponse:
    """What an earlier version said holds again, as the newest one."""
    where = place(session)
    form = forms.read(Revert)
    if not (form["to"] + form["was"]).isdecimal() or not (form["to"] + form["was"]).isascii():
        raise errors.Invalid(errors={"to": ["not_valid"]})
    to, was = int(form["to"]), int(form["was"])
    settings.revert(session, me(), setting, where.branch_id, to, house().clock(), was=was)
    return where.go_to("history", setting=setting)
