"""Endpoints of webhooks and gateways of branches: set up, changed, and their secrets told once."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.config import Config
from server.db import audit
from server.db.notices import Endpoint, Gateway
from server.db.people import Organisation, Person
from server.domain import errors
from server.ids import new_id
from server.notices import addresses, catalogue, gateways, seals

Form = Mapping[str, Any]

SECRET_BYTES = 32
BOTH_SIGN_FOR = timedelta(hours=24)  # a rotation: the old secret signs beside the new one
MOST_ENDPOINTS = 50


def new_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def add(
    session: Session, config: Config, by: Person, form: Form, now: datetime
) -> tuple[Endpoint, str]:
    """A new endpoint, and its secret, which is shown this once. Raises `Invalid`."""
    _must_be_usable(session, config, form)
    its_id, secret = new_id(), new_secret()
    endpoint = Endpoint(
        id=its_id,
        url=form["url"],
        label=form.get("label") or "",
        branch_id=form.get("branch_id"),
        events=sorted(set(form.get("events") or [])),
        drops_repeats=bool(form.get("drops_repeats")),
        secret=seals.seal(config.secret, its_id, secret),
        made_at=now,
        made_by=by.id,
        rev=1,
    )
    session.add(endpoint)
    session.flush()
    audit.record(session, by.id, "webhook.added", its_id, now, url=_told(endpoint.url))
    return endpoint, secret


def change(
    session: Session, config: Config, by: Person, endpoint: Endpoint, form: Form, now: datetime
) -> None:
    """What it hears and where it is. Raises `Invalid`."""
    _must_be_usable(session, config, {"url": endpoint.url, **form})
    changed = []
    for name in ("url", "label", "branch_id", "events", "drops_repeats"):
        if name not in form:
            continue
        value = sorted(set(form[name] or [])) if name == "events" else form[name]
        if value != getattr(endpoint, name):
            setattr(endpoint, name, value)
            changed.append(name)
    if changed:
        endpoint.rev += 1
        audit.record(session, by.id, "webhook.changed", endpoint.id, now, changed=sorted(changed))


def rotate(session: Session, config: Config, by: Person, endpoint: Endpoint, now: datetime) -> str:
    """A new secret; for a day both sign, so that the receiver can change over without missing anything."""
    secret = new_secret()
    endpoint.old_secret, endpoint.old_until = endpoint.secret, now + BOTH_SIGN_FOR
    endpoint.secret = seals.seal(config.secret, endpoint.id, secret)
    endpoint.rev += 1
    audit.record(session, by.id, "webhook.secret_rotated", endpoint.id, now)
    return secret


def switch(session: Session, by: Person, endpoint: Endpoint, *, on: bool, now: datetime) -> None:
    """Off by hand, or on again, however it went off; done before, it changes nothing."""
    if (endpoint.disabled_at is None) == on:
        return
    endpoint.disabled_at = None if on else now
    endpoint.disabled_why = None if on else "by_hand"
    endpoint.failing_since = None
    endpoint.rev += 1
    act = "webhook.switched_on" if on else "webhook.switched_off"
    audit.record(session, by.id, act, endpoint.id, now)


def secret_of(
    session: Session, config: Config, by: Person, endpoint: Endpoint, now: datetime
) -> str | None:
    """The secret once more, for whoever sets up the receiver; None where it cannot be read any more."""
    audit.record(session, by.id, "webhook.secret_shown", endpoint.id, now)
    return seals.unseal(config.secret, endpoint.id, endpoint.secret)


def remove(session: Session, by: Person, endpoint: Endpoint, now: datetime) -> None:
    """It hears nothing any more; what it was told stays in the log, its secret goes."""
    endpoint.removed_at = now
    endpoint.secret, endpoint.old_secret = "", None
    endpoint.rev += 1
    audit.record(session, by.id, "webhook.removed", endpoint.id, now)


def _must_be_usable(session: Session, config: Config, form: Form) -> None:
    found: dict[str, list[str]] = {}
    try:
        addresses.must_be_outside(form["url"], own_network=config.own_network)
    except addresses.NotOutside as wrong:
        found["url"] = [str(wrong)]
    if any(each not in catalogue.KINDS for each in form.get("events") or []):
        found["events"] = ["not_valid"]
    if branch_id := form.get("branch_id"):
        branch = session.get(Organisation, branch_id)
        if branch is None or branch.kind != "branch":
            found["branch_id"] = ["not_valid"]
    if found:
        raise errors.Invalid(errors=found)


def _told(url: str) -> str:
    """Without its query, which may hold a secret."""
    return url.partition("?")[0]


# Gateways.


def set_gateway(
    session: Session,
    config: Config,
    by: Person,
    branch_id: str,
    channel: str,
    url: str,
    now: datetime,
) -> Gateway:
    """By which service a branch sends. Raises `Invalid`."""
    try:
        service = gateways.service_of(url, channel)
    except gateways.Unusable as wrong:
        raise errors.Invalid(errors={"url": [str(wrong)]}) from wrong
    gateway = _gateway(session, branch_id, channel)
    if gateway is None:
        gateway = Gateway(id=new_id(), branch_id=branch_id, channel=channel, rev=0)
        session.add(gateway)
    gateway.service = service
    gateway.url = seals.seal(config.secret, gateway.id, url)
    gateway.set_at, gateway.set_by = now, by.id
    gateway.rev += 1
    session.flush()
    audit.record(
        session,
        by.id,
        "gateway.set",
        gateway.id,
        now,
        branch=branch_id,
        channel=channel,
        service=service,
    )
    return gateway


def remove_gateway(
    session: Session, by: Person, branch_id: str, channel: str, now: datetime
) -> None:
    gateway = _gateway(session, branch_id, channel)
    if gateway is not None:
        session.delete(gateway)
        audit.record(
            session, by.id, "gateway.removed", gateway.id, now, branch=branch_id, channel=channel
        )


def _gateway(session: Session, branch_id: str, channel: str) -> Gateway | None:
    found = select(Gateway).where(Gateway.branch_id == branch_id, Gateway.channel == channel)
    return session.scalars(found.with_for_update()).first()
