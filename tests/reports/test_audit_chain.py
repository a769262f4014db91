"""The chain of the audit: whatever is changed, removed or put in between, behind our back, is named."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from server import worker
from server.actions import audit_seals, erasures
from server.db import audit
from server.db.audit import AuditLine
from server.db.audit_seals import newest_line, newest_seal, open_lines
from server.db.customers import Customer
from server.db.people import Person
from server.db.types import written
from server.domain.audit_chain import Wrong, digest
from server.house import House
from tests.people import BOB, NOW, SUN
from tests.shop import Shop

Write = Callable[..., Any]


@pytest.fixture
def sealed(house: House, write: Write, monkeypatch: pytest.MonkeyPatch) -> int:
    """Twelve lines in four seals; returns the id of the first line."""
    monkeypatch.setattr(audit_seals, "A_SEAL", 3)
    write(lambda session: note(session, *range(12)))
    worker.seal_audit(house)
    assert house.database.read(open_lines) == 0
    return house.database.read(newest_line) - 11


def note(session: Any, *numbers: int) -> None:
    for number in numbers:
        audit.record(session, BOB.id, "job.issued", f"J-{number}", NOW, work="铰链", number=number)


def walked(house: House) -> audit_seals.Walk:
    walk = audit_seals.Walk()
    while house.database.read(lambda session: audit_seals.go_on(session, walk)):
        pass
    return walk


def sql(write: Write, statement: str, **values: Any) -> None:
    write(lambda session: session.execute(text(statement), values))


def test_it_holds_and_goes_on(house: House, write: Write, sealed: int) -> None:
    walk = walked(house)
    assert (walk.finding, walk.seals, walk.lines) == (None, 4, 12)
    write(lambda session: note(session, 13))
    assert house.database.read(open_lines) == 1
    worker.seal_audit(house)
    later = walked(house)
    assert (later.finding, later.seals, later.lines) == (None, 5, 13)
    assert (
        house.database.read(lambda s: audit_seals.against(s, later, walk.seals, walk.hash)) is None
    )


SWAP = (
    "UPDATE audit SET noun_id = CASE id WHEN :a THEN (SELECT noun_id FROM audit WHERE id = :b) "
    "ELSE (SELECT noun_id FROM audit WHERE id = :a) END WHERE id IN (:a, :b)"
)
TAMPERED = {
    "a word": ("UPDATE audit SET details = '{\"work\":\"x\"}' WHERE id = :a", Wrong.CHANGED, 4),
    "who": ("UPDATE audit SET person_id = NULL WHERE id = :a", Wrong.CHANGED, 4),
    "when": ("UPDATE audit SET at = '2026-11-23 01:00:01+00:00' WHERE id = :a", Wrong.CHANGED, 4),
    "a line is gone": ("DELETE FROM audit WHERE id = :a", Wrong.REMOVED, 4),
    "the last is gone": ("DELETE FROM audit WHERE id = :last", Wrong.REMOVED, 11),
    "two are swapped": (SWAP, Wrong.CHANGED, 4),
    "one takes another's id": ("UPDATE audit SET id = :free WHERE id = :a", Wrong.REMOVED, 4),
    "a seal is gone": ("DELETE FROM audit_seals WHERE number = 2", Wrong.SEAL_REMOVED, None),
    "a seal says otherwise": ("UPDATE audit_seals SET hash = :hash WHERE number = 2",
        Wrong.SEAL_CHANGED, None),
    "a seal ends elsewhere": ("UPDATE audit_seals SET last_line = last_line - 1 WHERE number = 2",
        Wrong.SEAL_CHANGED, None),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_done_to_it_is_named(house: House, write: Write, sealed: int, what: str) -> None:
    statement, wrong, place = TAMPERED[what]
    known = {"a": sealed + 4, "b": sealed + 7, "last": sealed + 11, "free": sealed + 5_000}
    values = {name: value for name, value in known.items() if f":{name}" in statement}
    sql(write, statement, **values, **({"hash": "f" * 64} if ":hash" in statement else {}))
    assert walked(house).finding == (wrong, 2 if place is None else sealed + place)


def test_a_line_put_in_between_is_named(house: House, write: Write, sealed: int) -> None:
    """A gap is left by what a database numbers and rolls back."""
    sql(write, "DELETE FROM audit_seals")
    sql(write, "DELETE FROM audit WHERE id = :gap", gap=sealed + 5)
    worker.seal_audit(house)
    assert walked(house).finding is None
    sql(
        write,
        "INSERT INTO audit (id, at, person_id, act, noun, noun_id, request_id, details) "
        "SELECT :gap, at, person_id, act, noun, noun_id, request_id, details "
        "FROM audit WHERE id = :like",
        gap=sealed + 5,
        like=sealed + 6,
    )
    assert walked(house).finding == (Wrong.INSERTED, sealed + 5)


def test_a_chain_that_became_shorter_shows_against_an_anchor(
    house: House, write: Write, sealed: int
) -> None:
    seal = house.database.read(newest_seal)
    assert seal is not None
    sql(write, "DELETE FROM audit_seals WHERE number = 4")
    sql(write, "DELETE FROM audit WHERE id > :kept", kept=sealed + 8)
    walk = walked(house)
    assert walk.finding is None, "it holds by itself"
    found = house.database.read(lambda s: audit_seals.against(s, walk, seal.number, seal.hash))
    assert found == (Wrong.SEAL_REMOVED, 4)
    write(lambda session: note(session, *range(100, 103)))
    worker.seal_audit(house)
    walk = walked(house)
    found = house.database.read(lambda s: audit_seals.against(s, walk, seal.number, seal.hash))
    assert found == (Wrong.OTHER_CHAIN, 4)


def test_the_worker_proves_it_and_remembers(house: House, write: Write, sealed: int) -> None:
    write(lambda session: audit_seals.ask_for_proof(session, None, NOW))
    worker.run_once(house)
    sql(write, "DELETE FROM audit_seals WHERE number = 4")
    sql(write, "DELETE FROM audit WHERE id > :kept", kept=sealed + 8)
    assert walked(house).finding == (Wrong.SEAL_REMOVED, 4), "it had been longer"


def test_no_line_is_overtaken(house: House, write: Write, database_kind: str) -> None:
    """A number is given before the commit: on PostgreSQL a later one may be seen first."""
    if database_kind != "postgresql":
        pytest.skip("SQLite has one writer")
    with house.database.engine.connect() as slow:
        before = slow.begin()
        slow.execute(text(
            "INSERT INTO audit (at, person_id, act, noun, noun_id, request_id, details) "
            "VALUES (now(), NULL, 'job.issued', 'job', 'J-slow', NULL, '{}')"
        ))  # fmt: skip
        write(lambda session: note(session, 1))
        until, writers = house.database.read(audit_seals.horizon)
        assert len(writers) == 1
        before.commit()
    assert not writers & house.database.read(lambda s: audit_seals.horizon(s)[1])
    worker.seal_audit(house)
    assert house.database.read(open_lines) == 0
    assert walked(house).lines == house.database.read(newest_seal).lines  # type: ignore[union-attr]
    assert until


def test_an_erased_person_leaves_the_chain_whole(house: House, write: Write, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    path, form = f"/api/v1/tickets/{ticket['id']}/cancel", {"reason": "Li Na moves to her sister"}
    answer = shop.wei.post(path, json=form, headers={"If-Match": f'"{ticket["rev"]}"'})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    worker.seal_audit(house)

    def erase(session: Any) -> None:
        customer = session.get_one(Customer, ticket["customer_id"])
        erasures.erase(session, session.get_one(Person, SUN.id), customer, "asked for it", NOW)

    write(erase)
    said = house.database.read(lambda session: list(session.scalars(select(AuditLine.details))))
    assert "sister" not in str(said)
    assert walked(house).finding is None, "the line that tells it is not sealed yet"
    worker.seal_audit(house)
    assert walked(house).finding is None
    emptied = next(n for n, each in enumerate(said, start=1) if "emptied" in each)
    sql(
        write,
        'UPDATE audit SET details = replace(details, \'"reason":"\', \'"reason":"not \') '
        "WHERE id = :line",
        line=emptied,
    )
    assert walked(house).finding == (Wrong.CHANGED, emptied), "what is left is proved, too"


def test_nobody_empties_a_line_in_silence(house: House, write: Write, sealed: int) -> None:
    """Only an erasure that the chain itself knows of takes words away."""

    def empty(session: Any) -> None:
        line = session.get_one(AuditLine, sealed + 4)
        line.details = {"emptied": digest(written(line.details))}

    write(empty)
    assert walked(house).finding == (Wrong.CHANGED, sealed + 4)
