"""Looking things up in the index of search (`words.py`): what has all the words that somebody typed.

Nothing is gathered without a limit. Where very many things have a word (a surname, a city), the newest of
them are looked through, and whoever asks is told so.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from server.db import tickets
from server.db.customers import Asset, Customer, Site
from server.db.jobs import Job
from server.db.lookups import among, among_these
from server.db.people import Person
from server.db.tables import Table
from server.db.tickets import Ticket
from server.db.words import KIND_OF, SOURCES, WHOLE_SHOP, SearchEntry, SearchWord, scope_of
from server.domain import search as rules
from server.domain.people import Role

LOOKED_THROUGH = 200  # entries of the index for each kind and word
FILES = 200  # customers whose whole file is read, to see which has all the words
NEWEST = 200  # tickets that are looked through where a word is on very many


@dataclass(slots=True)
class Found:
    """The ids of what was found, by kind, the best and newest first. `is_cut` where very many things have
    these words and only the newest were looked through.
    """

    ids: dict[str, list[str]] = field(default_factory=dict)
    is_cut: bool = False
    typed: str = ""
    customers: list[str] | None = None

    def of(self, noun: type[Table]) -> list[str]:
        return self.ids.get(KIND_OF[noun], [])

    def __bool__(self) -> bool:
        return any(self.ids.values())


def _postings(scoped: str) -> Any:
    """For one word: the entries of each kind that have it or begin with it, the word itself first. Those of
    the kinds that are scoped come from one branch alone.
    """
    words = SearchWord.__table__.c
    of_kinds = []
    for source in SOURCES:
        rows = select(words.kind, words.newest).where(
            words.kind == source.kind,
            words.word >= bindparam("low"),
            words.word < bindparam("high"),
        )
        if source.kind in scoped:
            rows = rows.where(among(words.scope, "scopes"))
        rows = rows.order_by(words.word, words.newest).limit(LOOKED_THROUGH)
        of_kinds.append(select(rows.subquery()))
    return union_all(*of_kinds)


_OF_ALL, _OF_BRANCH, _OF_CONTRACTOR = _postings(""), _postings("csat"), _postings("csatw")


def _asked_by(person: Person) -> Any:
    """A supervisor looks in the whole shop, everybody else in the own branch; people are known across
    branches, but a contractor knows only its own.
    """
    if person.role == Role.SUPERVISOR:
        return _OF_ALL
    return _OF_CONTRACTOR if person.organisation.kind == "contractor" else _OF_BRANCH


@dataclass(slots=True)
class _Term:
    word: str
    entries: dict[str, list[int]]
    is_cut: bool

    @property
    def count(self) -> int:
        return sum(map(len, self.entries.values()))


def _term(session: Session, word: str, person: Person) -> _Term:
    low, high = rules.ends(word)
    values = {"low": low, "high": high, "scopes": [WHOLE_SHOP, scope_of(person.organisation_id)]}
    entries: dict[str, list[int]] = {}
    for kind, newest in session.execute(_asked_by(person), values):
        entries.setdefault(kind, []).append(-newest)
    is_cut = any(len(each) == LOOKED_THROUGH for each in entries.values())
    return _Term(word, {kind: list(dict.fromkeys(ids)) for kind, ids in entries.items()}, is_cut)


def look_up(session: Session, person: Person, typed: str) -> Found:
    """All that has the words which somebody typed. These are candidates: whether `person` may see them is
    still to be asked by `visible_to`.
    """
    for words in rules.readings(typed):
        terms = [_term(session, word, person) for word in words]
        found = _of_one(session, terms[0]) if len(terms) == 1 else _of_several(session, terms)
        if found:
            found.typed = typed
            return found
    return Found(typed=typed)


_NAMES = select(SearchEntry.id, SearchEntry.kind, SearchEntry.noun_id).where(
    among(SearchEntry.id, "ids")
)
_ENTRIES = _NAMES.add_columns(SearchEntry.words)


def _entries(session: Session, term: _Term, question: Any) -> list[Any]:
    """The entries that have a word, in the order of the index."""
    order = [each for ids in term.entries.values() for each in ids]
    rows = {row.id: row for row in session.execute(question, {"ids": order})}
    return [rows[each] for each in order if each in rows]


def _by_kind(rows: Iterable[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row.noun_id)
    return found


def _of_one(session: Session, term: _Term) -> Found:
    return Found(_by_kind(_entries(session, term, _NAMES)), term.is_cut)


def _of_several(session: Session, terms: list[_Term]) -> Found:
    """What has all of the words. A customer has those of its sites and assets, too, and whatever belongs to
    a customer has the customer's: a surname and a street find the household.
    """
    narrow = min(terms, key=lambda term: (term.is_cut, term.count))
    if not narrow.count:
        return Found()
    wanted = [f" {term.word}" for term in terms]
    rows = _entries(session, narrow, _ENTRIES)
    customer_of = _customers_of(session, _by_kind(rows))
    files = _files(session, list(dict.fromkeys(customer_of.values()))[:FILES])
    households = {key: "".join(row.words for row in rows) for key, rows in files.items()}

    def has_all(words: str) -> bool:
        return all(each in words for each in wanted)

    found: dict[str, list[str]] = {}
    for row in rows:
        household = households.get(customer_of.get((row.kind, row.noun_id), ""), "")
        if has_all(row.words + household):
            found.setdefault(row.kind, []).append(row.noun_id)
    whole = [key for key, words in households.items() if has_all(words)]
    found["c"] = rules.once([*whole, *found.get("c", [])])
    for kind in "sa":
        its_own = [
            row.noun_id
            for key in whole
            for row in files[key]
            if row.kind == kind and any(each in row.words for each in wanted)
        ]
        found[kind] = rules.once([*found.get(kind, []), *its_own])
    rest = [key for key in households if key not in set(whole)]
    for key, ticket_id, words in _tickets_of(session, rest):
        if has_all(words + households[key]):
            found.setdefault("t", []).append(ticket_id)
    found["t"] = rules.once(found.get("t", []))
    return Found(found, narrow.is_cut, customers=found["c"])


_OF_SITES = select(Site.id, Site.customer_id).where(among(Site.id, "ids"))
_OF_ASSETS = select(Asset.id, Site.customer_id).join(Site).where(among(Asset.id, "ids"))
_OF_TICKETS = select(Ticket.id, Ticket.customer_id).where(among(Ticket.id, "ids"))


def _customers_of(session: Session, ids: dict[str, list[str]]) -> dict[tuple[str, str], str]:
    """(kind, id) -> the customer whose file it is in."""
    found = {("c", each): each for each in ids.get("c", [])}
    for kind, question in (("s", _OF_SITES), ("a", _OF_ASSETS), ("t", _OF_TICKETS)):
        if ids.get(kind):
            for its_id, customer_id in session.execute(question, {"ids": ids[kind]}):
                found[kind, its_id] = customer_id
    return found


def _its_entry(kind: str, its_id: Any) -> Any:
    """On what the entry of a thing is joined. By an outer join: it lets no database begin with all the
    entries of a kind, as SQLite would.
    """
    return (SearchEntry.kind == kind) & (SearchEntry.noun_id == its_id)


_TOLD = (SearchEntry.kind, SearchEntry.noun_id, SearchEntry.words)
_FILES = (
    select(SearchEntry.noun_id.label("customer_id"), *_TOLD).where(
        SearchEntry.kind == "c", among(SearchEntry.noun_id, "ids")
    ),
    select(Site.customer_id, *_TOLD)
    .outerjoin(SearchEntry, _its_entry("s", Site.id))
    .where(among(Site.customer_id, "ids")),
    select(Site.customer_id, *_TOLD)
    .join(Asset, Asset.site_id == Site.id)
    .outerjoin(SearchEntry, _its_entry("a", Asset.id))
    .where(among(Site.customer_id, "ids")),
)


def _files(session: Session, customer_ids: list[str]) -> dict[str, list[Any]]:
    """The entries of customers with those of their sites and assets."""
    found: dict[str, list[Any]] = {each: [] for each in customer_ids}
    for question in _FILES if customer_ids else ():
        for row in session.execute(question, {"ids": customer_ids}):
            if row.words is not None:
                found[row.customer_id].append(row)
    return found


_TICKETS_OF = (
    select(Ticket.customer_id, Ticket.id, SearchEntry.words)
    .outerjoin(SearchEntry, _its_entry("t", Ticket.id))
    .where(among(Ticket.customer_id, "ids"))
    .limit(NEWEST)
)


def _tickets_of(session: Session, customer_ids: list[str]) -> Iterable[tuple[str, str, str]]:
    if not customer_ids:
        return []
    rows = session.execute(_TICKETS_OF, {"ids": customer_ids})
    return [(customer_id, its_id, words or "") for customer_id, its_id, words in rows]


# Lists that are searched.


def customers_of(session: Session, found: Found) -> list[str]:
    """The ids of customers who have the words themselves, or at a site or on an asset."""
    if found.customers is None:
        owners = _customers_of(session, {kind: found.ids.get(kind, []) for kind in "sa"})
        found.customers = rules.once([*found.of(Customer), *owners.values()])
    return found.customers


def customers_like(
    session: Session, person: Person, rows: Select[Customer], typed: str
) -> Select[Customer]:
    """Those of the customers who are found by these words."""
    found = look_up(session, person, typed)
    return rows.where(among_these(Customer.id, customers_of(session, found)))


def tickets_like(
    session: Session, person: Person, rows: Select[Ticket], typed: str
) -> Select[Ticket]:
    """Those of the tickets with such a number or such words, or of a customer who is found by them."""
    return tickets_of(session, person, rows, look_up(session, person, typed))


def tickets_of(
    session: Session, person: Person, rows: Select[Ticket], found: Found
) -> Select[Ticket]:
    """The same, where it has been looked up already."""
    ids = [*numbers_of("T", found.typed), *found.of(Ticket)]
    if found.is_cut:
        ids += _among_the_newest(session, person, found.typed)
    is_theirs = among_these(Ticket.customer_id, customers_of(session, found))
    return rows.where(or_(among_these(Ticket.id, ids), is_theirs))


_NUMBER = re.compile(r"(?:([A-Za-z])-?)?(\d{1,18})\Z")


def numbers_of(series: str, typed: str) -> list[str]:
    """`1001`, `t1001` and `T-1001` as the number of a ticket or job."""
    found = _NUMBER.match(rules.folded(typed).strip())
    if found is None or (found[1] or series).upper() != series:
        return []
    return [f"{series}-{found[2]}"]


def _among_the_newest(session: Session, person: Person, typed: str) -> list[str]:
    """Of the newest tickets those that have all the words: they may be of old customers."""
    newest = (
        tickets.visible_to(person)
        .with_only_columns(Ticket.id, Ticket.customer_id)
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(NEWEST)
    )
    rows = session.execute(newest).all()
    return _with_all(session, rows, typed)


def jobs_among_the_newest(session: Session, seen: Select[Job], typed: str) -> list[str]:
    """Of the newest of these jobs those whose ticket or customer has all the words: for people who see
    their own jobs and no tickets.
    """
    newest = seen.order_by(Job.issued_at.desc(), Job.id.desc()).limit(NEWEST).subquery()
    of_tickets = select(Ticket.id, Ticket.customer_id, newest.c.id)
    rows = session.execute(of_tickets.join(newest, newest.c.ticket_id == Ticket.id)).all()
    has = set(_with_all(session, rows, typed))
    return [job_id for ticket_id, _customer, job_id in rows if ticket_id in has]


def _with_all(session: Session, rows: Any, typed: str) -> list[str]:
    """Those of the tickets that have all the words themselves or by their customer; rows begin with the ids
    of both.
    """
    wanted = [f" {each}" for words in rules.readings(typed)[-1:] for each in words]
    if not wanted:
        return []
    files = _files(session, list({row.customer_id for row in rows}))
    own = dict(session.execute(_WORDS_OF_TICKETS, {"ids": [row[0] for row in rows]}).all())
    households = {key: "".join(each.words for each in file) for key, file in files.items()}
    told = [(row[0], own.get(row[0], "") + households[row.customer_id]) for row in rows]
    return [its_id for its_id, words in told if all(each in words for each in wanted)]


_WORDS_OF_TICKETS = select(SearchEntry.noun_id, SearchEntry.words).where(
    SearchEntry.kind == "t", among(SearchEntry.noun_id, "ids")
)
