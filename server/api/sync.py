"""The sync protocol: enrol, hello, pull, snapshot, push, events/status and quarantine under /sync/v1.

Files travel by `uploads` beside it. The contract is docs/sync.md.
"""

import hashlib
import json
from collections import Counter
from typing import Any

import marshmallow as ma
from flask import Response, current_app, request
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server import black_box, store_keys
from server.actions import pulling, readiness, receipts, sign_ins, sync
from server.actions.judging import Result
from server.actions.sign_ins import Caller
from server.api.sync_shapes import (
    AtTheDoor,
    Changes,
    DoorState,
    Hello,
    HelloReport,
    Push,
    Pushed,
    Statuses,
    StatusQuery,
)
from server.api.tablets import from_tablet, tablet
from server.auth import caller, caller_if_any, is_open, me, needs, token_pair
from server.clock import wire
from server.db import house as house_rows
from server.db.lookups import Lookups
from server.db.people import SignIn
from server.domain import envelopes, errors
from server.domain import photos as photo_rules
from server.domain import sync as rules
from server.domain.events import is_id
from server.house import house
from server.requests import figures
from server.schemas import ClientId, Shape, Text
from server.transactions import reads, writes

blp = Blueprint("sync", __name__, description="The sync protocol for tablets")

MAX_STATUS_IDS = 200
POLL_S = 60
CHUNK_BYTES = 1024 * 1024


class Enrolment(Shape):
    device_id = ClientId(required=True)
    platform = Text(64, least=1, required=True, metadata={"example": "android"})
    name = Text(200, least=1, required=True, metadata={"example": "Alice's tablet"})
    install_secret = Text(200, least=16, required=True)


class EnrolledDevice(ma.Schema):
    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    status = ma.fields.String(required=True)


class Enrolled(ma.Schema):
    device = ma.fields.Nested(EnrolledDevice, required=True)
    access_token = ma.fields.String(required=True)
    refresh_token = ma.fields.String(required=True)
    expires_in = ma.fields.Integer(required=True)
    store_key = ma.fields.String(
        required=True,
        metadata={"description": "32 bytes, base64: locks up the key with which the tablet seals"},
    )


@blp.route("/devices", methods=["POST"])
@needs("profile.read")
@blp.arguments(Enrolment)
@blp.response(200, Enrolled)
def enrol(form: dict[str, str]) -> dict[str, Any]:
    """Enrol an installation. Safe to repeat: the same id and secret are the same device.

    The answer holds tokens that are bound to the device; all other calls of the protocol want them,
    with the device's id in `Sync-Device`.
    """
    who, now = caller(), house().clock()
    secret = hashlib.sha256(form["install_secret"].encode()).hexdigest()

    def act(session: Session) -> tuple[dict[str, str], SignIn]:
        device = sign_ins.enrol(
            session, who, form["device_id"], secret, form["platform"], form["name"], now
        )
        life = house().config.refresh_life
        link = sign_ins.start(session, who.person.id, device.id, life, now, with_code=who.with_code)
        return {"id": device.id, "name": device.name, "status": device.status}, link

    device, link = house().database.write(act)
    key = store_keys.store_key(house().config.secret, who.person.id)
    return {"device": device, **token_pair(link), "store_key": key}


@blp.route("/devices/state", methods=["POST"])
@is_open
@blp.arguments(AtTheDoor)
@blp.response(200, DoorState)
def state(form: dict[str, Any]) -> dict[str, Any]:
    """What the office says of a tablet that is locked: active, draining or revoked.

    Nobody's tokens are at hand there; the secret that enrolled the installation shows which one it is. It
    learns nothing else. 403 `device_unknown` for one that was never enrolled, or with another secret.
    """
    now = house().clock()
    secret = hashlib.sha256(form["install_secret"].encode()).hexdigest()
    report = {name: told for name, told in form.items() if name in ("outbox", "app")}

    def act(session: Session) -> dict[str, str]:
        device = sign_ins.installation(session, form["device_id"], secret)
        sign_ins.note_report(session, device.id, report, now)
        return {"id": device.id, "status": device.status}

    return {"time": wire(now), "device": house().database.write(act)}


