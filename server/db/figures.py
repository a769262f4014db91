"""What tickets count for in the shop's figures, and the sums of it by day, month, quarter and year.

An act only *touches* a ticket: at the commit its number is noted in `figure_marks`, one more line, so that no
act ever waits for another. The worker counts what was touched (`server/reports/counting.py`): it replaces the
facts of the ticket, and moves the sums by the difference. All three tables can be made anew from the rest of
the database (`doorstep figures`).
"""

from datetime import date

from sqlalchemy import Index, PrimaryKeyConstraint, Select, String, bindparam, false, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.jobs import Job
from server.db.lookups import Command
from server.db.people import Person
from server.db.tables import Code, Id, Table
from server.db.tickets import Ticket
from server.domain.people import Role, may

TOUCHED = "figures"


class Mark(Table):
    """A ticket that has to be counted again. Never updated: what came after a look has its own line."""

    __tablename__ = "figure_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    ticket_id: Mapped[Id]


class Fact(Table):
    """What one ticket, visit or revisit counts for in one figure; `server/domain/figures.py` says how."""

    __tablename__ = "figure_facts"
    __table_args__ = (
        Index("ix_figure_facts_day", "figure", "day", "subject_id"),
        Index("ix_figure_facts_branch", "figure", "branch_id", "day", "subject_id"),
        Index("ix_figure_facts_installer", "figure", "installer_id", "day", "subject_id"),
        Index("ix_figure_facts_house", "figure", "organisation_id", "day", "subject_id"),
        Index("ix_figure_facts_product", "figure", "product_id", "day", "subject_id"),
        Index("ix_figure_facts_cause", "figure", "cause", "day", "subject_id"),
    )

    ticket_id: Mapped[Id] = mapped_column(primary_key=True)
    figure: Mapped[Code] = mapped_column(primary_key=True)
    subject_id: Mapped[Id] = mapped_column(primary_key=True, comment="ticket, job or revisit")
    day: Mapped[date] = mapped_column(comment="in the zone of the branch")
    branch_id: Mapped[Id]
    installer_id: Mapped[Id | None]
    organisation_id: Mapped[Id | None] = mapped_column(comment="the installer's")
    product_id: Mapped[Id | None]
    cause: Mapped[Code | None]
    counted: Mapped[int] = mapped_column(comment="0: left out of the figure, for its cause")
    hits: Mapped[int]


class Total(Table):
    """The sum of facts of a day, a month, a quarter or a year, of everything or for one of a kind.

    All of it lies in the order of its key, the days of a whole shop before those of a branch: ten thousand
    installers over two years are one walk along it.
    """

    __tablename__ = "figure_totals"
    __table_args__ = (
        PrimaryKeyConstraint(
            *("kind", "figure", "level", "day", "branch_id", "of"),
            postgresql_include=["counted", "hits"],
        ),
        {"sqlite_with_rowid": False},
    )

    kind: Mapped[str] = mapped_column(
        String(20), comment="all, installer, organisation, product, cause or left_out"
    )
    figure: Mapped[Code]
    level: Mapped[str] = mapped_column(String(7), comment="day, month, quarter or year")
    day: Mapped[date] = mapped_column(comment="the first one of its stretch")
    branch_id: Mapped[Id]
    of: Mapped[Id] = mapped_column(comment="empty: of all, or of nobody")
    counted: Mapped[int]
    hits: Mapped[int]


# What has to be counted again.

_MARK = Command(insert(Mark.__table__).values(ticket_id=bindparam("ticket_id")))  # type: ignore[arg-type]


def touch(session: Session, *ticket_ids: str | None) -> None:
    """What these tickets count for may have changed."""
    touched: set[str] = session.info.setdefault(TOUCHED, set())
    touched.update(each for each in ticket_ids if each is not None)


def touch_all(session: Session, tickets: Select[str]) -> None:
    """The same for very many at once, by a question for their ids."""
    session.flush()
    session.execute(insert(Mark).from_select(["ticket_id"], tickets))


def of_customer(customer_id: str) -> Select[str]:
    return select(Ticket.id).where(Ticket.customer_id == customer_id)


def of_asset(asset_id: str) -> Select[str]:
    return select(Ticket.id).where(Ticket.asset_id == asset_id)


def of_installer(person_id: str) -> Select[str]:
    return select(Job.ticket_id).where(Job.assignee_id == person_id).distinct()


def of_branch(branch_id: str) -> Select[str]:
    return select(Ticket.id).where(Ticket.branch_id == branch_id)


def mark(session: Session) -> None:
    """At the end of a transaction: notes what it has touched."""
    for ticket_id in sorted(session.info.pop(TOUCHED, ())):
        _MARK.within(session, ticket_id=ticket_id)


# Who sees what.


def branch_seen_by(person: Person) -> str | None:
    """The only branch whose figures somebody sees; None: of all of them."""
    return None if person.role == Role.SUPERVISOR else person.organisation_id


def facts_visible_to(person: Person) -> Select[Fact]:
    """The desk sees what its branch counts, a supervisor everything, others nothing."""
    found = select(Fact)
    if not may(person.role, "figure.read"):
        return found.where(false())
    branch_id = branch_seen_by(person)
    return found if branch_id is None else found.where(Fact.branch_id == branch_id)
