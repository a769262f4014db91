"""The customer file: people, the places where things stand, and the things themselves."""

from datetime import date

from sqlalchemy import Index, Select, String, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from server.db.people import Person
from server.db.tables import Code, Id, Key, Table, Time, Words, refers
from server.domain import errors
from server.domain.people import may


class Customer(Table):
    __tablename__ = "customers"

    id: Mapped[Key]
    branch_id: Mapped[Id] = mapped_column(refers("organisations.id"), index=True)
    name: Mapped[Words]
    phone: Mapped[str] = mapped_column(String(64), default="", index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[Code] = mapped_column(default="zh")
    is_vip: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[Words] = mapped_column(default="")
    created_at: Mapped[Time]
    rev: Mapped[int] = mapped_column(default=1)


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


def customers_visible_to(person: Person) -> Select[Customer]:
    """The desk sees the customers of its branch, a supervisor all of them, others none."""
    found = select(Customer)
    if not may(person.role, "customer.read"):
        return found.where(false())
    if person.role == "supervisor":
        return found
    return found.where(Customer.branch_id == person.organisation_id)


def sites_visible_to(person: Person) -> Select[Site]:
    customers = customers_visible_to(person).with_only_columns(Customer.id)
    return select(Site).where(Site.customer_id.in_(customers))


def assets_visible_to(person: Person) -> Select[Asset]:
    sites = sites_visible_to(person).with_only_columns(Site.id)
    return select(Asset).where(Asset.site_id.in_(sites))


def products_visible_to(_person: Person) -> Select[Product]:
    """The catalogue is no secret inside the house."""
    return select(Product)


def get_customer(session: Session, person: Person, customer_id: str) -> Customer:
    found = session.scalar(customers_visible_to(person).where(Customer.id == customer_id))
    if found is None:
        raise errors.NotFound()
    return found


def get_site(session: Session, person: Person, site_id: str) -> Site:
    found = session.scalar(sites_visible_to(person).where(Site.id == site_id))
    if found is None:
        raise errors.NotFound()
    return found


def get_asset(session: Session, person: Person, asset_id: str) -> Asset:
    found = session.scalar(assets_visible_to(person).where(Asset.id == asset_id))
    if found is None:
        raise errors.NotFound()
    return found


def get_product(session: Session, person: Person, product_id: str) -> Product:
    found = session.scalar(products_visible_to(person).where(Product.id == product_id))
    if found is None:
        raise errors.NotFound()
    return found
