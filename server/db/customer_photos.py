"""Photos that customers gave for their tickets, and the links by which they may send more."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Index, Select, String, delete, false, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import jobs, photos, sights, tickets
from server.db.jobs import Job
from server.db.people import Person
from server.db.tables import Code, Document, Hash, Id, Key, Table, Time, Words, refers
from server.db.tickets import Ticket
from server.domain import photos as rules
from server.domain.people import CONTRACTOR_ROLES, may

WAITING = "ticket_id IS NULL"  # few among many, as the index says it
REMOVED = "removed_at IS NOT NULL AND state <> 'erased'"


class PhotoLink(Table):
    """A link by which a customer sends photos for a ticket; the link itself is signed and kept nowhere."""

    __tablename__ = "photo_links"

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"), index=True)
    made_at: Mapped[Time]
    made_by: Mapped[Id] = mapped_column(refers("people.id"))
    until: Mapped[Time]
    revoked_at: Mapped[Time | None]
    revoked_by: Mapped[Id | None] = mapped_column(refers("people.id"))


class CustomerPhoto(Table):
    """A picture that a customer gave, by somebody of the office or by a link."""

    __tablename__ = "customer_photos"
    __table_args__ = (
        Index("uq_customer_photos_of_ticket", "ticket_id", "sha256", unique=True),
        Index(
            "ix_customer_photos_waiting",
            "customer_id",
            "given_at",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index(
            "ix_customer_photos_removed",
            "removed_at",
            sqlite_where=text(REMOVED),
            postgresql_where=text(REMOVED),
        ),
    )

    id: Mapped[Key]
    ticket_id: Mapped[Id | None] = mapped_column(
        refers("tickets.id"), comment="null while the ticket is being taken in"
    )
    customer_id: Mapped[Id | None] = mapped_column(
        refers("customers.id"), comment="whose it is until then"
    )
    link_id: Mapped[Id | None] = mapped_column(
        refers("photo_links.id"), index=True, comment="the link by which it came"
    )
    sha256: Mapped[Hash] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str] = mapped_column(String(100))
    name: Mapped[Words] = mapped_column(default="", comment="of the file, as it came")
    note: Mapped[Words] = mapped_column(default="")
    given_at: Mapped[Time]
    given_by: Mapped[Id | None] = mapped_column(
        refers("people.id"), comment="who of the office put it in; null: the customer, by a link"
    )
    state: Mapped[Code] = mapped_column(
        default="stored", comment="stored, checked, unreadable or erased"
    )
    measured: Mapped[Document | None]
    hash: Mapped[str | None] = mapped_column(String(16), comment="dHash, 64 bits as hex")
    seen_in: Mapped[Id | None] = mapped_column(comment="a photo from the field that looks the same")
    seen_with: Mapped[Id | None] = mapped_column(
        comment="one that was given for another ticket and looks the same"
    )
    removed_at: Mapped[Time | None]
    removed_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    rev: Mapped[int] = mapped_column(default=1)

    @property
    def refused(self) -> str | None:
        """The code of what the examiner said no to."""
        return (self.measured or {}).get("refused")


class CustomerPhotoBand(Table):
    """A quarter of the hash of such a photo, as `photos.Band` is of one from the field."""

    __tablename__ = "customer_photo_bands"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    band: Mapped[int] = mapped_column(primary_key=True, comment="which quarter, then its 16 bits")
    photo_id: Mapped[Id] = mapped_column(refers("customer_photos.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(16))


def visible_to(person: Person, now: datetime) -> Select[CustomerPhoto]:
    """Who sees the ticket sees them, and who goes for it; what was taken away, and what still waits for its
    ticket, only the desk.
    """
    found = select(CustomerPhoto)
    if person.role in CONTRACTOR_ROLES:
        its_job = jobs.visible_to(person, now).where(Job.ticket_id == CustomerPhoto.ticket_id)
        return found.where(CustomerPhoto.removed_at.is_(None), its_job.exists())
    if not may(person.role, "photo.read"):
        return found.where(false())
    its_ticket = tickets.visible_to(person).where(Ticket.id == CustomerPhoto.ticket_id)
    is_own = (CustomerPhoto.given_by == person.id) & CustomerPhoto.ticket_id.is_(None)
    return found.where(or_(its_ticket.exists(), is_own))


def get_for(session: Session, person: Person, photo_id: str, now: datetime) -> CustomerPhoto:
    """Raises `NotFound` for what `person` may not see."""
    return sights.one(session, visible_to(person, now).where(CustomerPhoto.id == photo_id))


def of_tickets(session: Session, ticket_ids: Iterable[str]) -> list[CustomerPhoto]:
    """Those that stand with these tickets, the oldest first."""
    ids = set(ticket_ids)
    found = select(CustomerPhoto).where(
        CustomerPhoto.ticket_id.in_(ids), CustomerPhoto.removed_at.is_(None)
    )
    return list(session.scalars(found.order_by(CustomerPhoto.given_at, CustomerPhoto.id)))


def of_ticket(session: Session, ticket_id: str) -> list[CustomerPhoto]:
    """All of a ticket, also those that were taken away and can still come back."""
    found = select(CustomerPhoto).where(
        CustomerPhoto.ticket_id == ticket_id, CustomerPhoto.state != "erased"
    )
    return list(session.scalars(found.order_by(CustomerPhoto.given_at, CustomerPhoto.id)))


def count(session: Session, ticket_id: str, link_id: str | None = None) -> int:
    """How many stand with a ticket, or came by one link, whatever became of them."""
    which = CustomerPhoto.link_id == link_id if link_id else CustomerPhoto.removed_at.is_(None)
    found = select(func.count()).where(CustomerPhoto.ticket_id == ticket_id, which)
    return session.scalar(found) or 0


def waiting(session: Session, customer_id: str, person_id: str) -> list[CustomerPhoto]:
    """Those that somebody has laid aside for a ticket of this customer that is not open yet."""
    found = select(CustomerPhoto).where(
        text(f"customer_photos.{WAITING}"),
        CustomerPhoto.customer_id == customer_id,
        CustomerPhoto.given_by == person_id,
    )
    return list(session.scalars(found.order_by(CustomerPhoto.given_at, CustomerPhoto.id)))


def links_of(session: Session, ticket_id: str) -> list[PhotoLink]:
    """The newest first."""
    found = select(PhotoLink).where(PhotoLink.ticket_id == ticket_id)
    return list(session.scalars(found.order_by(PhotoLink.made_at.desc(), PhotoLink.id.desc())))


def remember_look(session: Session, photo: CustomerPhoto, hash_: str) -> None:
    """Notes how it looks, for those that come later; a hash that tells nothing is left out."""
    forget_look(session, photo)
    photo.hash = hash_
    if rules.is_telling(hash_):
        session.flush()
        session.add_all(
            CustomerPhotoBand(band=each, photo_id=photo.id, hash=hash_)
            for each in photos.bands(hash_)
        )


def forget_look(session: Session, photo: CustomerPhoto) -> None:
    if photo.hash:
        session.flush()
        old = CustomerPhotoBand.band.in_(photos.bands(photo.hash))
        session.execute(
            delete(CustomerPhotoBand).where(old, CustomerPhotoBand.photo_id == photo.id)
        )
    photo.hash = None


def lookalikes(session: Session, hash_: str) -> list[CustomerPhoto]:
    """All that look like this hash, within `SAME_PICTURE_BITS`, the oldest first."""
    if not rules.is_telling(hash_):
        return []
    bands = CustomerPhotoBand.band.in_(photos.near_bands(hash_))
    near = session.execute(select(CustomerPhotoBand.photo_id, CustomerPhotoBand.hash).where(bands))
    same = {photo_id for photo_id, other in near if rules.looks_like(hash_, other)}
    if not same:
        return []
    found = select(CustomerPhoto).where(CustomerPhoto.id.in_(same))
    return list(session.scalars(found.order_by(CustomerPhoto.given_at, CustomerPhoto.id)))
