"""Shapes of the sync protocol, for the reference and for what is checked strictly."""

import marshmallow as ma
from marshmallow import validate

from server.schemas import ClientId, Count, Document, Shape, Text

MAX_STATUS_IDS = 200


class Limits(ma.Schema):
    max_events = ma.fields.Integer(required=True)
    max_push_bytes = ma.fields.Integer(required=True)
    chunk_bytes = ma.fields.Integer(required=True)
    max_blob_bytes = ma.fields.Integer(required=True)
    max_pixels = ma.fields.Integer(required=True)


class Policy(ma.Schema):
    keep_days = ma.fields.Integer(required=True)
    media = ma.fields.String(
        required=True, metadata={"description": "any, wifi_preferred or wifi_only"}
    )
    poll_s = ma.fields.Integer(required=True)
    backoff_s = ma.fields.Integer(required=True)


class Protocols(ma.Schema):
    pull = ma.fields.List(ma.fields.Integer(), required=True)
    push = ma.fields.List(ma.fields.Integer(), required=True)


class DeviceState(ma.Schema):
    id = ma.fields.String(required=True)
    status = ma.fields.String(
        required=True, metadata={"description": "active, draining or revoked"}
    )


class Who(ma.Schema):
    id = ma.fields.String(required=True)
    username = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    organisation_id = ma.fields.String(required=True)


class Login(ma.Schema):
    state = ma.fields.String(required=True, metadata={"description": "signed_in or signed_out"})


class RefusedLook(ma.Schema):
    job_id = ma.fields.String(required=True, allow_none=True)
    code = ma.fields.String(
        required=True,
        metadata={"description": "data_invalid, too_many, job_unknown or already_left"},
    )


class KeptLooks(ma.Schema):
    kept = ma.fields.List(ma.fields.String(), required=True)
    refused = ma.fields.List(ma.fields.Nested(RefusedLook), required=True)


class Hello(ma.Schema):
    server = ma.fields.String(required=True)
    time = ma.fields.String(required=True)
    epoch = ma.fields.String(
        required=True,
        metadata={"description": "Another one means a restore: offer everything again."},
    )
    protocols = ma.fields.Nested(Protocols, required=True)
    limits = ma.fields.Nested(Limits, required=True)
    policy = ma.fields.Nested(Policy, required=True)
    black_box_key = ma.fields.String(
        required=True, metadata={"description": "P-256 point, uncompressed, base64"}
    )
    device = ma.fields.Nested(DeviceState, required=True, allow_none=True)
    person = ma.fields.Nested(Who, required=True, allow_none=True)
    login = ma.fields.Nested(Login, required=True)
    readiness = ma.fields.Nested(
        KeptLooks,
        metadata={"description": "What became of the looks that were sent; only if some were."},
    )


class OutboxReport(Shape):
    events = Count(required=True)
    oldest = Text(64, allow_none=True)
    blobs = Count(required=True)
    bytes = Count(0, 2**53 - 1, required=True)


class HelloReport(Shape):
    """Unknown words of newer apps are ignored."""

    class Meta:
        unknown = ma.EXCLUDE

    outbox = ma.fields.Nested(OutboxReport(unknown=ma.EXCLUDE))
    storage = Document(
        metadata={
            "description": "What its browser says: `used_bytes`, `quota_bytes`, and `is_persisted`, whether "
            "it promises to keep what is saved."
        }
    )
    battery = Document(metadata={"description": "`level` from 0 to 1, and `is_charging`."})
    app = Text(100)
    clock_offset_ms = Count(-(10**13), 10**13, allow_none=True)
    readiness = ma.fields.Raw(
        allow_none=True,
        metadata={
            "description": "Ready to leave? What was last looked at of open jobs on which nobody has "
            "set out, when it has changed. `what` is one of parts, earlier, storage, kept, clock, "
            "contact; `light` one of green, amber, red. Whatever is wrong with an entry, the rest "
            "of the report counts.",
            "example": [
                {
                    "job_id": "J-1001",
                    "checked_at": "2026-11-23T01:00:00.000Z",
                    "checks": [
                        {
                            "what": "parts",
                            "light": "red",
                            "short": [{"sku": "HINGE-110", "missing": 2}],
                        },
                        {"what": "storage", "light": "green", "free_bytes": 2000000000},
                    ],
                }
            ],
        },
    )


class AtTheDoor(Shape):
    """Unknown words of newer apps are ignored."""

    class Meta:
        unknown = ma.EXCLUDE

    device_id = ClientId(required=True)
    install_secret = Text(200, least=16, required=True)
    app = Text(100)
    outbox = ma.fields.Nested(
        OutboxReport(unknown=ma.EXCLUDE),
        metadata={
            "description": "What waits there of everybody; nobody's key is needed to count it."
        },
    )


class DoorState(ma.Schema):
    time = ma.fields.String(required=True)
    device = ma.fields.Nested(DeviceState, required=True)


class Change(ma.Schema):
    kind = ma.fields.String(
        required=True, metadata={"description": "job, part, stock, event_result …"}
    )
    id = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    change = ma.fields.String(required=True, metadata={"description": "upsert or remove"})
    reason = ma.fields.String(allow_none=True)
    data = Document()


class Changes(ma.Schema):
    epoch = ma.fields.String(required=True)
    time = ma.fields.String(required=True)
    more = ma.fields.Boolean(required=True)
    cursor = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "null before a snapshot's last page"},
    )
    next = ma.fields.String(
        allow_none=True, metadata={"description": "snapshot only: the next page"}
    )
    changes = ma.fields.List(ma.fields.Nested(Change), required=True)


class Event(ma.Schema):
    """One field event. What does not fit its kind is kept all the same, in quarantine."""

    event_id = ma.fields.UUID(required=True)
    seq = ma.fields.Integer(required=True, validate=validate.Range(min=0))
    kind = ma.fields.String(required=True, metadata={"example": "visit.arrived"})
    v = ma.fields.Integer(required=True, validate=validate.Range(min=1))
    job_id = ma.fields.String(required=True)
    base_rev = ma.fields.Integer(allow_none=True)
    after = ma.fields.UUID(
        allow_none=True, metadata={"description": "the event before, of this client on this job"}
    )
    actor = ma.fields.String(required=True)
    captured_at = ma.fields.String(required=True, metadata={"description": "RFC 3339 with offset"})
    tz = ma.fields.String()
    clock = Document()
    position = Document(allow_none=True)
    data = Document(required=True)


class Push(ma.Schema):
    device_id = ma.fields.UUID(required=True)
    batch_id = ma.fields.String()
    sent_at = ma.fields.String()
    events = ma.fields.List(ma.fields.Nested(Event), required=True)


class Result(ma.Schema):
    event_id = ma.fields.String(required=True)
    status = ma.fields.String(
        required=True,
        metadata={"description": "applied, recorded, held, quarantined, retry; or unknown"},
    )
    custody = ma.fields.Boolean(
        required=True, metadata={"description": "the raw event is durable here"}
    )
    code = ma.fields.String()
    effect_version = ma.fields.Integer()
    replayed = ma.fields.Boolean()
    waits_for = ma.fields.String()
    retry_after_s = ma.fields.Integer()


class Pushed(ma.Schema):
    time = ma.fields.String(required=True)
    epoch = ma.fields.String(required=True)
    results = ma.fields.List(ma.fields.Nested(Result), required=True)


class StatusQuery(Shape):
    event_ids = ma.fields.List(
        ClientId(), required=True, validate=validate.Length(max=MAX_STATUS_IDS)
    )


class Statuses(Pushed):
    """The same shape as the answer to a push."""
