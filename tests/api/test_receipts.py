"""Receipts through the API: found, shown, and the bytes that were signed."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from server.domain import receipts
from tests.client import Client
from tests.people import ALICE, CAROL, LENA, MEI, SAM, SUN
from tests.shop import Json, Shop, asked


def signed(shop: Shop, **said: Any) -> Json:
    """The receipt of a job that was done."""
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.completes(**said)
    trip.comes_home()
    query = {"job_id": job["id"], "state": "signed"}
    (receipt,) = asked(shop.wei.get("/api/v1/receipts", query_string=query))["items"]
    return receipt


def test_it_works(shop: Shop, wei: Client) -> None:
    line = signed(shop, stars=5, words="Very clean")
    receipt = asked(wei.get(f"/api/v1/receipts/{line['id']}"))
    assert {name: receipt[name] for name in line} == line
    assert (receipt["version"], receipt["state"]) == (1, "signed")
    assert (receipt["signer_name"], receipt["relation"]) == ("Li Na", "self")
    assert (receipt["stars"], receipt["words"], receipt["reservation"]) == (5, "Very clean", None)
    assert receipt["signed_digest"] == receipt["digest"]
    assert receipt["short_code"] == receipts.short_code(receipt["digest"])
    assert receipt["content"]["customer"] == {"name": "Li Na"}
    assert receipt["versions"] == [line]


def test_the_canonical_bytes_are_those_that_were_signed(shop: Shop, wei: Client) -> None:
    line = signed(shop, reservation="Ein Kratzer – 划痕")
    answer = wei.get(f"/api/v1/receipts/{line['id']}/canonical")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert hashlib.sha256(answer.get_data()).hexdigest() == line["digest"]
    assert json.loads(answer.get_data())["reservation"] == "Ein Kratzer – 划痕"


def test_a_reason_stands_where_nobody_signed(shop: Shop, wei: Client) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.works()
    trip.does("receipt.unsigned", reason="absent", words="A neighbour let me in")
    trip.finishes()
    trip.comes_home()
    assert shop.waits(job) == ["verdict"]
    query = {"ticket_id": job["ticket_id"]}
    (line,) = asked(wei.get("/api/v1/receipts", query_string=query))["items"]
    receipt = asked(wei.get(f"/api/v1/receipts/{line['id']}"))
    assert (receipt["state"], receipt["unsigned_reason"]) == ("unsigned", "absent")
    assert (receipt["words"], receipt["signed_at"]) == ("A neighbour let me in", None)


def test_another_digest_is_put_before_the_office(shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.works()
    trip.digest = lambda reservation=None: "f" * 64  # type: ignore[method-assign]
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()
    kinds = [each["kind"] for each in
             asked(shop.wei.get("/api/v1/exceptions", query_string={"job_id": job["id"]}))["items"]]  # fmt: skip
    assert set(kinds) == {"receipt_mismatch"}
    assert "exception" in shop.waits(job)


def test_it_hides_what_others_signed(shop: Shop, sign_in: Callable[..., Client]) -> None:
    line = signed(shop)
    path = f"/api/v1/receipts/{line['id']}"
    for who, status in (
        (ALICE, 200),
        (LENA, 200),
        (SUN, 200),
        (CAROL, 404),
        (MEI, 404),
        (SAM, 404),
    ):
        client = sign_in(who)
        assert client.get(path).status_code == status, who
        assert client.get(f"{path}/canonical").status_code == status, who
        seen = asked(client.get("/api/v1/receipts"))["items"]
        assert seen == ([line] if status == 200 else []), who
