"""The whole life of a ticket, told through the API only, as its reference tells it."""

import hashlib
from typing import Any

from tests.client import Client
from tests.people import ALICE, CAROL, LENA
from tests.shop import Shop, asked


def test_a_call_becomes_a_job_and_closes_on_proof(shop: Shop, alice: Client) -> None:
    ticket = shop.opens_a_ticket()
    assert ticket["state"] == "new"
    assert shop.waits(ticket) == ["job_missing"]

    form = {"ticket_id": ticket["id"], **shop.assignment()}
    tried = asked(shop.bob.post("/api/v1/jobs/check", json=form))
    assert tried == {"can_be_issued": True, "needs_reason": False, "warnings": []}
    job = asked(shop.bob.post("/api/v1/jobs", json=form), 201)
    assert (job["state"], job["received"], job["rev"]) == ("issued", "none", 1)
    assert shop.ticket(ticket)["state"] == "planned"

    trip = shop.sends(ALICE, job)
    trip.completes(stars=5)
    assert shop.job(job)["state"] == "issued", "nothing has been sent yet"

    assert set(trip.sends_events()) == {"applied"}
    there = shop.job(job)
    assert (there["state"], there["outcome"], there["received"]) == (
        "finished",
        "completed",
        "partial",
    )
    assert len(there["missing"]["blobs"]) == 3
    assert shop.ticket(ticket)["state"] == "verifying"
    assert shop.waits(ticket) == ["files_missing", "verdict"]

    trip.sends_files()
    assert shop.job(job)["received"] == "complete"
    assert shop.waits(ticket) == ["verdict"]

    assert shop.judges(job)["state"] == "verified"
    closed = shop.ticket(ticket)
    assert (closed["state"], closed["still_waits_for"]) == ("closed", [])
    assert closed["closed_by_hand"] is None

    receipts = asked(shop.wei.get("/api/v1/receipts", query_string={"ticket_id": ticket["id"]}))
    (signed,) = receipts["items"]
    assert signed["state"] == "signed"
    assert signed["digest"] == trip.digest(), "the tablet and the server built the same"
    bytes_of_it = shop.wei.get(f"/api/v1/receipts/{signed['id']}/canonical").get_data()
    assert hashlib.sha256(bytes_of_it).hexdigest() == signed["digest"]

    told = timeline(shop, ticket)
    assert [each["what"] for each in told][:3] == ["ticket.opened", "job.issued", "job.accepted"]
    assert told[-1]["what"] == "ticket.closed"
    arrived = next(each for each in told if each["what"] == "visit.arrived")
    assert arrived["at"] < arrived["known_at"], "captured without signal, known later"


def timeline(shop: Shop, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/api/v1/tickets/{ticket['id']}/timeline"
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 4}
    while True:
        page = asked(shop.wei.get(path, query_string=query))
        found += page["items"]
        if page["next"] is None:
            return found
        query["after"] = page["next"]


def test_a_missing_part_becomes_a_revisit_that_brings_it(shop: Shop, stock: Client) -> None:
    asked(stock.post("/api/v1/parts", json={"sku": "HINGE-110", "name": "Hinge"}), 201)
    job = shop.issues_a_job()
    ticket = shop.ticket(job)
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.works()
    trip.requests_part(quantity=2)
    trip.has_it_signed()
    trip.finishes("incomplete", cause="part_missing", words="Two hinges are missing")
    trip.comes_home()

    assert shop.waits(ticket) == ["job_incomplete", "revisit", "part"]
    revisit = shop.revisit(ticket)
    assert (revisit["state"], revisit["cause"]) == ("due", "part_missing")
    assert revisit["preferred_installer_id"] == ALICE.id

    query = {"ticket_id": ticket["id"]}
    (part,) = asked(stock.get("/api/v1/part-requests", query_string=query))["items"]
    path = f"/api/v1/part-requests/{part['id']}/arrive"
    asked(stock.post(path, json={}, headers={"If-Match": "*"}))
    assert shop.waits(ticket) == ["job_incomplete", "revisit"]

    second = shop.issues_the_revisit(revisit)
    assert (second["revisit_of"], second["cause"]) == (job["id"], "part_missing")
    assert [(each["sku"], each["quantity"]) for each in second["planned_parts"]] == [
        ("HINGE-110", 2)
    ]
    assert second["slots"] == job["slots"]
    assert second["sheet"]["history"][0]["job_id"] == job["id"]
    assert shop.revisit(ticket)["state"] == "planned"
    assert shop.waits(ticket) == ["job_running"]

    trip = shop.sends(ALICE, second)
    trip.completes()
    trip.comes_home()
    assert shop.waits(ticket) == ["verdict"]
    shop.judges(second)
    assert shop.ticket(ticket)["state"] == "closed"


