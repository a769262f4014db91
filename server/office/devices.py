"""Tablets: last contact, what waits on them, their clock; taken out of service, back, and to somebody else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import devices, sign_ins
from server.auth import me, needs
from server.db import exceptions, keysets
from server.db.audit import AuditLine
from server.db.events import Quarantine
from server.db.exceptions import FieldException
from server.db.people import (
    Chain,
    Device,
    Person,
    devices_visible_to,
    get_device,
    get_person,
    names_of,
    people_visible_to,
)
from server.db.photos import Upload
from server.domain import errors
from server.domain import exceptions as exception_rules
from server.domain.people import FIELD_ROLES
from server.house import house
from server.office import answers, forms, today, wording
from server.schemas import Ident, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("devices", __name__)

A_PAGE = 100
PEOPLE = 500  # who may be given a tablet
LOOKED_AT = 500  # tablets of one page, where what they said decides
LINES = 20
CLOCK_IS_RIGHT_MS = 120_000
SHOWN = ("all", "silent", "waiting", "collected", "revoked")


class Revocation(Shape):
    mode = Text(16, required=True, validate=one_of(*sign_ins.REVOKE_MODES))


class Gift(Shape):
    person_id = Ident(required=True)


@dataclass(frozen=True, slots=True)
class Told:
    """What a tablet last said of itself, as far as it did."""

    events: int | None
    files: int | None
    bytes: int | None
    oldest: datetime | None
    at: datetime | None
    battery: float | None  # 0 to 1
    is_charging: bool
    free_bytes: int | None
    is_kept: bool | None  # whether its browser promises to keep what is saved

    @property
    def waits(self) -> bool:
        return bool(self.events or self.files)


def told_by(device: Device) -> Told:
    """Reads what tablets of any version have said; what makes no sense counts as not said."""
    report = device.report if isinstance(device.report, dict) else {}
    outbox, storage = _part(report, "outbox"), _part(report, "storage")
    battery = _part(report, "battery")
    used, quota = _number(storage, "used_bytes"), _number(storage, "quota_bytes")
    level = _number(battery, "level")
    return Told(
        events=_whole(outbox, "events"),
        files=_whole(outbox, "blobs"),
        bytes=_whole(outbox, "bytes"),
        oldest=_moment(outbox.get("oldest")),
        at=_moment(report.get("at")),
        battery=level if level is not None and 0 <= level <= 1 else None,
        is_charging=battery.get("is_charging") is True,
        free_bytes=None if used is None or quota is None else max(0, int(quota - used)),
        is_kept=storage.get("is_persisted")
        if isinstance(storage.get("is_persisted"), bool)
        else None,
    )


def _part(report: dict[str, Any], name: str) -> dict[str, Any]:
    found = report.get(name)
    return found if isinstance(found, dict) else {}


def _number(part: dict[str, Any], name: str) -> float | None:
    found = part.get(name)
    is_one = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_one and abs(found) < 2**53 else None  # type: ignore[arg-type]


def _whole(part: dict[str, Any], name: str) -> int | None:
    found = _number(part, name)
    return None if found is None else int(found)


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    is_sound = found.tzinfo is not None and 2000 <= found.year <= 2200
    return found if is_sound else None


def is_silent(device: Device) -> bool:
    seen = device.last_seen_at
    return device.status == "active" and (
        seen is None or seen < house().clock() - today.SILENT_AFTER
    )


# The list.


@blp.get("/devices")
@reads
@needs("device.read")
def find(session: Session) -> str:
    """Those in service first, whoever is silent the longest on top."""
    asked = request.args
    show = asked.get("show", "all") if asked.get("show") in SHOWN else "all"
    words = forms.words_in(asked)
    seen = devices_visible_to(me())
    if words:
        of_people = people_visible_to(me()).where(Person.name.icontains(words, autoescape=True))
        theirs = func.coalesce(Device.keeper_id, Device.enrolled_by).in_(
            of_people.with_only_columns(Person.id)
        )
        seen = seen.where(or_(Device.name.icontains(words, autoescape=True), theirs))
    status = {"collected": "draining", "revoked": "revoked", "silent": "active"}.get(show)
    if status:
        seen = seen.where(Device.status == status)
    if show == "silent":
        seen = today.silent_ones(seen, house().clock())
    found, following = _page(session, seen, asked.get("after"), must_wait=show == "waiting")
    told = {each.id: told_by(each) for each in found}
    return render_template(
        "office/devices.html",
        devices=found,
        next=following,
        told=told,
        silent={each.id for each in found if is_silent(each)},
        names=names_of(session, (each.held_by for each in found)),
        show=show,
        shown=SHOWN,
        words=words,
        right_ms=CLOCK_IS_RIGHT_MS,
    )


def _page(
    session: Session, seen: Select[Device], after: str | None, *, must_wait: bool
) -> tuple[list[Device], str | None]:
    """Some of the tablets in the order of the list, and where the next ones begin."""
    if after:
        seen = seen.where(_is_behind(*_place(after)))
    in_order = seen.order_by(
        Device.status, Device.last_seen_at.is_(None), Device.last_seen_at, Device.id
    )
    most = LOOKED_AT if must_wait else A_PAGE
    read = list(session.scalars(in_order.limit(most + 1)))
    fits = [each for each in read[:most] if not must_wait or told_by(each).waits]
    shown = fits[:A_PAGE]
    if len(fits) <= A_PAGE and len(read) <= most:
        return shown, None
    last = shown[-1] if len(fits) > A_PAGE else read[most - 1]
    return shown, keysets.token([last.status, last.last_seen_at, last.id])


def _place(after: str) -> tuple[str, datetime | None, str]:
    """Raises `BadRequest` for a place that is none of this list."""
    try:
        status, seen_at, its_id = keysets.place(after)
        if not all(isinstance(each, str) and "\x00" not in each for each in (status, its_id)):
            raise ValueError
        return status, None if seen_at is None else _aware(seen_at), its_id
    except (TypeError, ValueError, OverflowError) as bad:
        raise errors.BadRequest(parameter="after") from bad


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_behind(status: str, seen_at: datetime | None, its_id: str) -> ColumnElement[bool]:
    """Behind that place; those that were never heard of come last."""
    is_later: ColumnElement[bool] = Device.last_seen_at.is_(None) & (Device.id > its_id)
    if seen_at is not None:
        row = tuple_(Device.last_seen_at, Device.id)
        is_later = or_(Device.last_seen_at.is_(None), row > tuple_(seen_at, its_id))
    return or_(Device.status > status, and_(Device.status == status, is_later))


# One tablet.


@blp.get("/devices/<device_id>")
@reads
@needs("device.read")
def show(session: Session, device_id: str) -> str:
    """What it said, what is on its way from it, what was in doubt, and what became of it so far."""
    return _shown(session, get_device(session, me(), device_id), forms.Typed())


def _shown(session: Session, device: Device, typed: forms.Typed) -> str:
    uploads = select(Upload).where(Upload.device_id == device.id, Upload.finished_at.is_(None))
    aside = select(Quarantine).where(Quarantine.device_id == device.id)
    doubts = exceptions.visible_to(me()).where(FieldException.device_id == device.id)
    history = select(AuditLine).where(AuditLine.noun == "device", AuditLine.noun_id == device.id)
    sign_ins_there = select(Chain).where(Chain.device_id == device.id)
    lines = list(session.scalars(history.order_by(AuditLine.id.desc()).limit(LINES)))
    chains = list(session.scalars(sign_ins_there.order_by(Chain.started_at.desc()).limit(LINES)))
    ids = [device.held_by, device.enrolled_by, device.revoked_by]
    ids += [each.person_id for each in lines] + [each.person_id for each in chains]
    ids += [each.details.get(name) for each in lines for name in ("was", "to")]
    return render_template(
        "office/device.html",
        device=device,
        told=told_by(device),
        is_silent=is_silent(device),
        uploads=list(session.scalars(uploads.order_by(Upload.created_at).limit(LINES))),
        aside=list(session.scalars(aside.order_by(Quarantine.received_at.desc()).limit(LINES))),
        exceptions=list(
            session.scalars(doubts.order_by(FieldException.opened_at.desc()).limit(LINES))
        ),
        told_kinds={name: in_both(kind) for name, kind in exception_rules.KINDS.items()},
        history=lines,
        chains=chains,
        names=names_of(session, ids),
        people=_in_the_field(session),
        right_ms=CLOCK_IS_RIGHT_MS,
        typed=typed,
    )


def in_both(kind: exception_rules.Kind) -> str:
    """The words of a kind of exception, in the language of the page."""
    return kind.zh if wording.language() == "zh" else kind.en


def _in_the_field(session: Session) -> list[tuple[str, str]]:
    """Who may have a tablet."""
    found = people_visible_to(me()).where(Person.role.in_(FIELD_ROLES), Person.is_active)
    return [
        (each.id, f"{each.name}, {each.organisation.name}")
        for each in session.scalars(found.order_by(Person.name, Person.id).limit(PEOPLE))
    ]


def _to_change(session: Session, device_id: str) -> Device:
    device = get_device(session, me(), device_id)
    session.refresh(device, with_for_update={"of": Device})
    return device


@blp.post("/devices/<device_id>/revoke")
@writes
@needs("device.revoke")
def revoke(session: Session, device_id: str) -> AnyResponse:
    """Out of service: its waiting work is let in first, or it is lost and forgets everything."""
    device = _to_change(session, device_id)
    devices.revoke(session, me(), device, forms.read(Revocation)["mode"], house().clock())
    return answers.go_to("office.devices.show", device_id=device.id)


@blp.post("/devices/<device_id>/restore")
@writes
@needs("device.revoke")
def restore(session: Session, device_id: str) -> AnyResponse:
    """Back into service: taken out by mistake, or found again."""
    device = _to_change(session, device_id)
    devices.restore(session, me(), device, house().clock())
    return answers.go_to("office.devices.show", device_id=device.id)


@blp.post("/devices/<device_id>/give")
@writes
@needs("device.revoke")
def give(session: Session, device_id: str) -> AnyResponse | tuple[str, int]:
    device = _to_change(session, device_id)
    try:
        person_id = forms.read(Gift)["person_id"]
        person = _somebody(session, person_id)
        devices.give(session, me(), device, person, house().clock())
    except (errors.Invalid, errors.ReferenceUnknown) as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        return _shown(session, device, typed), 422
    return answers.go_to("office.devices.show", device_id=device.id)


def _somebody(session: Session, person_id: str) -> Person:
    try:
        return get_person(session, me(), person_id)
    except errors.NotFound:
        raise errors.ReferenceUnknown(field="person_id") from None
