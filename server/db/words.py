"""The index of search: what each thing is found by, kept by itself in the transaction that writes the thing.

One table holds the words, each with the kind of thing, so that one range of its key answers what begins
with the letters that somebody typed; the newest things come first. The other holds, for each thing, all of
its words, to see whether it has the rest of them, too. What is found is candidates: who may see them is
asked of the things themselves, as everywhere.

`server/db/search.py` looks things up.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    event,
    insert,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.customers import Asset, Customer, Product, Site
from server.db.lookups import among_these
from server.db.parts import Part
from server.db.people import Device, Person
from server.db.tables import Table, Words
from server.db.tickets import Ticket
from server.domain import search as rules

WORDS_OF_TICKET = 24
AT_ONCE = 2_000  # things, while the index is made anew

# In the same order on both databases, whatever the language of the server.
_Word = String(rules.LONGEST + 1).with_variant(
    postgresql.VARCHAR(rules.LONGEST + 1, collation="C"), "postgresql"
)


class SearchEntry(Table):
    """A thing that can be found. Its number says when it came: the higher, the newer."""

    __tablename__ = "search_entries"
    __table_args__ = (UniqueConstraint("kind", "noun_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(1), comment="a letter for its noun")
    noun_id: Mapped[str] = mapped_column(String(64))
    words: Mapped[Words] = mapped_column(comment="all that it is found by, a blank before each")


class SearchWord(Table):
    """One word of one thing. The key is the whole row: what is asked is answered from it alone."""

    __tablename__ = "search_words"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    kind: Mapped[str] = mapped_column(String(1), primary_key=True)
    word: Mapped[str] = mapped_column(_Word, primary_key=True)
    newest: Mapped[int] = mapped_column(
        primary_key=True, comment="minus the entry's number, so that the newest come first"
    )
    scope: Mapped[int] = mapped_column(
        primary_key=True, comment="of the branch, to leave others out early; 0 for all"
    )


# What each thing is found by.


@dataclass(frozen=True, slots=True)
class Source:
    """How the words of one kind of thing are made of its columns, and whose it is."""

    kind: str
    noun: type[Table]
    id: str
    columns: tuple[str, ...]
    words: Callable[..., Iterable[str]]
    belongs_to: str | None = None  # the column with its branch
    most: int | None = None


def _of_customer(name: str, phone: str, email: str) -> Iterator[str]:
    yield from rules.common_words_in(name or "")
    yield from rules.words_of_phones(phone or "")
    yield from rules.words_in(email or "")


def _of_site(address: str, district: str, city: str, province: str, postcode: str) -> Iterator[str]:
    known = [each or "" for each in (province, city, district)]
    for each in known:
        yield from rules.common_words_in(each)
    around = [each for each in known if each not in (address or "")]
    yield from rules.words_of_address([*around, address or ""])
    yield from rules.words_in(postcode or "")


def _of_person(name: str, username: str, phone: str) -> Iterator[str]:
    yield from rules.common_words_in(name or "")
    yield from rules.words_in(username or "")
    yield from rules.words_of_phones(phone or "")


def _of_texts(*texts: str | None) -> Iterator[str]:
    for each in texts:
        yield from rules.words_in(each or "")


SOURCES = (
    Source("c", Customer, "id", ("name", "phone", "email"), _of_customer, "branch_id"),
    Source("s", Site, "id", ("address", "district", "city", "province", "postcode"), _of_site),
    Source("a", Asset, "id", ("serial", "order_number"), _of_texts),
    Source("t", Ticket, "id", ("summary", "description"), _of_texts, "branch_id", WORDS_OF_TICKET),
    Source("p", Part, "sku", ("sku", "name", "name_zh"), _of_texts),
    Source("m", Product, "id", ("model", "name", "name_zh"), _of_texts),
    Source("w", Person, "id", ("name", "username", "phone"), _of_person, "organisation_id"),
    Source("d", Device, "id", ("name",), _of_texts),
)
KIND_OF = {source.noun: source.kind for source in SOURCES}
_SOURCE_OF = {source.noun: source for source in SOURCES}
WHOLE_SHOP = 0


def scope_of(branch_id: str | None) -> int:
    """A number for a branch. Should two branches share one, more is looked through, and no more seen."""
    return zlib.crc32(branch_id.encode()) & 0x7FFFFFFF if branch_id else WHOLE_SHOP


# Kept by itself.


def _keep(session: Session, _context: Any) -> None:
    """Notes the words of what has just been written."""
    made = [each for each in session.new if type(each) in _SOURCE_OF]
    changed = [each for each in session.dirty if type(each) in _SOURCE_OF and _is_said_anew(each)]
    gone = [each for each in session.deleted if type(each) in _SOURCE_OF]
    if not (made or changed or gone):
        return
    connection = session.connection()
    for source in SOURCES:
        old = [each for each in (*changed, *gone) if type(each) is source.noun]
        if old:
            _forget(connection, source, old)
    for source in SOURCES:
        rows = [each for each in (*made, *changed) if type(each) is source.noun]
        if rows:
            _note(connection, source, rows)


event.listen(Session, "after_flush", _keep)


def _is_said_anew(thing: Table) -> bool:
    """Whether anything has changed that it is found by."""
    source, state = _SOURCE_OF[type(thing)], inspect(thing)
    names = (*source.columns, *((source.belongs_to,) if source.belongs_to else ()))
    return any(state.attrs[name].history.has_changes() for name in names)


_FOUND = select(SearchEntry.id, SearchEntry.words)
_ONE_WORD = delete(SearchWord).where(
    SearchWord.kind == bindparam("its_kind"),
    SearchWord.word == bindparam("its_word"),
    SearchWord.newest == bindparam("its_place"),
)


def _forget(connection: Connection, source: Source, things: list[Any]) -> None:
    """The entries of these things with all their words, many at once: an import changes thousands."""
    ids = [getattr(each, source.id) for each in things]
    for some in (ids[n : n + AT_ONCE] for n in range(0, len(ids), AT_ONCE)):
        are_they = (SearchEntry.kind == source.kind, among_these(SearchEntry.noun_id, some))
        found = connection.execute(_FOUND.where(*are_they)).all()
        gone = [
            {"its_kind": source.kind, "its_word": word, "its_place": -row.id}
            for row in found
            for word in row.words.split()
        ]
        if gone:
            connection.execute(_ONE_WORD, gone)
        if found:
            is_gone = among_these(SearchEntry.id, [row.id for row in found])
            connection.execute(delete(SearchEntry).where(is_gone))


def _note(connection: Connection, source: Source, things: list[Any]) -> None:
    """Entries of new things, or of changed ones whose old entries are gone: they count as new, too."""
    scopes = _scopes(connection, source, things)
    entries = [_entry(source, *(getattr(each, name) for name in source.columns)) for each in things]
    rows = [
        {"kind": source.kind, "noun_id": getattr(each, source.id), "words": _written(words)}
        for each, words in zip(things, entries, strict=True)
    ]
    number = insert(SearchEntry).returning(SearchEntry.id, sort_by_parameter_order=True)
    numbers = connection.execute(number, rows).scalars().all()
    noted = [
        {"kind": source.kind, "word": word, "newest": -number, "scope": scope}
        for number, words, scope in zip(numbers, entries, scopes, strict=True)
        for word in words
    ]
    if noted:
        connection.execute(insert(SearchWord), noted)


def _entry(source: Source, *values: Any) -> list[str]:
    return rules.once(source.words(*values), source.most)


def _written(words: list[str]) -> str:
    return "".join(f" {each}" for each in words)


def _scopes(connection: Connection, source: Source, things: list[Any]) -> list[int]:
    if source.belongs_to:
        return [scope_of(getattr(each, source.belongs_to)) for each in things]
    if source.noun is Site:
        of_customers = select(Customer.id, Customer.branch_id)
        wanted = of_customers.where(Customer.id.in_({each.customer_id for each in things}))
        branches = dict(connection.execute(wanted).all())
        return [scope_of(branches.get(each.customer_id)) for each in things]
    if source.noun is Asset:
        of_sites = select(Site.id, Customer.branch_id).join(Customer)
        sites = of_sites.where(Site.id.in_({each.site_id for each in things}))
        at = dict(connection.execute(sites).all())
        return [scope_of(at.get(each.site_id)) for each in things]
    return [WHOLE_SHOP] * len(things)


# Made anew.


def make_anew(connection: Connection) -> int:
    """Empties the index and fills it from all the things there are; returns how many."""
    connection.execute(delete(SearchWord))
    connection.execute(delete(SearchEntry))
    is_postgresql = connection.dialect.name == "postgresql"
    if is_postgresql:  # sorts the words once, which is many times faster than each into its place
        connection.execute(text("ALTER TABLE search_words DROP CONSTRAINT pk_search_words"))
    number = 0
    for source in SOURCES:
        rows = connection.execute(_rows_of(source).execution_options(yield_per=AT_ONCE))
        for some in rows.partitions():
            entries, words = [], []
            for its_id, branch, *values in some:
                number += 1
                found = _entry(source, *values)
                entries.append((number, source.kind, its_id, _written(found)))
                scope = scope_of(branch)
                words += [(source.kind, word, -number, scope) for word in found]
            _pour(connection, SearchEntry, entries)
            _pour(connection, SearchWord, words)
    if is_postgresql:
        key = "PRIMARY KEY (kind, word, newest, scope)"
        connection.execute(text(f"ALTER TABLE search_words ADD CONSTRAINT pk_search_words {key}"))
    _count_on(connection, number)
    return number


def _rows_of(source: Source) -> Any:
    """Id, branch and the columns of each thing, the oldest first."""
    noun: Any = source.noun
    columns = [getattr(noun, name) for name in source.columns]
    branch = getattr(noun, source.belongs_to) if source.belongs_to else literal(None)
    if noun is Site:
        found = select(Site.id, Customer.branch_id, *columns).join(Customer)
    elif noun is Asset:
        found = select(Asset.id, Customer.branch_id, *columns).select_from(Asset)
        found = found.join(Site, Site.id == Asset.site_id).join(Customer)
    else:
        found = select(getattr(noun, source.id), branch, *columns)
    oldest = (Ticket.opened_at, Ticket.id) if noun is Ticket else (getattr(noun, source.id),)
    return found.order_by(*oldest)


def _pour(connection: Connection, table: type[Table], rows: list[tuple[Any, ...]]) -> None:
    """Writes many rows by the fastest way that the driver has."""
    names = [column.name for column in table.__table__.columns]
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            copy = f"COPY {table.__tablename__} ({', '.join(names)}) FROM STDIN"
            with cursor.copy(copy) as copying:
                for row in rows:
                    copying.write_row(row)
    elif rows:
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {table.__tablename__} VALUES ({marks})", rows)


def _count_on(connection: Connection, number: int) -> None:
    """The next entry has the next number."""
    if connection.dialect.name == "postgresql" and number:
        sequence = "pg_get_serial_sequence('search_entries', 'id')"
        connection.execute(text(f"SELECT setval({sequence}, :number)"), {"number": number})
