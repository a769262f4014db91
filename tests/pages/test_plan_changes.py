"""The plan of a job is changed in place: by two at once, against what speaks against it, by a wrong hand."""

from tests import people
from tests.pages.desks import Desk
from tests.shop import Json, Shop


def planned(shop: Shop) -> tuple[Json, str]:
    job = shop.issues_a_job(work="Look at the hood", notes="Ring twice.")
    return job, f"/office/jobs/{job['id']}/edit"


def test_two_change_the_plan_and_neither_loses_a_word(bob: Desk, shop: Shop) -> None:
    job, where = planned(shop)
    page = bob.opens(where)
    names = ("day", "from", "to", "work", "notes")
    was = {f"was_{name}": page.value(f"was_{name}") for name in names}
    there = {name: page.value(name) for name in names}
    assert (there["day"], there["from"], there["to"]) == ("2026-11-23", "10:00", "12:00")
    assert bob.sends(where, **was, **{**there, "from": "13:00", "to": "15:00"}).status == 303
    told = bob.sends(where, **was, **{**there, "notes": "Ring once."})
    assert told.status == 303
    now = shop.job(job)
    assert (now["window_start"], now["notes"]) == ("2026-11-23T05:00:00.000Z", "Ring once.")
    told = bob.sends(where, **was, **{**there, "from": "14:00", "notes": "Knock."})
    assert told.status == 409
    assert "Bob wrote today" in told.text
    assert told.value("notes") == "Knock."
    assert shop.job(job)["notes"] == "Ring once."
    trip = shop.sends(people.ALICE, job)
    assert trip.sheet["notes"] == "Ring once."


def test_what_speaks_against_a_window_asks_for_a_reason(bob: Desk, shop: Shop) -> None:
    _, where = planned(shop)
    other = shop.issues_a_job(shop.opens_a_ticket(), reason="agreed")
    where = f"/office/jobs/{other['id']}/edit"
    page = bob.sends(where, to="12:30", was_to="12:00", notes="Hurry.")
    assert page.status == 409
    assert "job_has_warnings" in page.text
    assert page.value("notes") == "Hurry."
    assert bob.sends(where, to="12:30", was_to="12:00", reason="agreed again").status == 303


def test_a_window_that_cannot_be_is_told(bob: Desk, shop: Shop) -> None:
    _, where = planned(shop)
    page = bob.sends(where, to="09:00", was_to="12:00", work="More", was_work="Look at the hood")
    assert page.status == 422
    assert "ends before it begins" in page.text
    assert page.value("to") == "09:00"


def test_a_job_that_is_over_stays_as_it_was(bob: Desk, shop: Shop) -> None:
    job, where = planned(shop)
    bob.sends(f"/office/jobs/{job['id']}/cancel", reason="Not needed.")
    assert bob.sends(where, notes="x", was_notes="Ring twice.").status == 409
