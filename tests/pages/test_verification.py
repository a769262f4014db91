"""The bench: a visit is looked at, accepted, sent back, or asked for a better picture."""

from tests import people
from tests.pages.desks import Desk
from tests.shop import Shop


def visited(shop: Shop) -> dict[str, str]:
    """Alice has been there; all of it has arrived."""
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    trip.comes_home()
    return job


def test_accepting_closes_the_ticket_and_goes_on_to_the_next(wei: Desk, shop: Shop) -> None:
    first, second = visited(shop), visited(shop)
    queue = wei.opens("/office/verification")
    assert queue.text.index(first["id"]) < queue.text.index(second["id"])
    judged = wei.sends(f"/office/verification/{first['id']}/verdict", verdict="accept")
    assert f"/office/verification/{second['id']}" in judged.goes_to
    assert f"Verdict on {first['id']} kept." in wei.follows(judged).text
    assert shop.ticket(first)["state"] == "closed"
    judged = wei.sends(f"/office/verification/{second['id']}/verdict", verdict="accept")
    assert "No finished visit waits" in wei.follows(judged).text


def test_the_bench_shows_what_was_done(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    page = wei.opens(f"/office/verification/{job['id']}")
    for told in ("Before", "After", "Is it level?", "signed", "Li Na", "completed"):
        assert told in page.text


def test_rework_needs_words_and_opens_a_revisit(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    where = f"/office/verification/{job['id']}/verdict"
    assert wei.sends(where, verdict="rework").status == 422
    wei.sends(where, verdict="rework", reason="The door scrapes.")
    assert shop.revisit(shop.ticket(job))["cause"] == "workmanship"


def test_a_better_picture_is_asked_for_without_a_trip(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    photo = shop.wei.get("/api/v1/photos", query_string={"job_id": job["id"]}).json["items"][0]
    page = wei.sends(f"/office/photos/{photo['id']}/verdict", verdict="retake", reason="Too dark.")
    assert page.goes_to == f"/office/verification/{job['id']}"
    assert "photo_again" in shop.waits(job)
    assert "retake asked" in wei.follows(page).text


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
    photo = shop.wei.get("/api/v1/photos", query_string={"job_id": job["id"]}).json["items"][0]
    where = f"/office/photos/{photo['id']}/thumb"
    assert stranger.opens(where).status == 303
    assert wei.opens(where).status in (404, 409)  # noise is no picture, and nobody has looked yet
    assert wei.opens(f"/office/photos/{photo['id']}/original").status == 404
