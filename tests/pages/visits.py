"""Visits to be judged, and verdicts at a desk."""

from typing import Any

from tests import people
from tests.pages.desks import Desk, Page
from tests.shop import Json, Shop


def visited(shop: Shop, **changes: Any) -> Json:
    """Alice has been there; all of it has arrived."""
    job = shop.issues_a_job(**changes)
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    trip.comes_home()
    return job


def judges(desk: Desk, job: Json, verdict: str, **more: str) -> Page:
    return desk.sends(f"/office/verification/{job['id']}/verdict", verdict=verdict, **more)


def undoes(desk: Desk) -> Page:
    """The last verdict, by the button of the page."""
    page = desk.opens("/office/verification")
    act = next(each for each in page.html.split('"') if each.endswith("/undo"))
    return desk.sends(act)


def photo_of(shop: Shop, job: Json) -> Json:
    """The first of the visit."""
    found: Json = shop.wei.get("/api/v1/photos", query_string={"job_id": job["id"]}).json["items"][
        0
    ]
    return found


def seen(shop: Shop, job: Json) -> Json:
    """The job as Alice's tablet pulls it."""
    return shop.tablets[people.ALICE.id].pulls_job(job["id"])
