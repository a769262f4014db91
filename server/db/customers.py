"""The customer file: people, the places where things stand, and the things themselves."""

from datetime import date
from typing import Any

from sqlalchemy import Index, Select, String, event, false, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from server.db import sights
from server.db.people import Person
from server.db.tables import Code, Id, Key, Table, Time, Words, refers
from server.domain import customers as rules
from server.domain import errors
from server.domain.people import may

_MERGED = text("merged_into IS NOT NULL")  # the few that are


class Customer(Table):
    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_name", "name", "id"),
        Index("ix_customers_branch_name", "branch_id", "name", "id"),
        Index("ix_customers_merged", "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
    )

    id: Mapped[Key]
    branch_id: Mapped[Id] = mapped_column(refers("organisations.id"))
    name: Mapped[Words]
    phone: Mapped[str] = mapped_column(String(64), default="", index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[Code] = mapped_column(default="zh")
    is_vip: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[Words] = mapped_column(default="")
    phone_key: Mapped[str | None] = mapped_column(
        String(20), index=True, comment="the number as all ways of writing it have it in common"
    )
    created_at: Mapped[Time]
    merged_into: Mapped[Id | None] = mapped_column(comment="the customer who this one really is")
    hold_reason: Mapped[Words | None] = mapped_column(comment="why nothing of it may be erased")
    held_by: Mapped[Id | None]
    held_at: Mapped[Time | None]
    erased_at: Mapped[Time | None]
    rev: Mapped[int] = mapped_column(default=1)

    @property
    def is_over(self) -> bool:
        """Merged into another one or erased: nothing is written here any more."""
        return self.merged_into is not None or self.erased_at is not None


class Site(Table):
    """An address where work is done, in the order in which the country writes it."""

    __tablename__ = "sites"

    id: Mapped[Key]
    customer_id: Mapped[Id] = mapped_column(refers("customers.id"), index=True)
    address: Mapped[Words]
    district: Mapped[str] = mapped_column(String(100), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    province: Mapped[str] = mapped_column(String(100), default="")
    postcode: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(2), default="CN")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    time_zone: Mapped[Code] = mapped_column(default="Asia/Shanghai")
    access_notes: Mapped[Words] = mapped_column(default="")
    rev: Mapped[int] = mapped_column(default=1)

    customer: Mapped[Customer] = relationship()


class Product(Table):
    """What the shop sells: one model."""

    __tablename__ = "products"

    id: Mapped[Key]
    model: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[Words]
    name_zh: Mapped[Words] = mapped_column(default="")
    category: Mapped[Code] = mapped_column(default="")
    care_card: Mapped[Words] = mapped_column(default="")
    care_card_zh: Mapped[Words] = mapped_column(default="")
    certificate: Mapped[Code | None] = mapped_column(comment="who installs it must hold this one")
    warranty_months: Mapped[int] = mapped_column(default=24)
    is_active: Mapped[bool] = mapped_column(default=True)
    rev: Mapped[int] = mapped_column(default=1)


class Asset(Table):
    """One thing that a customer bought, with its serial number and warranty."""

    __tablename__ = "assets"
    __table_args__ = (Index("ix_assets_serial", "serial"),)

    id: Mapped[Key]
    site_id: Mapped[Id] = mapped_column(refers("sites.id"), index=True)
    product_id: Mapped[Id] = mapped_column(refers("products.id"), index=True)
    serial: Mapped[str | None] = mapped_column(String(100))
    order_number: Mapped[str] = mapped_column(String(100), default="")
    sold_on: Mapped[date | None]
    warranty_until: Mapped[date | None]
    rev: Mapped[int] = mapped_column(default=1)

    site: Mapped[Site] = relationship()
    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)


def _note_phone_key(_mapper: Any, _connection: Any, customer: Customer) -> None:
    customer.phone_key = rules.phone_key(customer.phone or "")


event.listen(Customer, "before_insert", _note_phone_key)
event.listen(Customer, "before_update", _note_phone_key)


def customers_visible_to(person: Person) -> Select[Customer]:
    """The desk sees the customers of its branch, a supervisor all of them, others none.

    Whoever turned out to be somebody else is seen as that one.
    """
    found = select(Customer).where(Customer.merged_into.is_(None))
    if not may(person.role, "customer.read"):
        return found.where(false())
    if person.role == "supervisor":
        return found
    return found.where(Customer.branch_id == person.organisation_id)


def sites_visible_to(person: Person) -> Select[Site]:
    its_customer = customers_visible_to(person).where(Customer.id == Site.customer_id)
    return select(Site).where(its_customer.exists())


def assets_visible_to(person: Person) -> Select[Asset]:
    its_site = sites_visible_to(person).where(Site.id == Asset.site_id)
    return select(Asset).where(its_site.exists())


def products_visible_to(_person: Person) -> Select[Product]:
    """The catalogue is no secret inside the house."""
    return select(Product)


def get_customer(
    session: Session, person: Person, customer_id: str, *, to_change: bool = False
) -> Customer:
    """The customer, under an id of its own or of one that was merged into it.

    `to_change` locks the row until the commit. Raises `NotFound` for whom `person` may not see.
    """
    its_id = _present_id(session, customer_id)
    if to_change:
        lock_customers(session, its_id)
        its_id = _present_id(session, its_id)  # merged while we waited
    return sights.one(session, customers_visible_to(person).where(Customer.id == its_id))


def _present_id(session: Session, customer_id: str) -> str:
    """Where the merges of a customer lead; each leads to one that was not merged then, so there is no circle."""
    its_id, further = customer_id, customer_id
    while further:
        its_id = further
        further = session.scalar(select(Customer.merged_into).where(Customer.id == its_id)) or ""
    return its_id


def lock_customers(session: Session, *customer_ids: str) -> None:
    """Makes other writers of these customers wait, in one order for all."""
    rows = select(Customer).where(Customer.id.in_(customer_ids)).order_by(Customer.id)
    session.execute(
        rows.with_for_update().execution_options(populate_existing=True)
    ).scalars().all()


def hold_in_place(session: Session, customer_id: str) -> None:
    """Nobody merges or erases this customer before the commit; others may do the same beside us."""
    row = select(Customer).where(Customer.id == customer_id)
    kept = row.with_for_update(read=True, key_share=True)
    session.execute(kept.execution_options(populate_existing=True)).scalars().all()


def merged_into(session: Session, customer_id: str) -> list[str]:
    """The ids of all that were merged into this customer, on whatever way."""
    found, newest = [], [customer_id]
    while newest:
        newest = list(session.scalars(select(Customer.id).where(Customer.merged_into.in_(newest))))
        found += newest
    return found


def get_site(session: Session, person: Person, site_id: str, *, to_change: bool = False) -> Site:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it until the commit."""
    found = sites_visible_to(person).where(Site.id == site_id)
    site = session.scalar(_locked(found, Site) if to_change else found)
    if site is None:
        raise errors.NotFound()
    return site


def get_asset(session: Session, person: Person, asset_id: str, *, to_change: bool = False) -> Asset:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it until the commit."""
    found = assets_visible_to(person).where(Asset.id == asset_id)
    asset = session.scalar(_locked(found, Asset) if to_change else found)
    if asset is None:
        raise errors.NotFound()
    return asset


def _locked(found: Select[Any], kind: type[Table]) -> Select[Any]:
    """The rows of this kind, fresh, with other writers waiting; what is joined to them is not locked."""
    return found.with_for_update(of=kind).execution_options(populate_existing=True)


def get_product(session: Session, person: Person, product_id: str) -> Product:
    return sights.one(session, products_visible_to(person).where(Product.id == product_id))
