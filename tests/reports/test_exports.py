"""The whole shop as a SQLite file: of one moment, with everything that hangs together, and nobody's secrets."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from flask import Flask

from server.db.tickets import Ticket
from server.house import House
from server.reports import exports
from server.worker import run_once
from tests import people
from tests.client import Client
from tests.pages.desks import BROWSER, Desk
from tests.shop import Shop


@pytest.fixture
def lively(shop: Shop, count: Callable[[], None]) -> Shop:
    """A visit that closed its ticket, one whose part was missing, and a part that was used."""
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.uses_part()
    trip.works()
    trip.has_it_signed(stars=5)
    trip.finishes()
    trip.comes_home()
    shop.judges(job)
    shop.clock.now += timedelta(minutes=10)
    trip = shop.sends(people.ALICE, shop.issues_a_job())
    trip.arrives()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    count()
    return shop


def made(house: House, folder: Path, branch_id: str | None = None) -> sqlite_utils.Database:
    file = folder / "shop.sqlite"
    house.database.read(
        lambda session: exports.make(session, branch_id, file, lambda *how_far: None)
    )
    return sqlite_utils.Database(file)


def test_it_holds_together(lively: Shop, house: House, tmp_path: Path) -> None:
    shop = made(house, tmp_path)
    assert [shop[name].count for name in ("tickets", "jobs", "visits", "photos")] == [2, 2, 2, 2]
    assert shop["revisits"].count == shop["movements"].count == 1
    broken = list(shop.execute("PRAGMA foreign_key_check"))
    assert broken == []
    week = {row["figure"]: row for row in shop["figures_per_week"].rows}
    assert (week["first_time_fix"]["week"], week["first_time_fix"]["value"]) == ("2026-W48", 1.0)
    assert week["stars"]["hits"] == 5
    found = [row["id"] for row in shop.table("tickets").search("hood rattles")]
    assert sorted(found) == ["T-1001", "T-1002"]


def test_it_keeps_no_secret_and_no_customer(lively: Shop, house: House, tmp_path: Path) -> None:
    made(house, tmp_path)
    told = (tmp_path / "shop.sqlite").read_bytes()
    assert b"The hood rattles" in told
    for secret in (b"Li Na", b"0013 8000", b"Jade Lane", b"argon2", b"SN-1"):
        assert secret not in told, secret


def test_of_one_branch_nothing_of_another_is_in_it(
    lively: Shop, house: House, tmp_path: Path
) -> None:
    shop = made(house, tmp_path, people.SOUTH)
    for name in ("tickets", "jobs", "visits", "photos", "revisits", "movements", "facts"):
        assert shop[name].count == 0, name


def test_it_is_of_one_moment(
    lively: Shop, house: House, write: Callable[..., Any], tmp_path: Path
) -> None:
    def in_between(table: str, _tables: int, _rows: int) -> None:
        if table == "jobs":
            write(lambda session: session.get_one(Ticket, "T-1001").__setattr__("fault", "late"))
        if table == "photos":
            lively.issues_a_job()

    file = tmp_path / "shop.sqlite"
    house.database.read(lambda session: exports.make(session, None, file, in_between))
    shop = sqlite_utils.Database(file)
    assert (shop["tickets"].count, shop["jobs"].count) == (2, 2)
    assert list(shop.execute("PRAGMA foreign_key_check")) == []


def test_it_is_asked_for_made_fetched_and_forgotten(lively: Shop, house: House, app: Flask) -> None:
    sun = Desk(Client(app, app.response_class, use_cookies=True))
    sun.signs_in(people.SUN)
    page = sun.opens("/office/exports")
    form = {"form_key": page.value("form_key")}
    assert "waits for the worker" in sun.follows(sun.sends("/office/exports", **form)).text
    sun.sends("/office/exports", **form)
    run_once(house)
    page = sun.opens("/office/exports")
    assert page.text.count("Download") == 1, "a form that is sent twice asks once"
    [path] = {each for each in page.actions() if each.endswith("/file")}
    token = {"csrf_token": page.value("csrf_token")}
    file = sun.client.post(path, data=token, headers=BROWSER)
    assert file.data.startswith(b"SQLite format 3\x00")
    file.close()
    assert "attachment" in file.headers["Content-Disposition"]
    fetched = lively.sun.get("/api/v1/audit", query_string={"act": "export.fetched"}).json
    assert len(fetched["items"]) == 1
    later = timedelta(days=8)
    lively.clock.now += later
    run_once(house)
    assert list((house.media.root / "exports").iterdir()) == []