@blp.route("/hello", methods=["GET"])
@is_open
@blp.response(200, Hello)
def hello() -> dict[str, Any]:
    """The server's time, epoch, limits and policy; with a token also the state of device and sign-in."""
    return _hello(_caller_or_nobody())


@blp.route("/hello", methods=["POST"])
@from_tablet
@writes
@needs("profile.read")
@blp.arguments(HelloReport)
@blp.response(200, Hello)
def report(session: Session, form: dict[str, Any]) -> dict[str, Any]:
    """The same, with a word on what waits on the tablet; the office sees the last one.

    `readiness` says how ready it is to leave for the jobs that come next.
    """
    who, now = tablet(), house().clock()
    assert who.device is not None
    looks = {"readiness": form.pop("readiness")} if "readiness" in form else {}
    sign_ins.note_report(session, who.device.id, form, now)
    noted = {name: readiness.note(session, who, told, now) for name, told in looks.items()}
    return {**_hello(who), **noted}


def _caller_or_nobody() -> Caller | None:
    try:
        return caller_if_any()
    except errors.NotSignedIn:
        return None


def _hello(who: Caller | None) -> dict[str, Any]:
    config, now = house().config, house().clock()
    device = who.device if who else None
    return {
        "server": "doorstep/1",
        "time": wire(now),
        "epoch": house().database.read(house_rows.epoch),
        "protocols": {"pull": [1], "push": [1]},
        "limits": {
            "max_events": config.max_events,
            "max_push_bytes": config.max_push_bytes,
            "chunk_bytes": CHUNK_BYTES,
            "max_blob_bytes": config.max_blob_bytes,
            "max_pixels": photo_rules.MAX_PIXELS,
        },
        "policy": {
            "keep_days": config.keep_days,
            "media": "any",
            "poll_s": POLL_S,
            "backoff_s": 0,
        },
        "black_box_key": black_box.public_key(config.secret),
        "device": {"id": device.id, "status": device.status} if device else None,
        "person": me() if who else None,
        "login": {"state": "signed_in" if who else "signed_out"},
    }


