"""Signing out ends one sign-in, at once."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from server.db.audit import AuditLine
from server.db.people import Chain
from tests.client import Client
from tests.people import ALICE, PASSWORD

ME = "/api/v1/auth/me"


def signs_in(client: Client) -> dict[str, Any]:
    form = {"username": "alice", "password": PASSWORD}
    told: dict[str, Any] = client.post("/api/v1/auth/login", json=form).json
    return told


def as_bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_it_works(app: Flask, load: Callable[..., Any]) -> None:
    client = Client(app, app.response_class)
    here, elsewhere = signs_in(client), signs_in(client)
    out = client.post("/api/v1/auth/logout", headers=as_bearer(here["access_token"]))
    assert (out.status_code, out.data) == (204, b"")

    refused = client.get(ME, headers=as_bearer(here["access_token"]))
    assert (refused.status_code, refused.json["code"]) == (401, "token_revoked")
    refused = client.post("/api/v1/auth/refresh", headers=as_bearer(here["refresh_token"]))
    assert (refused.status_code, refused.json["code"]) == (401, "token_revoked")
    assert client.get(ME, headers=as_bearer(elsewhere["access_token"])).status_code == 200

    ended = load(lambda s: s.scalars(select(Chain).where(Chain.ended_at.is_not(None))).all())
    assert [(chain.person_id, chain.ended_why) for chain in ended] == [(ALICE.id, "signed_out")]
    line = load(lambda s: s.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first())
    assert (line.act, line.person_id, line.noun_id) == ("sign_in.ended", ALICE.id, ended[0].id)


def test_it_is_safe_to_repeat(app: Flask) -> None:
    client = Client(app, app.response_class)
    token = as_bearer(signs_in(client)["access_token"])
    assert client.post("/api/v1/auth/logout", headers=token).status_code == 204
    again = client.post("/api/v1/auth/logout", headers=token)
    assert (again.status_code, again.json["code"]) == (401, "token_revoked")


def test_nobody_signs_out_without_signing_in(app: Flask) -> None:
    refused = Client(app, app.response_class).post("/api/v1/auth/logout")
    assert (refused.status_code, refused.json["code"]) == (401, "not_signed_in")
