"""Settings: every version of every document, and the drafts of those that are published in one go.

A version never changes, so its document is kept in the memory of the process under its id; whether there is
a newer one is asked of the database, once in a transaction for each setting.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, bindparam, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.lookups import Question, among
from server.db.tables import Document, Id, Key, Table, Time, Words, refers

NAME = String(120)
DOCUMENTS_AT_HAND = 500
_KEPT = "settings"


class Setting(Table):
    """One version of a document; a change is the next one."""

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(NAME)
    version: Mapped[int] = mapped_column(comment="counted by name, through all branches")
    branch_id: Mapped[Id | None] = mapped_column(
        refers("organisations.id"), comment="null: of the house, for branches without their own"
    )
    valid_from: Mapped[Time]
    made_at: Mapped[Time]
    made_by: Mapped[Id] = mapped_column(refers("people.id"))
    note: Mapped[Words] = mapped_column(default="", comment="why, in the words of who made it")
    value: Mapped[Document | None] = mapped_column(comment="null: the branch follows the house")


class SettingDraft(Table):
    """A document that is being written: nothing works by it until it is published as a version."""

    __tablename__ = "setting_drafts"
    __table_args__ = (
        UniqueConstraint("name", "branch_id"),
        Index(
            "uq_setting_drafts_of_the_house",
            "name",
            unique=True,
            sqlite_where=text("branch_id IS NULL"),
            postgresql_where=text("branch_id IS NULL"),
        ),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(NAME)
    branch_id: Mapped[Id | None] = mapped_column(refers("organisations.id"))
    based_on: Mapped[int] = mapped_column(comment="the version that held when it was begun")
    value: Mapped[Document]
    changed_at: Mapped[Time]
    changed_by: Mapped[Id] = mapped_column(refers("people.id"))
    rev: Mapped[int] = mapped_column(default=1)


class Head:
    """A version without its document, as the rules compare it."""

    __slots__ = ("branch_id", "follows_house", "id", "name", "valid_from", "version")

    def __init__(
        self,
        its_id: str,
        name: str,
        version: int,
        branch_id: str | None,
        valid_from: datetime,
        follows_house: bool,
    ) -> None:
        self.id, self.name, self.version = its_id, name, version
        self.branch_id, self.valid_from = branch_id, valid_from
        self.follows_house = bool(follows_house)


_SETTING = Setting.__table__.c
_HEADS = Question(
    select(
        _SETTING.id,
        _SETTING.name,
        _SETTING.version,
        _SETTING.branch_id,
        _SETTING.valid_from,
        _SETTING.value.is_(None),
    ).where(
        among(_SETTING.name, "names"),
        or_(_SETTING.branch_id.is_(None), among(_SETTING.branch_id, "branches")),
    )
)
_VALUES = Question(select(_SETTING.id, _SETTING.value).where(among(_SETTING.id, "ids")))
_NEWEST = Question(
    select(_SETTING.version)
    .where(_SETTING.name == bindparam("name"))
    .order_by(_SETTING.version.desc())
    .limit(1)
)


def heads(session: Session, names: Collection[str], branches: Collection[str]) -> list[Head]:
    """All versions of these settings, of these branches and of the house, without their documents.

    Asked once in a transaction: what this transaction adds itself goes through `add`.
    """
    kept = _memory(session)
    key = (frozenset(names), frozenset(branches))
    if key not in kept:
        kept[key] = [Head(*row) for row in _HEADS.within(session, names=names, branches=branches)]
    found: list[Head] = kept[key]
    return found


def _memory(session: Session) -> dict[Any, Any]:
    """What this transaction has asked already."""
    transaction = session.get_transaction()
    kept: tuple[Any, dict[Any, Any]] | None = session.info.get(_KEPT)
    if transaction is None or kept is None or kept[0] is not transaction:
        session.connection()  # begins the transaction, if nothing has yet
        kept = session.info[_KEPT] = (session.get_transaction(), {})
    return kept[1]


_documents: dict[str, Any] = {}
_turn = Lock()


def documents(session: Session, ids: Iterable[str]) -> dict[str, Any]:
    """The documents of these versions, by id. They are shared: copy before changing."""
    wanted = set(ids)
    with _turn:
        found = {each: _documents[each] for each in wanted if each in _documents}
    missing = wanted - found.keys()
    if missing:
        read: dict[str, Any] = {row[0]: row[1] for row in _VALUES.within(session, ids=missing)}
        found.update(read)
        with _turn:
            if len(_documents) + len(read) > DOCUMENTS_AT_HAND:
                _documents.clear()
            _documents.update(read)
    return found


def newest_version(session: Session, name: str) -> int | None:
    rows = _NEWEST.within(session, name=name)
    return rows[0][0] if rows else None


def add(session: Session, setting: Setting) -> Setting:
    session.add(setting)
    session.flush()
    session.info.pop(_KEPT, None)
    return setting


def history(session: Session, name: str, branch_id: str | None, most: int) -> list[Setting]:
    """The versions of one place, the newest first."""
    found = select(Setting).where(Setting.name == name, _of(Setting, branch_id))
    return list(session.scalars(found.order_by(Setting.version.desc()).limit(most)))


def draft(
    session: Session, name: str, branch_id: str | None, *, to_change: bool = False
) -> SettingDraft | None:
    """The draft of one place, locked where it is going to be changed."""
    found = select(SettingDraft).where(SettingDraft.name == name, _of(SettingDraft, branch_id))
    if to_change:
        found = found.with_for_update()
    return session.scalars(found).first()


def drafted(session: Session, branch_id: str | None) -> set[str]:
    """The names of the settings of one place that have a draft."""
    return set(session.scalars(select(SettingDraft.name).where(_of(SettingDraft, branch_id))))


def _of(table: type[Setting] | type[SettingDraft], branch_id: str | None) -> Any:
    return table.branch_id.is_(None) if branch_id is None else table.branch_id == branch_id
