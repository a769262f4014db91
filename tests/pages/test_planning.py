"""Planning on the office's pages: who goes, what speaks against it, and revisits."""

from collections.abc import Callable

from tests import people
from tests.make import make_part
from tests.pages.desks import Desk
from tests.pages.visits import judges
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]
Save = Callable[..., None]
TUESDAY = {"day": "2026-11-24", "from_": "07:00", "to": "09:00"}  # until when tickets are promised
TOO_LATE = {"day": "2026-11-24", "from_": "09:00", "to": "11:00"}


def test_bob_plans_a_job(bob: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    page = bob.opens(f"/office/tickets/{ticket['id']}/plan")
    assert "Alice" in page.text
    issued = bob.sends(
        f"/office/tickets/{ticket['id']}/plan", assignee_id=people.ALICE.id, **TUESDAY
    )
    told = bob.follows(issued)
    assert "tomorrow 07:00–09:00" in told.text
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


def test_a_time_past_the_promise_is_said_and_a_reason_goes_on(bob: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    where = f"/office/tickets/{ticket['id']}/plan"
    assert "Promised to be closed by tomorrow 09:00" in bob.opens(where).text
    page = bob.sends(where, assignee_id=people.ALICE.id, **TOO_LATE)
    assert page.status == 409
    past = "The ticket is promised to be closed by tomorrow 09:00: before this window is over"
    assert past in page.text
    late = {"assignee_id": people.ALICE.id, "reason": "The customer is away."}
    assert bob.sends(where, **late, **TOO_LATE).status == 303
    job = shop.bob.get("/api/v1/jobs").json["items"][0]
    where = f"/office/jobs/{job['id']}"
    page = bob.sends(f"{where}/reassign", assignee_id=people.LENA.id)
    assert page.status == 303, "the time is what it was"
    moved = {"from_": "10:00", "to": "12:00", "day": "2026-11-24"}
    assert past in bob.sends(f"{where}/move", assignee_id=people.LENA.id, **moved).text
    shop.clock.go_on(hours=25)
    page = bob.sends(f"{where}/move", assignee_id=people.LENA.id, **moved)
    assert page.status == 303, "nobody can keep what is broken already"


def test_a_revisit_past_the_promise_of_its_ticket_asks_for_a_reason(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="customer_absent")
    trip.comes_home()
    where = f"/office/revisits/{shop.revisit(shop.ticket(job))['id']}/plan"
    page = bob.sends(where, assignee_id=people.ALICE.id, **TOO_LATE)
    assert (page.status, "promised to be closed" in page.text) == (409, True)


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


def test_a_revisit_brings_what_is_still_needed_and_nothing_that_is_in_its_place(
    bob: Desk, wei: Desk, shop: Shop, save: Save
) -> None:
    save(make_part(), make_part(sku="SEAL-2", name="Seal"))
    plan = [{"sku": "HINGE-110", "quantity": 2}, {"sku": "SEAL-2", "quantity": 1}]
    done = shop.issues_a_job(planned_parts=plan, reason="They come along.")
    trip = shop.sends(people.ALICE, done)
    trip.arrives()
    trip.uses_part(sku="HINGE-110", quantity=2)
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    where = f"/office/revisits/{shop.revisit(shop.ticket(done))['id']}/plan"
    assert "Parts that come along: 1 × SEAL-2" in bob.opens(where).text
    fine = shop.issues_a_job(to=people.LENA)
    trip = shop.sends(people.LENA, fine)
    trip.arrives()
    trip.works()
    trip.uses_part(sku="HINGE-110")
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()
    wei.opens(f"/office/verification/{fine['id']}")
    judges(wei, fine, "rework", choice="leaks")
    where = f"/office/revisits/{shop.revisit(shop.ticket(fine))['id']}/plan"
    assert "Parts that come along" not in bob.opens(where).text


def test_only_whom_the_rule_names_decides_about_a_proposed_revisit(
    bob: Desk, wei: Desk, at_desk: AtDesk, shop: Shop
) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes(reservation="The door scrapes.")
    trip.comes_home()
    revisit = shop.revisit(shop.ticket(job))
    assert (revisit["state"], revisit["decides"]) == ("proposed", "advisor")
    story = bob.opens(f"/office/tickets/{job['ticket_id']}")
    assert "Advisor decides" in story.text
    for act in ("decide", "plan"):
        assert f"/office/revisits/{revisit['id']}/{act}" not in story.html, act
    page = bob.sends(f"/office/revisits/{revisit['id']}/decide", to="due")
    assert page.status == 403
    assert "this is for the advisor or a supervisor to decide" in page.text
    page = bob.sends(
        f"/office/revisits/{revisit['id']}/plan", assignee_id=people.ALICE.id, **TUESDAY
    )
    assert (page.status, "decided_by_others" in page.text) == (403, True)
    assert wei.sends(f"/office/revisits/{revisit['id']}/decide", to="due").status == 303
    page = bob.sends(
        f"/office/revisits/{revisit['id']}/plan", assignee_id=people.ALICE.id, **TUESDAY
    )
    assert page.status == 303
    other = shop.issues_a_job(to=people.LENA)
    trip = shop.sends(people.LENA, other)
    trip.completes(reservation="It scrapes, too.")
    trip.comes_home()
    where = f"/office/revisits/{shop.revisit(shop.ticket(other))['id']}/decide"
    assert at_desk(people.SUN).sends(where, to="due").status == 303, "a supervisor may"
