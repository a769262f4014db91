"""Certificates through the API."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from server.db.audit import AuditLine
from tests.client import Client
from tests.people import ALICE, CAROL

Load = Callable[..., Any]

FORM = {"kind": "gas", "number": "7", "valid_from": "2026-01-01", "valid_until": "2026-12-31"}


def test_it_works(sun: Client, alice: Client, load: Load) -> None:
    added = sun.post("/api/v1/certificates", json={**FORM, "person_id": ALICE.id})
    assert added.status_code == 201
    assert alice.get(added.headers["Location"]).json == added.json

    assert sun.delete(added.headers["Location"]).status_code == 204
    assert alice.get(added.headers["Location"]).status_code == 404
    line = select(AuditLine).where(AuditLine.act == "certificate.withdrawn")
    assert load(lambda session: session.scalar(line)).details["number"] == "7"


def test_it_refuses_to_end_before_it_begins(sun: Client) -> None:
    form = {**FORM, "person_id": ALICE.id, "valid_until": "2025-12-31"}
    refused = sun.post("/api/v1/certificates", json=form)
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, ["valid_until"])


def test_a_contractor_keeps_those_of_its_own_people(mei: Client, sun: Client) -> None:
    assert mei.post("/api/v1/certificates", json={**FORM, "person_id": CAROL.id}).status_code == 201
    refused = mei.post("/api/v1/certificates", json={**FORM, "person_id": ALICE.id})
    assert (refused.status_code, refused.json["details"]) == (422, {"field": "person_id"})
    hers = sun.post("/api/v1/certificates", json={**FORM, "person_id": ALICE.id})
    assert mei.delete(hers.headers["Location"]).status_code == 404


def test_those_that_run_out_are_found(sun: Client) -> None:
    for until in ("2026-12-31", "2027-12-31"):
        form = {**FORM, "person_id": ALICE.id, "valid_until": until}
        sun.post("/api/v1/certificates", json=form)

    def found(**asked: str) -> list[str]:
        answer = sun.get("/api/v1/certificates", query_string=asked)
        return [each["valid_until"] for each in answer.json["items"]]

    assert found() == ["2026-12-31", "2027-12-31"]
    assert found(ends_before="2027-01-01") == ["2026-12-31"]
    assert found(valid_on="2027-06-01", kind="gas") == ["2027-12-31"]
    assert found(person_id=CAROL.id) == []


def test_a_list_comes_in_pages(sun: Client) -> None:
    for until in ("2026-12-30", "2026-12-31"):
        form = {**FORM, "person_id": ALICE.id, "valid_until": until}
        sun.post("/api/v1/certificates", json=form)
    first = sun.get("/api/v1/certificates?limit=1").json
    rest = sun.get("/api/v1/certificates", query_string={"after": first["next"]}).json
    assert [each["valid_until"] for each in rest["items"]] == ["2026-12-31"]
