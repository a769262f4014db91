"""Files with rows for the house: kept as they came, from the dry run until somebody says yes or no."""

import base64
import zlib

from sqlalchemy import Select, String, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.people import Person
from server.db.tables import Code, Document, Hash, Id, Key, Table, Time, Words, refers
from server.domain import errors
from server.domain.people import Role, may


class Import(Table):
    """One file that somebody brought, and what became of it."""

    __tablename__ = "imports"

    id: Mapped[Key]
    kind: Mapped[Code]
    place: Mapped[str] = mapped_column(String(100), default="", comment="where goods of it arrive")
    branch_id: Mapped[Id] = mapped_column(refers("organisations.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[Hash] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(comment="bytes of the file as it came")
    content: Mapped[Words] = mapped_column(
        comment="the file, deflated, in Base64; empty once it is old"
    )
    state: Mapped[Code] = mapped_column(default="checked", comment="checked, applied, dropped")
    told: Mapped[Document] = mapped_column(default=dict, comment="how many rows were what")
    brought_at: Mapped[Time]
    brought_by: Mapped[Id] = mapped_column(refers("people.id"))
    ended_at: Mapped[Time | None]
    ended_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    rev: Mapped[int] = mapped_column(default=1)

    @property
    def file(self) -> bytes:
        return zlib.decompress(base64.b64decode(self.content))


def as_text(file: bytes) -> str:
    return base64.b64encode(zlib.compress(file, 6)).decode()


def visible_to(person: Person) -> Select[Import]:
    """What was brought to the own branch; a supervisor sees all."""
    found = select(Import)
    if not may(person.role, "import.write"):
        return found.where(false())
    if person.role == Role.SUPERVISOR:
        return found
    return found.where(Import.branch_id == person.organisation_id)


def get_for(session: Session, person: Person, import_id: str, *, to_change: bool = False) -> Import:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it until the commit."""
    found = session.scalar(visible_to(person).where(Import.id == import_id))
    if found is None:
        raise errors.NotFound()
    if to_change:
        session.refresh(found, with_for_update=True)
    return found
