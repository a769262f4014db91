"""Links by which somebody comes in: a newcomer, or one who needs a new password."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import sights
from server.db.people import Person
from server.db.tables import Code, Document, Id, Key, Table, Time, refers


class Invitation(Table):
    """One link. What it opens is signed by the server, so a copy of this row opens nothing."""

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("kind in ('join', 'password')", name="kind"),)

    id: Mapped[Key]
    kind: Mapped[Code] = mapped_column(comment="join or password")
    organisation_id: Mapped[Id] = mapped_column(refers("organisations.id"), index=True)
    person_id: Mapped[Id | None] = mapped_column(
        refers("people.id"),
        index=True,
        comment="whose password; of a newcomer, who came of it",
    )
    content: Mapped[Document] = mapped_column(
        default=dict, comment="what the office says of a newcomer: name, role, team, skills"
    )
    made_by: Mapped[Id] = mapped_column(refers("people.id"))
    made_at: Mapped[Time]
    expires_at: Mapped[Time]
    ended_at: Mapped[Time | None] = mapped_column(comment="used, withdrawn, or followed by another")
    ended_why: Mapped[Code | None]

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at > now


def visible_to(person: Person) -> Select[Invitation]:
    """A contractor's people see those of their own company, the house sees all."""
    found = select(Invitation)
    if person.organisation.kind == "contractor":
        return found.where(Invitation.organisation_id == person.organisation_id)
    return found


def get_for(session: Session, person: Person, invitation_id: str) -> Invitation:
    """Locked until the commit. Raises `NotFound` for what `person` may not see."""
    return sights.one(
        session, visible_to(person).where(Invitation.id == invitation_id).with_for_update()
    )