def test_a_photo_is_asked_for_again_without_a_trip(shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.completes()
    trip.comes_home()
    query = {"job_id": job["id"]}
    photos = asked(shop.wei.get("/api/v1/photos", query_string=query))["items"]
    blurred = next(each for each in photos if each["slot"] == "after")
    form = {"verdict": "retake", "reason": "The door is cut off."}
    path = f"/api/v1/photos/{blurred['id']}/verdict"
    asked(shop.wei.post(path, json=form, headers={"If-Match": f'"{blurred["rev"]}"'}))
    assert shop.waits(job) == ["slot_missing", "photo_again", "verdict"]

    told = trip.wire.pulls_job(job["id"])
    assert told["retakes"] == [
        {"photo_id": blurred["id"], "slot": "after", "reason": "The door is cut off."}
    ]
    trip.takes_photo("after")
    trip.sends_events()
    assert shop.waits(job) == ["files_missing", "verdict"]
    trip.sends_files()
    trip.does("note.added", text="Thanks, all well now", audience="office")
    trip.sends_events()
    assert shop.waits(job) == ["verdict"], "neither the photo nor the note asks for a signature"
    shop.judges(job)
    assert shop.ticket(job)["state"] == "closed"


def test_bad_work_is_put_right_by_somebody_else(shop: Shop) -> None:
    job = shop.issues_a_job()
    ticket = shop.ticket(job)
    trip = shop.sends(ALICE, job)
    trip.completes()
    trip.comes_home()
    assert shop.judges(job, "rework", "The door scrapes.")["state"] == "rework"
    assert shop.waits(ticket) == ["job_rework", "revisit"]
    revisit = shop.revisit(ticket)
    assert (revisit["cause"], revisit["state"]) == ("workmanship", "due")
    assert revisit["preferred_installer_id"] is None

    second = shop.issues_the_revisit(revisit, LENA)
    trip = shop.sends(LENA, second)
    trip.completes()
    trip.comes_home()
    shop.judges(second)
    assert shop.ticket(ticket)["state"] == "closed"


def test_a_reservation_proposes_a_revisit_that_may_be_dismissed(shop: Shop) -> None:
    job = shop.issues_a_job()
    ticket = shop.ticket(job)
    trip = shop.sends(ALICE, job)
    trip.completes(reservation="A scratch on the left door")
    trip.comes_home()
    shop.judges(job)
    assert shop.waits(ticket) == ["revisit"]
    revisit = shop.revisit(ticket)
    assert (revisit["state"], revisit["cause"]) == ("proposed", "reservation")
    assert revisit["words"] == "A scratch on the left door"

    path = f"/api/v1/revisits/{revisit['id']}/decide"
    headers = {"If-Match": f'"{revisit["rev"]}"'}
    refused = shop.wei.post(path, json={"to": "dismissed"}, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (422, "reason_missing")
    dismissed = shop.decides_revisit(revisit, "dismissed", "Repainted by the shop on the spot")
    assert dismissed["state"] == "dismissed"
    assert shop.ticket(ticket)["state"] == "closed"


def test_a_job_was_cancelled_while_it_was_worked_on(shop: Shop) -> None:
    job = shop.issues_a_job()
    ticket = shop.ticket(job)
    trip = shop.sends(ALICE, job)
    trip.completes()
    path = f"/api/v1/jobs/{job['id']}/cancel"
    asked(shop.bob.post(path, json={"reason": "The customer called it off"}))
    assert set(trip.sends_events()) == {"recorded"}
    trip.sends_files()
    assert shop.job(job)["state"] == "cancelled"
    assert shop.waits(ticket) == ["job_missing", "exception"]

    exception = shop.exception(job)
    assert exception["kind"] == "work_on_cancelled"
    assert exception["decisions"] == ["keep", "apply"]
    shown = asked(shop.bob.get(f"/api/v1/exceptions/{exception['id']}"))
    assert shown["event"]["status"] == "recorded"
    assert shown["event"]["raw"] == trip.lane.events[0]

    assert shop.decides_exception(exception, "apply")["state"] == "decided"
    there = shop.job(job)
    assert (there["state"], there["received"]) == ("finished", "complete")
    shop.judges(job)
    assert shop.ticket(ticket)["state"] == "closed"


def test_a_job_was_given_away_while_it_was_worked_on(shop: Shop) -> None:
    job = shop.issues_a_job()
    ticket = shop.ticket(job)
    alice = shop.sends(ALICE, job)
    alice.arrives()
    alice.takes_photo("before")
    path = f"/api/v1/jobs/{job['id']}/reassign"
    given = asked(shop.bob.post(path, json={"assignee_id": CAROL.id, "reason": "Alice is ill"}))
    assert (given["assignee_id"], given["state"]) == (CAROL.id, "issued")
    assert set(alice.sends_events()) == {"recorded"}
    exception = shop.exception(job)
    assert exception["kind"] == "work_on_reassigned"
    assert exception["person_id"] == ALICE.id

    carol = shop.sends(CAROL, job)
    carol.completes()
    carol.comes_home()
    shop.judges(job)
    assert shop.waits(ticket) == ["exception"]
    shop.decides_exception(exception, "keep")
    assert shop.ticket(ticket)["state"] == "closed"


def test_a_change_after_the_signature_asks_for_another_one(shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.works()
    trip.has_it_signed()
    trip.uses_part()
    trip.finishes()
    trip.comes_home()
    assert shop.waits(job) == ["receipt_changed", "verdict"]
    query = {"job_id": job["id"]}
    first, second = asked(shop.wei.get("/api/v1/receipts", query_string=query))["items"]
    assert (first["version"], first["state"]) == (1, "signed")
    assert (second["version"], second["state"]) == (2, "changed")
    shown = asked(shop.wei.get(f"/api/v1/receipts/{second['id']}"))
    assert [each["id"] for each in shown["versions"]] == [first["id"], second["id"]]
    assert len(shown["content"]["parts"]) == 1

    trip.has_it_signed()
    trip.comes_home()
    assert shop.waits(job) == ["verdict"]
    shop.judges(job)
    assert shop.ticket(job)["state"] == "closed"


def test_two_stars_ask_for_a_call_first(shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.completes(stars=2, words="He left dust everywhere")
    trip.comes_home()
    shop.judges(job)
    assert shop.waits(job) == ["revisit"]
    ticket = shop.ticket(job)
    revisit = shop.revisit(ticket)
    assert (revisit["state"], revisit["cause"]) == ("call_first", "dissatisfied")
    assert (revisit["decides"], revisit["words"]) == ("advisor", "He left dust everywhere")
    shop.decides_revisit(revisit, "dismissed", "Apologised; she is content")
    assert shop.ticket(ticket)["state"] == "closed"


def test_a_ticket_is_closed_by_hand_and_opens_again(shop: Shop) -> None:
    job = shop.issues_a_job()
    ticket = shop.ticket(job)
    trip = shop.sends(ALICE, job)
    trip.completes()
    trip.sends_events()
    path = f"/api/v1/tickets/{ticket['id']}"
    refused = shop.wei.post(f"{path}/close", json={})
    assert (refused.status_code, refused.json["code"]) == (409, "ticket_still_waits")
    assert [each["code"] for each in refused.json["details"]["still_waits_for"]] == [
        "files_missing",
        "verdict",
    ]
    reason = "The tablet fell into the canal"
    closed = asked(shop.wei.post(f"{path}/close", json={"reason": reason}))
    assert (closed["state"], closed["closed_by_hand"]) == ("closed", reason)

    form = {"trigger": "follow_up_not_fixed", "words": "It rattles again"}
    again = asked(shop.wei.post(f"{path}/reopen", json=form))
    assert (again["state"], again["closed_by_hand"]) == ("verifying", None)
    revisit = shop.revisit(ticket)
    assert (revisit["state"], revisit["cause"]) == ("due", "not_fixed")
    second = shop.issues_the_revisit(revisit)
    trip.sends_files()
    trip = shop.sends(ALICE, second)
    trip.completes()
    trip.comes_home()
    shop.judges(second)
    shop.judges(job)
    assert shop.ticket(ticket)["state"] == "closed"
