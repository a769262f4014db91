"""The bench: a visit is looked at, accepted, sent back, or asked for a better picture; and judged by two."""

import re

import pytest
from flask import Flask

from server.domain.reasons import RETAKE, REWORK
from server.office import reasons
from server.worker import run_once
from tests import people, pictures
from tests.office import SLOTS
from tests.pages.desks import Desk, Page
from tests.pages.visits import judges, photo_of, seen, undoes, visited
from tests.shop import Shop


def test_accepting_closes_the_ticket_and_goes_on_to_the_next(wei: Desk, shop: Shop) -> None:
    first, second = visited(shop), visited(shop)
    queue = wei.opens("/office/verification")
    assert queue.text.index(first["id"]) < queue.text.index(second["id"])
    page = judges(wei, first, "accept")
    assert page.goes_to == f"/office/verification/{second['id']}"
    assert f"{first['id']} accepted" in wei.follows(page).text
    assert shop.ticket(first)["state"] == "closed"
    page = judges(wei, second, "accept")
    assert "No finished visit waits" in wei.follows(page).text


def test_the_bench_shows_what_was_done(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    page = wei.opens(f"/office/verification/{job['id']}")
    for said in ("Before", "After", "Is it level?", "Li Na", "completed", "the customer"):
        assert said in page.text
    assert "the signature covers exactly this" in page.text
    assert page.text.index("Before 1 / 1") < page.text.index("After 1 / 1")


def test_rework_is_one_reason_and_opens_a_revisit(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    assert judges(wei, job, "rework").status == 422
    page = judges(wei, job, "rework", choice="does_not_close", reason="The left one.")
    assert f"{job['id']} rework" in wei.follows(page).text
    revisit = shop.revisit(shop.ticket(job))
    assert revisit["cause"] == "workmanship"
    assert revisit["words"] == "Doors or drawers scrape or do not close. The left one."


def test_whoever_plans_comes_from_rework_to_the_plan(bob: Desk, shop: Shop) -> None:
    job = visited(shop)
    page = judges(bob, job, "rework", choice="leaks")
    assert page.goes_to == f"/office/revisits/{shop.revisit(shop.ticket(job))['id']}/plan"
    plan = bob.follows(page)
    assert "the revisit waits to be planned" in plan.text
    assert "Cause: Workmanship" in plan.text
    assert "Alice went before: another installer is preferred." in plan.text


def test_a_better_picture_is_asked_for_without_a_trip(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    photo = photo_of(shop, job)
    page = wei.sends(f"/office/photos/{photo['id']}/verdict", verdict="retake", choice="too_dark")
    assert "retake asked" in wei.follows(page).text
    assert "photo_again" in shop.waits(job)
    assert "No finished visit waits" in wei.opens("/office/verification").text
    assert job["id"] in wei.opens("/office/verification?show=pictures").text
    [asked] = seen(shop, job)["retakes"]
    assert asked["reason"] == "Too dark to judge the work."


def test_a_new_picture_is_what_the_bench_opens_on_with_the_one_sent_back_beside_it(
    wei: Desk, shop: Shop, app: Flask
) -> None:
    job = shop.issues_a_job(slots=[SLOTS[0]])
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.takes_photo("before", pictures.blurred())
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()
    was = photo_of(shop, job)
    wei.sends(f"/office/photos/{was['id']}/verdict", verdict="retake", choice="blurred")
    became = trip.takes_photo("before", pictures.jpeg())["data"]["photo_id"]
    trip.comes_home()
    run_once(app.extensions["doorstep"])
    page = wei.opens(f"/office/verification/{job['id']}")
    assert re.findall(r'data-photo="([^"]+)"', page.html) == [became, was["id"]]
    assert f'id="large" src="/office/photos/{became}/large"' in page.html
    assert f'id="was" ><img src="/office/photos/{was["id"]}/large"' in page.html
    assert "Before 1 / 1" in page.text
    assert judges(wei, job, "accept").status == 303
    assert shop.ticket(job)["state"] == "closed"


def test_what_is_asked_of_the_customer_is_not_asked_of_the_tablet(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    photo = photo_of(shop, job)
    where = f"/office/photos/{photo['id']}/verdict"
    wei.sends(where, verdict="retake", choice="blurred", asked_of="customer")
    assert seen(shop, job)["retakes"] == []
    assert "of the customer, by link" in wei.opens(f"/office/verification/{job['id']}").text


def test_an_incomplete_visit_waits_for_its_revisit_not_for_a_verdict(wei: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="customer_absent")
    trip.comes_home()
    assert job["id"] not in wei.opens("/office/verification").text


def test_pictures_are_ours_and_for_whoever_sees_the_job(
    wei: Desk, stranger: Desk, shop: Shop
) -> None:
    job = visited(shop)
    photo = photo_of(shop, job)
    where = f"/office/photos/{photo['id']}/thumb"
    assert stranger.opens(where).status == 303
    assert wei.opens(where).status in (404, 409)  # noise is no picture, and nobody has looked yet
    assert wei.opens(f"/office/photos/{photo['id']}/original").status == 404


# Two people, odd visits, hostile words.


def test_two_people_of_one_mind_are_no_conflict(wei: Desk, bob: Desk, shop: Shop) -> None:
    job = visited(shop)
    for desk in (wei, bob):
        desk.opens(f"/office/verification/{job['id']}")
    edition = wei.page.value("edition") if wei.page else ""
    for desk in (wei, bob):
        assert judges(desk, job, "accept", edition=edition).status == 303
    assert shop.job(job)["verdict_by"] == people.WEI.id


def test_the_second_of_two_minds_reads_what_the_first_has_said(
    wei: Desk, bob: Desk, shop: Shop
) -> None:
    job = visited(shop)
    edition = bob.opens(f"/office/verification/{job['id']}").value("edition")
    judges(wei, job, "accept")
    page = judges(bob, job, "rework", edition=edition, reason="The door <b>scrapes</b>.")
    assert page.status == 409
    assert "Wei: accepted." in page.text
    assert page.value("reason") == "" or "scrapes" in page.html
    assert "<b>scrapes" not in page.html
    assert shop.job(job)["verdict"] == "accept"


@pytest.mark.parametrize("shots", [0, 60])
def test_a_visit_with_no_photo_and_with_sixty(wei: Desk, shop: Shop, shots: int) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    for _ in range(shots):
        trip.takes_photo()
    trip.finishes()
    trip.sends_events()
    page = wei.opens(f"/office/verification/{job['id']}")
    assert page.status == 200
    assert "Still arriving" in page.text or not shots
    assert judges(wei, job, "accept").status == 303
    assert set(shop.waits(job)) >= {"slot_missing", "receipt_missing"}


def test_each_reason_has_a_key_and_the_likeliest_comes_first(
    wei: Desk, shop: Shop, app: Flask
) -> None:
    assert len(RETAKE) <= reasons.MOST
    assert len(REWORK) <= reasons.MOST
    job = visited(shop)
    wei.opens(f"/office/verification/{job['id']}")
    with_words = [each.en for each in REWORK]
    assert wei.page is not None
    assert [each for each in with_words if each not in wei.page.text] == []
    with app.test_request_context("/office/"):
        first, _words = reasons.for_retake(RETAKE, "serial_label", [])[0]
        assert first == "unreadable"
        assert reasons.for_retake(RETAKE, "serial_label", ["blurred"])[0][0] == "blurred"


# Taking a verdict back.


def test_an_accepted_visit_is_taken_back_and_its_ticket_was_never_closed(
    wei: Desk, shop: Shop
) -> None:
    job = visited(shop)
    judges(wei, job, "accept")
    assert shop.ticket(job)["state"] == "closed"
    shop.clock.go_on(minutes=5)
    page = undoes(wei)
    assert page.goes_to == f"/office/verification/{job['id']}"
    assert "is taken back, with all that came of it" in wei.follows(page).text
    ticket = shop.ticket(job)
    assert (ticket["state"], ticket["closed_at"]) == ("verifying", None)
    assert ticket["promises"]["close"]["met_at"] is None
    assert shop.job(job)["verdict"] is None
    assert job["id"] in wei.opens("/office/verification").text


def test_the_revisit_of_a_rework_goes_with_it(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    judges(wei, job, "rework", choice="leaks")
    undoes(wei)
    assert shop.wei.get("/api/v1/revisits").json["items"] == []
    assert shop.job(job)["state"] == "finished"
    judges(wei, job, "rework", choice="gaps")
    assert shop.revisit(shop.ticket(job))["state"] == "due"


def test_a_tablet_that_has_heard_of_a_retake_hears_that_it_is_taken_back(
    wei: Desk, shop: Shop
) -> None:
    job = visited(shop)
    photo = photo_of(shop, job)
    wei.sends(f"/office/photos/{photo['id']}/verdict", verdict="retake", choice="too_dark")
    assert len(seen(shop, job)["retakes"]) == 1
    undoes(wei)
    assert seen(shop, job)["retakes"] == []
    assert shop.waits(job) == ["verdict"]


def test_sent_back_after_it_was_accepted_and_that_taken_back_it_is_closed_again(
    wei: Desk, shop: Shop
) -> None:
    job = visited(shop)
    judges(wei, job, "accept")
    closed = shop.ticket(job)["closed_at"]
    shop.clock.go_on(minutes=1)
    judges(wei, job, "rework", choice="leaks")
    assert shop.ticket(job)["state"] == "reopened"
    undoes(wei)
    ticket = shop.ticket(job)
    assert (ticket["state"], ticket["closed_at"]) == ("closed", closed)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        ("planned", "its revisit was decided or planned"),
        ("late", None),
        ("judged", "Somebody has judged it again since"),
    ],
)
def test_nobody_goes_back_behind_what_others_have_done(
    wei: Desk, shop: Shop, meanwhile: str, why: str | None
) -> None:
    job = visited(shop)
    judges(wei, job, "rework", choice="leaks")
    page = wei.opens("/office/verification")
    act = next(each for each in page.html.split('"') if each.endswith("/undo"))
    if meanwhile == "planned":
        shop.issues_the_revisit(shop.revisit(shop.ticket(job)))
    elif meanwhile == "judged":
        bob_judges(shop, job)
    else:
        shop.clock.go_on(minutes=11)
    page = wei.opens("/office/verification")
    assert why is None or why in page.text
    assert act not in page.html or why
    told: Page = wei.sends(act)
    assert told.status == 409
    assert "can no longer be taken back" in told.text
    assert shop.job(job)["state"] in ("rework", "verified")


def bob_judges(shop: Shop, job: dict[str, str]) -> None:
    headers = {"If-Match": f'"{shop.job(job)["edition"]}"'}
    form = {"verdict": "accept"}
    path = f"/api/v1/jobs/{job['id']}/verdict"
    assert shop.bob.post(path, json=form, headers=headers).status_code == 200


def test_a_reopened_ticket_keeps_its_verdict(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    judges(wei, job, "accept")
    where = f"/office/tickets/{job['ticket_id']}/reopen"
    wei.sends(where, trigger="customer_still_broken", words="It rattles again.")
    assert "the ticket was reopened or ended since" in wei.opens("/office/verification").text


def test_nobody_takes_back_what_somebody_else_has_said(wei: Desk, bob: Desk, shop: Shop) -> None:
    job = visited(shop)
    judges(wei, job, "accept")
    page = wei.opens("/office/verification")
    act = next(each for each in page.html.split('"') if each.endswith("/undo"))
    assert bob.sends(act).status == 404
    assert "Your last verdict" not in bob.opens("/office/verification").text


# What the policy accepts.


def test_the_policy_accepts_and_says_so_but_for_a_sample(wei: Desk, shop: Shop) -> None:
    chooses(shop, auto_accept=True, auto_accept_sample=0)
    unseen = visited(shop, slots=[])
    assert shop.job(unseen)["is_auto_accepted"]
    assert unseen["id"] in wei.opens("/office/verification?show=policy").text
    chooses(shop, auto_accept=True, auto_accept_sample=100)
    sampled = visited(shop, slots=[])
    page = wei.opens("/office/verification")
    assert sampled["id"] in page.text
    assert unseen["id"] not in page.text
    assert "sample: the policy would have accepted it" in page.text


def test_what_somebody_took_back_the_policy_does_not_accept(wei: Desk, shop: Shop) -> None:
    job = visited(shop, slots=[])
    judges(wei, job, "accept")
    chooses(shop, auto_accept=True, auto_accept_sample=0)
    undoes(wei)
    assert shop.job(job)["state"] == "finished"
    assert "its verdict was taken back" in wei.opens("/office/verification").text


def chooses(shop: Shop, **policy: object) -> None:
    path = f"/api/v1/organisations/{people.NORTH}"
    answer = shop.sun.patch(path, json=policy, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