@blp.route("/pull")
@from_tablet
@needs("profile.read")
@blp.doc(
    parameters=[
        {"name": "cursor", "in": "query", "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    ],
    responses={"200": {"description": "One page of changes", "schema": Changes}},
)
def pull() -> Response:
    """Changes since the cursor, oldest first; none given means from the beginning.

    Write the page and its cursor in one local transaction. 410 `cursor_gone` asks for a snapshot.
    """
    who = _served()
    limit = _limit(request.args.get("limit"))
    cursor = request.args.get("cursor")
    with Lookups(house().database) as asked:
        page = pulling.changes(asked, who.person.id, cursor, limit, house().clock())
    return Response(page, mimetype="application/json")


@blp.route("/snapshot")
@from_tablet
@needs("profile.read")
@blp.doc(
    parameters=[
        {"name": "page", "in": "query", "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    ],
    responses={"200": {"description": "One page of everything in scope", "schema": Changes}},
)
def snapshot() -> Response:
    """Everything in scope, page by page (`next`); the last page carries the cursor to go on from.

    What no page named goes away on the tablet, except jobs with unsent work.
    """
    who = _served()
    limit = _limit(request.args.get("limit"))
    at = request.args.get("page")
    with Lookups(house().database) as asked:
        page = pulling.snapshot(asked, who.person.id, at, limit, house().clock())
    return Response(page, mimetype="application/json")


def _served() -> Caller:
    """The tablet, if it still gets jobs; raises `DeviceRevoked` or `ClientTooOld`."""
    who = tablet()
    assert who.device is not None
    if who.device.status != "active":
        raise errors.DeviceRevoked(status=who.device.status)
    if request.headers.get("Sync-Protocol", "1") != "1":
        raise errors.ClientTooOld()
    return who


def _limit(text: str | None) -> int:
    if text is None:
        return pulling.MAX_CHANGES
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < 1:
        raise errors.BadRequest(parameter="limit")
    return min(int(text), pulling.MAX_CHANGES)


@blp.route("/push", methods=["POST"])
@from_tablet
@needs("event.send")
@blp.doc(
    requestBody={"required": True, "content": {"application/json": {"schema": Push}}},
    responses={"200": {"description": "A result for each event", "schema": Pushed}},
)
def push() -> Response:
    """Deliver field events (operations, mutations). Each gets its own result; none is ever refused.

    `applied`, `recorded`, `held` and `quarantined` mean that the raw event is durable here; only
    `retry` means that nothing was stored. A repeat gives the same result with `replayed`.
    """
    who, batch, now = tablet(), _batch(), house().clock()
    arrivals = [envelopes.arrival(event) for event in batch["events"]]

    def act(session: Session) -> list[Result]:
        return sync.deliver(session, who, batch, arrivals, foreseen, now)

    with Lookups(house().database) as asked:
        epoch = house_rows.epoch_of(asked)
        results = sync.repeats(asked, who.person.id, arrivals)
        foreseen = receipts.foresee(asked, arrivals) if results is None else {}
    if results is None:
        results = house().database.write_together(act)
    _count(results)
    return _json({"time": wire(now), "epoch": epoch, "results": results})


def _batch() -> dict[str, Any]:
    """The batch, as far as it must be readable to answer for each event; raises `BadEnvelope`."""
    batch = _read(request.get_data())
    events = batch.get("events") if isinstance(batch, dict) else None
    if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
        raise errors.BadEnvelope(field="events")
    who = tablet()
    if batch.get("device_id") != who.device_id:
        raise errors.BadEnvelope(field="device_id")
    if len(events) > house().config.max_events:
        raise errors.TooLarge(most_events=house().config.max_events)
    ids = [each.get("event_id") for each in events]
    if not all(is_id(each) for each in ids):
        raise errors.BadEnvelope(field="event_id")
    for name in ("batch_id", "sent_at"):
        if not isinstance(batch.get(name), str | None):
            raise errors.BadEnvelope(field=name)
    return batch


def _read(body: bytes) -> Any:
    """Raises `BadEnvelope` for what is no JSON, or nests so deep that it could not be written again."""
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        found = _STRICT.decode(text)
    except (ValueError, RecursionError) as bad:
        raise errors.BadEnvelope() from bad
    if rules.is_deeper(found, text, rules.MAX_BATCH_DEPTH):
        raise errors.BadEnvelope()
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_STRICT = json.JSONDecoder(parse_constant=_no_constant)


def _count(results: list[Result]) -> None:
    for status, number in Counter(str(result["status"]) for result in results).items():
        figures(current_app).events.labels(status).inc(number)


def _json(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), mimetype="application/json")


@blp.route("/events/status", methods=["POST"])
@from_tablet
@reads
@needs("event.send")
@blp.arguments(StatusQuery)
@blp.response(200, Statuses)
def status(session: Session, form: dict[str, list[str]]) -> dict[str, Any]:
    """What the server has of these events: their results, or `unknown`."""
    results = sync.status_of(session, tablet().person.id, form["event_ids"])
    return {"time": wire(house().clock()), "epoch": house_rows.epoch(session), "results": results}


class Kept(ma.Schema):
    id = ma.fields.String(required=True)
    custody = ma.fields.Boolean(required=True)


@blp.route("/quarantine", methods=["POST"])
@from_tablet
@needs("event.send")
@blp.doc(
    requestBody={"required": True, "content": {"application/json": {"schema": {}}}},
    responses={"200": {"description": "It is kept", "schema": Kept}},
)
def quarantine() -> Response:
    """Whatever the server could not read as a batch, up to 256 KiB: always kept, for a person.

    JSON is kept as such, anything else as a text. Safe to repeat.
    """
    who, now = tablet(), house().clock()
    body = request.get_data()
    if len(body) > rules.MAX_RAW_BYTES:
        raise errors.TooLarge(most=rules.MAX_RAW_BYTES)
    content = _as_it_came(body)
    row = house().database.write(
        lambda session: sync.hand_over(session, who.person.id, who.device_id, content, now)
    )
    return _json({"id": row.id, "custody": True})


def _as_it_came(body: bytes) -> Any:
    try:
        return _read(body)
    except errors.BadEnvelope:
        return body.decode("utf-8", "backslashreplace")
