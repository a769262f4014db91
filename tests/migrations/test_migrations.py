"""Migrations: from nothing to now, from the first release to now, and no difference left."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Inspector, MetaData, Table, inspect, select, text
from sqlalchemy.orm import Session

from server.db import house, migrate, models
from server.db.customers import Customer
from server.db.engine import Database
from server.db.figures import Total
from server.db.jobs import Job, Visit
from server.db.people import Organisation, Person
from server.db.tables import CONVENTION
from server.db.tickets import Ticket
from server.db.words import SearchEntry
from tests import make, people

FIRST_RELEASE = "first_tables"
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """An empty one that was brought up to date."""
    migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as up_to_date:
        yield up_to_date


def test_it_works(database: Database) -> None:
    names = set(inspect(database.reading).get_table_names())
    assert names == {"alembic_version", *models.Table.metadata.tables}
    assert migrate.is_current(database)


def test_an_empty_database_is_not_up_to_date(empty_database_url: str) -> None:
    with opened(empty_database_url) as database:
        assert not migrate.is_current(database)


def test_a_database_of_a_later_release_is_not_ours(database: Database) -> None:
    later = text("update alembic_version set version_num = 'of_next_year'")
    database.write(lambda session: session.execute(later))
    assert not migrate.is_current(database)


def test_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    options = {"compare_type": True, "compare_server_default": True}
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, models.Table.metadata) == []


def test_it_is_safe_to_repeat(database: Database, empty_database_url: str) -> None:
    """The epoch is written once: another one would make every tablet send everything again."""
    epoch = database.read(house.epoch)
    assert len(epoch) == 36
    migrate.upgrade(empty_database_url)
    assert database.read(house.epoch) == epoch


def test_every_database_has_an_epoch_of_its_own(new_database: Callable[..., str]) -> None:
    epochs = set()
    for _ in range(2):
        url = new_database()
        migrate.upgrade(url)
        with opened(url) as database:
            epochs.add(database.read(house.epoch))
    assert len(epochs) == 2


# Names. A migration can only change what has a name that is the same everywhere.


def test_every_constraint_is_named_by_the_convention(database: Database) -> None:
    found = inspect(database.reading)
    strange = [
        f"{table}: {name}"
        for table in models.Table.metadata.tables
        for kind, name in constraints(found, table)
        if not name or not name.startswith(CONVENTION[kind].split("%")[0] + table)
    ]
    assert strange == []


def constraints(found: Inspector, table: str) -> Iterator[tuple[str, str | None]]:
    yield "pk", found.get_pk_constraint(table)["name"]
    yield from (("fk", each["name"]) for each in found.get_foreign_keys(table))
    yield from (("uq", each["name"]) for each in found.get_unique_constraints(table))
    yield from (("ck", each["name"]) for each in found.get_check_constraints(table))
    for index in found.get_indexes(table):
        yield "uq" if index["unique"] else "ix", index["name"]


def test_no_name_is_longer_than_postgresql_takes() -> None:
    tables = models.Table.metadata.tables.values()
    things: list[Any] = [each for table in tables for each in (*table.constraints, *table.indexes)]
    assert [each.name for each in things if len(str(each.name)) > 63] == []


# From the first release.


def insert(engine: Engine, rows: list[tuple[str, dict[str, Any]]]) -> None:
    """Writes rows as a release with just the tables that are there would have written them."""
    known = MetaData()
    known.reflect(engine)
    with engine.begin() as connection:
        for name, values in rows:
            table = known.tables[name]
            connection.execute(table.insert().values({**required(table), **written(table, values)}))


def required(table: Table) -> dict[str, Any]:
    """Something for every column that wants a value."""
    fill: dict[type, Any] = {
        str: "{}",
        int: 0,
        bool: False,
        float: 0.0,
        datetime: people.NOW,
        date: people.NOW.date(),
    }
    return {
        column.name: fill[column.type.python_type]
        for column in table.columns
        if not column.nullable and not column.primary_key
    }


def written(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in table.columns}


def of_the_first_release() -> list[tuple[str, dict[str, Any]]]:
    customer = make.make_customer(id="customer", name="李娜")
    site = make.make_site(customer, id="site")
    return [
        ("organisations", {"id": people.NORTH, "kind": "branch", "name": "Branch North"}),
        (
            "people",
            {
                "id": people.ALICE.id,
                "username": "alice",
                "name": "Alice",
                "role": "installer",
                "organisation_id": people.NORTH,
                "skills": '["hood"]',
                "language": "zh",
            },
        ),
        ("customers", vars_of(customer)),
        ("sites", vars_of(site)),
        (
            "tickets",
            {
                "id": "T-1",
                "branch_id": people.NORTH,
                "customer_id": "customer",
                "site_id": "site",
                "kind": "repair",
                "summary": "The door does not close",
                "opened_by": people.ALICE.id,
            },
        ),
        (
            "jobs",
            {
                "id": "J-1",
                "ticket_id": "T-1",
                "branch_id": people.NORTH,
                "site_id": "site",
                "work": "Set the door right",
                "time_zone": "Asia/Shanghai",
                "assignee_id": people.ALICE.id,
                "issued_by": people.ALICE.id,
                "visit_id": "visit",
                "slots": "[]",
                "checklist": "{}",
                "state": "finished",
            },
        ),
        (
            "visits",
            {
                "id": "visit",
                "job_id": "J-1",
                "person_id": people.ALICE.id,
                "content": '{"state":"finished","notes":[{"text":"修好了"}]}',
            },
        ),
    ]


def vars_of(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def test_a_database_of_the_first_release_keeps_its_rows(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, FIRST_RELEASE)
    with opened(empty_database_url) as first:
        insert(first.engine, of_the_first_release())
        epoch = first.read(house.epoch)
    migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as now:
        assert migrate.is_current(now)
        assert now.read(house.epoch) == epoch
        alice = now.read(lambda session: session.get_one(Person, people.ALICE.id))
        assert (alice.username, alice.language, alice.skills) == ("alice", "zh", ["hood"])
        customer = now.read(lambda session: session.get_one(Customer, "customer"))
        assert (customer.name, customer.created_at) == ("李娜", people.NOW)
        job = now.read(lambda session: session.get_one(Job, "J-1"))
        assert (job.ticket_id, job.state) == ("T-1", "finished")
        assert now.read(lambda session: session.get_one(Ticket, "T-1")).kind == "repair"
        visit = now.read(lambda session: session.get_one(Visit, "visit"))
        assert visit.content["notes"] == [{"text": "修好了"}]


def _entries(session: Session) -> list[tuple[str, str]]:
    return list(session.execute(select(SearchEntry.kind, SearchEntry.words)).all())


def test_things_of_the_first_release_are_found_by_their_words(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, FIRST_RELEASE)
    with opened(empty_database_url) as first:
        insert(first.engine, of_the_first_release())
    migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as now:
        found = now.read(_entries)
        known = {kind: words.split() for kind, words in found}
        assert "李娜" in known["c"]
        assert "chengdu" in known["s"]
        assert "door" in known["t"]
        assert "alice" in known["w"]


def _sums(level: str, day: str, counted: int) -> tuple[str, dict[str, Any]]:
    """Of the first installer, in one figure."""
    of = {"kind": "installer", "figure": "stars", "branch_id": people.NORTH, "of": people.ALICE.id}
    placed = {"level": level, "day": date.fromisoformat(day)}
    return "figure_totals", {**of, **placed, "counted": counted, "hits": 1}


def test_quarters_are_added_up_from_the_months_that_were_counted(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, "photos_of_jobs")
    months = {"2025-12-01": 1, "2026-01-01": 2, "2026-03-01": 4, "2026-12-01": 8}
    before = [_sums("month", day, counted) for day, counted in months.items()]
    with opened(empty_database_url) as old:
        insert(old.engine, [*before, _sums("day", "2026-03-31", 4)])
    migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as now:
        rows = now.read(
            lambda session: session.execute(
                select(Total.level, Total.day, Total.counted, Total.hits)
            ).all()
        )
    found = {(level, str(day)): (counted, hits) for level, day, counted, hits in rows}
    assert len(rows) == len(before) + 1 + 3
    assert found["day", "2026-03-31"] == (4, 1)
    assert found["month", "2025-12-01"] == (1, 1)
    assert found["quarter", "2025-10-01"] == (1, 1)
    assert found["quarter", "2026-01-01"] == (6, 2)
    assert found["quarter", "2026-10-01"] == (8, 1)


# A migration to come.

LATER = '''
"""A table that others refer to is changed."""

import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "{before}"


def upgrade() -> None:
    with op.batch_alter_table("organisations", recreate="{recreate}") as table:
        table.add_column(sa.Column("motto", sa.Text(), nullable=False, server_default="steady"))
    {more}
'''


@pytest.fixture
def later(tmp_path: Path, database_kind: str) -> Callable[..., Path]:
    """A folder of migrations with one more than we have."""

    def write(more: str = "pass") -> Path:
        folder = tmp_path / "migrations"
        shutil.copytree(migrate.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        recreate = "always" if database_kind == "sqlite" else "never"
        script = LATER.format(before=newest(), recreate=recreate, more=more)
        (folder / "versions" / "later.py").write_text(script, encoding="utf-8")
        return folder

    return write


def newest() -> str:
    from alembic.script import ScriptDirectory

    (head,) = ScriptDirectory(str(migrate.MIGRATIONS)).get_heads()
    return head


def test_a_table_that_others_refer_to_can_be_changed(
    fresh_database_url: str, later: Callable[..., Path]
) -> None:
    with opened(fresh_database_url) as database:
        database.write(people.move_in)
    migrate.upgrade(fresh_database_url, folder=later())
    with opened(fresh_database_url) as database:
        mottos = database.read(
            lambda session: session.execute(text("select motto from organisations")).scalars().all()
        )
        assert set(mottos) == {"steady"}
        alice = database.read(lambda session: session.get_one(Person, people.ALICE.id))
        assert alice.organisation_id == people.NORTH


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    fresh_database_url: str, later: Callable[..., Path]
) -> None:
    with opened(fresh_database_url) as database:
        database.write(people.move_in)
        with pytest.raises(ZeroDivisionError):
            migrate.upgrade(fresh_database_url, folder=later("1 / 0"))
        assert migrate.is_current(database)
        columns = {each["name"] for each in inspect(database.reading).get_columns("organisations")}
        assert "motto" not in columns
        assert database.read(lambda session: session.query(Organisation).count()) == 3


def test_a_migration_that_leaves_rows_without_what_they_refer_to_is_refused(
    fresh_database_url: str, later: Callable[..., Path]
) -> None:
    with opened(fresh_database_url) as database:
        database.write(people.move_in)
        folder = later("op.execute(\"delete from organisations where kind = 'branch'\")")
        with pytest.raises(Exception, match=r"refer to nothing|violates|still referenced"):
            migrate.upgrade(fresh_database_url, folder=folder)
        assert database.read(lambda session: session.query(Organisation).count()) == 3


# The command.


def command(url: str, **more: str) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DOORSTEP_SECRET": "only for tests, and for nothing else",
        **more,
    }
    return subprocess.Popen(
        [sys.executable, "-c", "import server.cli as c; raise SystemExit(c.main(['migrate']))"],
        env=env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_brings_a_database_up_to_date_also_when_two_come_at_once(
    empty_database_url: str,
) -> None:
    both = [command(empty_database_url) for _ in range(2)]
    told = [(*each.communicate(timeout=60), each.returncode) for each in both]
    assert told == [("The database is up to date.\n", "", 0)] * 2
    with opened(empty_database_url) as database:
        assert migrate.is_current(database)


def test_the_command_makes_the_folder_of_a_sqlite_file(tmp_path: Path) -> None:
    running = command(f"sqlite:///{tmp_path}/not/there/yet/doorstep.db")
    assert running.communicate(timeout=60)[0] == "The database is up to date.\n"


def test_the_command_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    running = command(f"sqlite:///{tmp_path}/file/doorstep.db")
    out, err = running.communicate(timeout=60)
    assert (out, running.returncode) == ("", 2)
    assert err.startswith("doorstep: The database cannot be brought up to date:")
    assert err.count("\n") == 1
