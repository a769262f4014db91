"""Customers who turned out to be one: what moved, so that it can be taken back."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import customers, sights
from server.db.customers import Customer
from server.db.people import Person
from server.db.tables import Document, Id, Key, Table, Time, refers


class Merge(Table):
    """One customer became another. `moved` names what went along, by noun; `fields` what it changed there."""

    __tablename__ = "merges"

    id: Mapped[Key]
    kept_id: Mapped[Id] = mapped_column(refers("customers.id"), index=True)
    merged_id: Mapped[Id] = mapped_column(refers("customers.id"), index=True)
    moved: Mapped[Document]
    fields: Mapped[Document] = mapped_column(comment="field -> [before, after] of the kept one")
    merged_at: Mapped[Time]
    merged_by: Mapped[Id] = mapped_column(refers("people.id"))
    undo_until: Mapped[Time]
    undone_at: Mapped[Time | None]
    undone_by: Mapped[Id | None] = mapped_column(refers("people.id"))


def visible_to(person: Person) -> Select[Merge]:
    kept = customers.customers_visible_to(person).with_only_columns(Customer.id)
    return select(Merge).where(Merge.kept_id.in_(kept))


def get_for(session: Session, person: Person, merge_id: str) -> Merge:
    """Raises `NotFound` for what `person` may not see."""
    return sights.one(session, visible_to(person).where(Merge.id == merge_id))


def of_customer(session: Session, customer_id: str) -> list[Merge]:
    """Those into this customer, the newest first."""
    found = select(Merge).where(Merge.kept_id == customer_id)
    return list(session.scalars(found.order_by(Merge.merged_at.desc(), Merge.id.desc())))
