"""Planning on the office's pages: who goes, what speaks against it, and revisits."""

from collections.abc import Callable

from tests import people
from tests.pages.desks import Desk
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]
TUESDAY = {"day": "2026-11-24", "from_": "09:00", "to": "11:00"}


def test_bob_plans_a_job(bob: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    page = bob.opens(f"/office/tickets/{ticket['id']}/plan")
    assert "Alice" in page.text
    issued = bob.sends(
        f"/office/tickets/{ticket['id']}/plan", assignee_id=people.ALICE.id, **TUESDAY
    )
    told = bob.follows(issued)
    assert "tomorrow 09:00–11:00" in told.text
    assert shop.ticket(ticket)["state"] == "planned"


def test_an_overlap_is_said_and_a_reason_goes_on(bob: Desk, shop: Shop) -> None:
    first, second = shop.opens_a_ticket(), shop.opens_a_ticket()
    bob.sends(f"/office/tickets/{first['id']}/plan", assignee_id=people.ALICE.id, **TUESDAY)
    where = f"/office/tickets/{second['id']}/plan"
    page = bob.sends(where, assignee_id=people.ALICE.id, notes="Ring twice.", **TUESDAY)
    assert page.status == 409
    assert "overlaps with job" in page.text
    assert page.value("notes") == "Ring twice."
    page = bob.sends(
        where, assignee_id=people.ALICE.id, reason="Both live in one house.", **TUESDAY
    )
    assert page.status == 303


def test_a_window_that_ends_before_it_begins_comes_back(bob: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    page = bob.sends(
        f"/office/tickets/{ticket['id']}/plan",
        assignee_id=people.ALICE.id,
        day="2026-11-24",
        from_="11:00",
        to="09:00",
    )
    assert page.status == 422
    assert "ends before it begins" in page.text
    assert page.value("from") == "11:00"


def test_a_revisit_is_planned_and_carries_its_cause(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="part_missing", words="No seal in the van.")
    trip.comes_home()
    revisit = shop.revisit(shop.ticket(job))
    assert "No seal in the van." in bob.opens("/office/revisits").text
    page = bob.opens(f"/office/revisits/{revisit['id']}/plan")
    assert "Part missing" in page.text
    issued = bob.sends(
        f"/office/revisits/{revisit['id']}/plan", assignee_id=people.ALICE.id, **TUESDAY
    )
    assert f"revisit of {job['id']}: Part missing" in bob.follows(issued).text


def test_nobody_goes_needs_a_reason(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="customer_absent")
    trip.comes_home()
    revisit = shop.revisit(shop.ticket(job))
    where = f"/office/revisits/{revisit['id']}/decide"
    assert bob.sends(where, to="dismissed").status == 422
    assert bob.sends(where, to="dismissed", reason="The customer will call.").status == 303
    assert shop.revisit(shop.ticket(job))["state"] == "dismissed"


def test_a_job_is_handed_to_lena_and_called_off(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    assert "Lena" in bob.opens(f"/office/jobs/{job['id']}/hand-over").text
    page = bob.sends(f"/office/jobs/{job['id']}/reassign", assignee_id=people.LENA.id)
    assert page.status == 303
    assert shop.job(job)["assignee_id"] == people.LENA.id
    bob.sends(f"/office/jobs/{job['id']}/cancel", reason="The customer is ill.")
    assert shop.job(job)["state"] == "cancelled"


def test_who_is_not_ready_to_leave_is_said_on_the_ticket(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    short = {"what": "parts", "light": "red", "short": [{"sku": "HINGE-110", "missing": 2}]}
    look = {"job_id": job["id"], "checked_at": "2026-11-23T08:59:00+08:00", "checks": [short]}
    outbox = {"events": 0, "oldest": None, "blobs": 0, "bytes": 0}
    told = {"outbox": outbox, "readiness": [look]}
    assert trip.wire.client.post("/sync/v1/hello", json=told).status_code == 200
    where = f"/office/tickets/{job['ticket_id']}"
    assert "not ready to leave parts not in the van" in bob.opens(where).text
    trip.arrives()
    trip.sends_events()
    assert "left unready" in bob.opens(where).text


def test_the_day_shows_who_is_out(bob: Desk, at_desk: AtDesk, shop: Shop) -> None:
    alices = shop.issues_a_job()
    carols = shop.issues_a_job(to=people.CAROL)
    page = bob.opens("/office/jobs")
    assert alices["id"] in page.text
    assert carols["id"] in page.text
    meis = at_desk(people.MEI).opens("/office/jobs")
    assert carols["id"] in meis.text
    assert alices["id"] not in meis.text


def test_a_day_stands_on_paper_by_installer(bob: Desk, at_desk: AtDesk, shop: Shop) -> None:
    alices = shop.issues_a_job(notes="Ring twice.")
    carols = shop.issues_a_job(to=people.CAROL)
    called_off = shop.issues_a_job(reason="agreed")
    bob.sends(f"/office/jobs/{called_off['id']}/cancel", reason="Not needed.")
    page = bob.opens("/office/route-sheets?day=2026-11-23")
    for words in ("Alice", "Carol", "10:00–12:00", "138 0013 8000", "12 Jade Lane", "Ring twice."):
        assert words in page.text, words
    assert called_off["id"] not in page.text
    only = bob.opens(f"/office/route-sheets?day=2026-11-23&who={people.CAROL.id}")
    assert (carols["id"] in only.text, alices["id"] in only.text) == (True, False)
    assert "Alice" not in at_desk(people.MEI).opens("/office/route-sheets?day=2026-11-23").text
