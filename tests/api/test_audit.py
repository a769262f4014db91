"""The audit log through the API."""

from tests.client import Client
from tests.people import ALICE, BOB, LENA
from tests.shop import Shop, asked


def test_it_works(shop: Shop, sun: Client) -> None:
    job = shop.issues_a_job()
    path = f"/api/v1/jobs/{job['id']}/reassign"
    form = {"assignee_id": LENA.id, "reason": "Alice is ill"}
    answer = shop.bob.post(path, json=form)
    query = {"noun": "job", "noun_id": job["id"]}
    lines = asked(sun.get("/api/v1/audit", query_string=query))["items"]
    assert [each["act"] for each in lines] == ["job.reassigned", "job.issued"]
    assert lines[0]["person_id"] == BOB.id
    assert lines[0]["details"] == {"was": ALICE.id, "to": LENA.id, "reason": "Alice is ill"}
    assert lines[0]["request_id"] == answer.headers["X-Request-Id"]


def test_a_list_comes_in_pages(shop: Shop, sun: Client) -> None:
    shop.issues_a_job()
    everything = asked(sun.get("/api/v1/audit"))["items"]
    first = asked(sun.get("/api/v1/audit?limit=2"))
    query = {"limit": 200, "after": first["next"]}
    rest = asked(sun.get("/api/v1/audit", query_string=query))
    assert first["items"] + rest["items"] == everything
    assert rest["next"] is None
    mine = asked(sun.get("/api/v1/audit", query_string={"person_id": BOB.id}))["items"]
    assert {each["person_id"] for each in mine} == {BOB.id}


def test_it_is_for_the_supervisor(bob: Client, wei: Client) -> None:
    for who in (bob, wei):
        refused = who.get("/api/v1/audit")
        assert (refused.status_code, refused.json["code"]) == (403, "not_allowed")
