"""Visits through the API, and the office's verdict on them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from server.db.photos import Photo
from tests.client import Client
from tests.people import ALICE, CAROL, LENA, SUN
from tests.shop import Json, Shop, Trip, asked


@pytest.fixture
def job(shop: Shop) -> Json:
    return shop.issues_a_job()


def finish(shop: Shop, job: Json) -> Trip:
    trip = shop.sends(ALICE, job)
    trip.completes()
    trip.comes_home()
    return trip


def test_it_works(shop: Shop, wei: Client, job: Json) -> None:
    finish(shop, job)
    (visit,) = asked(wei.get("/api/v1/visits", query_string={"job_id": job["id"]}))["items"]
    assert (visit["id"], visit["person_id"]) == (job["visit_id"], ALICE.id)
    assert visit["content"]["finished"]["outcome"] == "completed"
    assert asked(wei.get(f"/api/v1/visits/{visit['id']}")) == visit

    path = f"/api/v1/jobs/{job['id']}/verdict"
    headers = {"If-Match": '"1"'}
    judged = wei.post(path, json={"verdict": "accept"}, headers=headers)
    assert asked(judged)["state"] == "verified"
    assert (judged.json["edition"], judged.headers["ETag"]) == (2, '"2"')
    late = wei.post(path, json={"verdict": "accept"}, headers=headers)
    assert (late.status_code, late.json["code"]) == (412, "changed_meanwhile")


def test_a_verdict_needs_the_version_that_was_seen(wei: Client, job: Json) -> None:
    blind = wei.post(f"/api/v1/jobs/{job['id']}/verdict", json={"verdict": "accept"})
    assert (blind.status_code, blind.json["code"]) == (428, "version_missing")


def test_what_is_not_finished_is_not_judged(shop: Shop, wei: Client, job: Json) -> None:
    path = f"/api/v1/jobs/{job['id']}/verdict"
    headers = {"If-Match": "*"}
    early = wei.post(path, json={"verdict": "accept"}, headers=headers)
    assert (early.status_code, early.json["code"]) == (409, "step_not_possible")
    finish(shop, job)
    silent = wei.post(path, json={"verdict": "rework", "reason": " "}, headers=headers)
    assert (silent.status_code, silent.json["code"]) == (422, "reason_missing")
    wrong = wei.post(path, json={"verdict": "retake"}, headers=headers)
    assert (wrong.status_code, wrong.json["code"]) == (422, "invalid")


def test_it_hides_other_branches(sam: Client, job: Json) -> None:
    path = f"/api/v1/jobs/{job['id']}/verdict"
    hidden = sam.post(path, json={"verdict": "accept"}, headers={"If-Match": "*"})
    assert (hidden.status_code, hidden.json["code"]) == (404, "not_found")
    assert asked(sam.get("/api/v1/visits"))["items"] == []
    assert sam.get(f"/api/v1/visits/{job['visit_id']}").status_code == 404


def test_accepting_accepts_the_photos_that_were_checked_and_count(
    shop: Shop, app: Any, load: Callable[..., Any], job: Json
) -> None:
    trip = shop.sends(ALICE, job)
    trip.completes()
    trip.comes_home()

    def check(session: Session) -> None:
        session.execute(update(Photo).values(state="checked"))
        session.execute(update(Photo).where(Photo.slot == "before").values(is_apart=True))

    app.extensions["doorstep"].database.write(check)
    shop.judges(job)
    photos = asked(shop.wei.get("/api/v1/photos", query_string={"job_id": job["id"]}))["items"]
    assert {each["slot"]: each["verdict"] for each in photos} == {"before": None, "after": "accept"}


def test_a_second_thought_opens_the_ticket_again(shop: Shop, job: Json) -> None:
    finish(shop, job)
    shop.judges(job)
    assert shop.ticket(job)["state"] == "closed"
    assert shop.judges(job, "rework", "The photo shows a gap")["state"] == "rework"
    assert shop.waits(job) == ["job_rework", "revisit"]
    assert shop.ticket(job)["reopened_at"] is not None


def test_whoever_takes_a_job_over_does_not_see_the_visit_before(
    shop: Shop, sign_in: Callable[..., Client], job: Json
) -> None:
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.comes_home()
    path = f"/api/v1/jobs/{job['id']}/reassign"
    given = asked(shop.bob.post(path, json={"assignee_id": CAROL.id}))

    def seen_by(who: Any) -> list[str]:
        found = sign_in(who).get("/api/v1/visits", query_string={"job_id": job["id"]})
        return [each["id"] for each in asked(found)["items"]]

    assert seen_by(CAROL) == [given["visit_id"]]
    assert seen_by(SUN) == [job["visit_id"], given["visit_id"]]
    assert seen_by(ALICE) == seen_by(LENA) == []
    earlier = asked(sign_in(SUN).get(f"/api/v1/visits/{job['visit_id']}"))
    assert earlier["ended_at"] is not None
    assert earlier["content"]["state"] == "on_site"
    assert sign_in(CAROL).get(f"/api/v1/visits/{job['visit_id']}").status_code == 404
