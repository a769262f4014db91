"""Whose settings a page is about: those of the house, or of one branch."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.auth import me
from server.db.people import Organisation, organisations_visible_to
from server.domain import errors
from server.domain.people import may
from server.office import answers


@dataclass(frozen=True, slots=True)
class Place:
    """`branch` is None for the house; `branches` are those to choose from."""

    branch: Organisation | None
    branches: list[Organisation]

    @property
    def branch_id(self) -> str | None:
        return self.branch.id if self.branch else None

    @property
    def code(self) -> str:
        """As it stands in an address."""
        return self.branch.id if self.branch else HOUSE

    @property
    def title(self) -> str:
        return self.branch.name if self.branch else _("All branches")

    def url(self, endpoint: str, **more: Any) -> str:
        return url_for(f"office.settings.{endpoint}", branch=self.code, **more)

    def go_to(self, endpoint: str, **more: Any) -> AnyResponse:
        return answers.go_to(f"office.settings.{endpoint}", branch=self.code, **more)


HOUSE = "all"


def place(session: Session) -> Place:
    """The one that the address or the form names; else the house for whoever writes settings, and the own
    branch for whoever only reads them. Raises `NotFound` for a branch that is none.
    """
    found = organisations_visible_to(me()).where(Organisation.kind == "branch")
    branches = list(session.scalars(found.order_by(Organisation.name, Organisation.id)))
    said = request.values.get("branch") or _usual()
    if said == HOUSE:
        return Place(None, branches)
    branch = next((each for each in branches if each.id == said), None)
    if branch is None:
        raise errors.NotFound()
    return Place(branch, branches)


def _usual() -> str:
    return HOUSE if may(me().role, "setting.write") else me().organisation_id
