"""The databases that tests get: their own, empty, and able to hold any language."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import Any

import psycopg
import pysqlite3

SQLITE = "sqlite:///"


def connect(url: str) -> AbstractContextManager[Any]:
    if url.startswith(SQLITE):
        return closing(pysqlite3.connect(url.removeprefix(SQLITE), isolation_level=None))
    return closing(psycopg.connect(url, autocommit=True))


def test_it_works(empty_database_url: str) -> None:
    with connect(empty_database_url) as database:
        database.execute("CREATE TABLE words (word TEXT)")
        database.execute("INSERT INTO words VALUES ('工单'), ('Küche')")
        assert database.execute("SELECT word FROM words").fetchall() == [("工单",), ("Küche",)]
        assert database.execute("SELECT lower('KÜCHE')").fetchone()[0].startswith("k")


def test_each_database_stands_alone(new_database: Callable[..., str]) -> None:
    first, second = new_database(), new_database()
    for url in (first, second):
        with connect(url) as database:
            database.execute("CREATE TABLE only_here (id INTEGER)")
            assert database.execute("SELECT count(*) FROM only_here").fetchone() == (0,)
            database.execute("INSERT INTO only_here VALUES (1)")


def test_a_copy_holds_what_its_template_holds(new_database: Callable[..., str]) -> None:
    template = new_database()
    with connect(template) as database:
        database.execute("CREATE TABLE kept (id INTEGER)")
        database.execute("INSERT INTO kept VALUES (7)")
    source = template.removeprefix(SQLITE) if template.startswith(SQLITE) else name_of(template)
    with connect(new_database(source)) as database:
        assert database.execute("SELECT id FROM kept").fetchall() == [(7,)]


def name_of(url: str) -> str:
    return url.split("@/")[1].split("?")[0]
