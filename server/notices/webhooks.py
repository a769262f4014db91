"""Webhooks after Standard Webhooks: who hears what, and one call, signed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from server.clock import Clock, wire
from server.config import Config
from server.db import notices as rows
from server.db.facts import Fact
from server.db.notices import Endpoint, Notice
from server.db.types import written
from server.domain import notices as rules
from server.ids import new_id
from server.notices import calls, catalogue, payloads, seals
from server.notices.outcomes import Outcome

PING = "ping"
AGENT = "Doorstep-Webhooks/1"


def listening(session: Session) -> list[Endpoint]:
    return [each for each in rows.endpoints(session) if each.disabled_at is None]


def tell(
    session: Session, endpoints: Sequence[Endpoint], fact: Fact, now: datetime
) -> list[Notice]:
    """A message for each endpoint that hears of this; the data are those of this moment."""
    kind = catalogue.OF_FACTS.get(fact.kind)
    if kind is None or not endpoints:
        return []
    told = payloads.of(session, kind, fact)
    if told is None:
        return []
    hearing = [each for each in endpoints if hears(each, kind, told.branch_id)]
    made = [_message(each, kind, told, fact.id, now) for each in hearing]
    session.add_all(made)
    session.flush()
    return made


def hears(endpoint: Endpoint, kind: str, branch_id: str | None) -> bool:
    is_chosen = not endpoint.events or kind in endpoint.events
    return is_chosen and endpoint.branch_id in (None, branch_id)


def ping(session: Session, endpoint: Endpoint, now: datetime) -> Notice:
    """A message that says nothing but that it arrives."""
    told = payloads.Payload(endpoint.branch_id, None, None, now, {"endpoint": endpoint.id})
    made = _message(endpoint, PING, told, new_id(), now)
    session.add(made)
    session.flush()
    return made


def _message(
    endpoint: Endpoint, kind: str, told: payloads.Payload, fact_id: str, now: datetime
) -> Notice:
    body = {"type": kind, "timestamp": wire(told.at), "data": told.data}
    return Notice(
        id=new_id(),
        key=f"{fact_id}:{endpoint.id}",
        kind=kind,
        channel=rules.WEBHOOK,
        branch_id=told.branch_id,
        ticket_id=told.ticket_id,
        job_id=told.job_id,
        endpoint_id=endpoint.id,
        address=endpoint.url,
        body=written(body),
        details={},
        state=rules.WAITING,
        happened_at=told.at,
        made_at=now,
        run_at=now,
        tries=0,
        rev=1,
    )


def send(config: Config, endpoint: Endpoint, notice: Notice, clock: Clock) -> Outcome:
    """One call. A repeat has the same id and the same words; its moment and signature are new."""
    now = clock()
    keys = [endpoint.secret, *([endpoint.old_secret] if _is_old_valid(endpoint, now) else [])]
    secrets = [seals.unseal(config.secret, endpoint.id, each) for each in keys if each]
    if not secrets or secrets[0] is None:
        return Outcome("refused", words="the secret cannot be read: rotate it")
    headers = signed([each for each in secrets if each], notice.id, now, notice.body)
    return calls.post(
        endpoint.url, headers, notice.body.encode(), own_network=config.own_network, clock=clock
    )


def _is_old_valid(endpoint: Endpoint, now: datetime) -> bool:
    return endpoint.old_until is not None and now < endpoint.old_until


def signed(secrets: Sequence[str], its_id: str, now: datetime, body: str) -> Mapping[str, str]:
    """The headers; while a secret is being changed both sign, so that no receiver misses anything."""
    moment = now.replace(microsecond=0)
    marks = [Webhook(each).sign(its_id, moment, body) for each in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": its_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(marks),
    }
