"""One thing of each noun for everybody whom the table of permissions tells apart.

Alice's things are a trip of hers with all that belongs to it: customer, ticket, photos, stock. So are Lena's
(her colleague's), Carol's and Ravi's (the contractor's), and Sid's, who installs for branch South. What is
over lies beside Alice's and Carol's: called off, withdrawn, out of service.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from server.actions import verdicts
from server.db.customer_acts import MoveRequest
from server.db.customer_links import CustomerLink
from server.db.customer_photos import CustomerPhoto, PhotoLink
from server.db.exceptions import FieldException
from server.db.exports import Export
from server.db.imports import Import, as_text
from server.db.invitations import Invitation
from server.db.jobs import Job
from server.db.notices import Endpoint, Notice
from server.db.parts import SerialSwap
from server.db.people import Absence, Certificate, Chain, Device, Organisation
from server.db.photos import Photo, Upload
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.db.stock import StockCount
from server.db.verdicts import Verdict
from server.domain.people import Role
from server.ids import new_id
from tests import make, people
from tests.people import ALICE, CAROL, CONTRACTOR, LENA, NORTH, NOW, SOUTH, Character

SID = Character(31, "Sid", Role.INSTALLER, SOUTH)
RAVI = Character(32, "Ravi", Role.INSTALLER, CONTRACTOR)
TIM = Character(33, "Tim", Role.INSTALLER, CONTRACTOR, is_active=False)
FORMER = "01980000-0000-7000-8000-0000000000a9"

NEVER_WAS = "01980000-0000-7000-8000-00000000dead"

# Whose things stand for each relation, by role, in the order of `RELATIONS`.
Owners = tuple[str, ...]
OF_FIELD: dict[Role, tuple[Owners, ...]] = {
    Role.INSTALLER: (("alice",), ("lena",), ("carol", "sid"), (NEVER_WAS,), ("over",)),
    Role.LEAD_INSTALLER: (("lena",), ("alice",), ("carol", "sid"), (NEVER_WAS,), ("over",)),
    Role.CONTRACTOR_MANAGER: (
        ("mei", "carol"),
        ("ravi",),
        ("alice", "sid"),
        (NEVER_WAS,),
        ("contractor's over",),
    ),
}
OF_DESK: tuple[Owners, ...] = (("alice",), ("lena", "carol"), ("sid",), (NEVER_WAS,), ("over",))


@dataclass
class World:
    """`things["job"]["alice"]` is the id of Alice's job."""

    things: dict[str, dict[str, str]] = field(default_factory=dict)
    house: Any = None

    def has(self, noun: str, whose: str, its_id: str) -> None:
        self.things.setdefault(noun, {})[whose] = its_id

    def of(self, noun: str, who: Character, relation: int) -> Iterator[str]:
        """The ids of what stands in this relation to somebody; none where there is no such thing."""
        own = (who.username, *OF_DESK[0])
        owners = OF_FIELD.get(who.role, (own, *OF_DESK[1:]))[relation]
        known = self.things[noun]
        if owners == (NEVER_WAS,):
            yield NEVER_WAS
        elif relation == 0:
            yield from [known[each] for each in owners if each in known][:1]
        else:
            yield from (known[each] for each in owners if each in known)


def build(session: Session) -> World:
    """Writes it all into a database with the cast in it."""
    world = World()
    _people(session, world)
    _catalogue(session, world)
    for whose, who, branch in (
        ("alice", ALICE, NORTH),
        ("lena", LENA, NORTH),
        ("carol", CAROL, NORTH),
        ("ravi", RAVI, NORTH),
        ("sid", SID, SOUTH),
    ):
        _trip(session, world, whose, who, branch)
    _trip(session, world, "over", ALICE, NORTH, is_over=True)
    _trip(session, world, "contractor's over", CAROL, NORTH, is_over=True)
    for someone in (*people.CAST, SID, RAVI):
        _upload(session, world, someone)
        _verdict(session, world, someone)
    return world


def _save(session: Session, *rows: Any) -> None:
    for row in rows:
        session.add(row)
        session.flush()


def _people(session: Session, world: World) -> None:
    _save(
        session,
        Organisation(id=FORMER, kind="contractor", name="Former Friends", is_active=False),
        *(people.row_of(each) for each in (SID, RAVI, TIM)),
    )
    for whose, its_id in (("alice", NORTH), ("lena", NORTH), ("sid", SOUTH), ("over", FORMER)):
        world.has("organisation", whose, its_id)
    for whose in ("mei", "carol", "ravi"):
        world.has("organisation", whose, CONTRACTOR)
    for each in (*people.CAST, SID, RAVI):
        world.has("person", each.username, each.id)
    world.has("person", "over", people.DAN.id)
    world.has("person", "contractor's over", TIM.id)
    for each in people.CAST:  # a tablet of everybody's, on which they have signed in
        device = Device(id=new_id(), enrolled_by=each.id, **_TABLET)
        _save(session, device)
        world.has("device", each.username, device.id)
        chain = Chain(id=f"tablet-{each.username}", person_id=each.id, started_at=NOW)
        chain.device_id = device.id
        _save(session, chain)


_TABLET = {
    "platform": "android",
    "name": "A tablet",
    "secret_hash": "0" * 64,
    "enrolled_at": NOW,
    "last_seen_at": NOW,
}


def _catalogue(session: Session, world: World) -> None:
    here, gone = make.make_product(), make.make_product(is_active=False)
    part, old = make.make_part(), make.make_part(sku="OLD-1", is_active=False)
    _save(session, here, gone, part, old)
    for_all(world, "product", here.id, gone.id)
    for_all(world, "sku", part.sku, old.sku)
    made, expired = _export(NOW + timedelta(days=1)), _export(NOW)
    _save(session, made, expired)
    for_all(world, "export", made.id, expired.id)
    endpoint, removed = _endpoint(None), _endpoint(NOW)
    _save(session, endpoint, removed)
    for_all(world, "endpoint", endpoint.id, removed.id)


def _endpoint(removed_at: datetime | None) -> Endpoint:
    made = {"made_at": NOW, "made_by": people.SUN.id, "removed_at": removed_at}
    return Endpoint(id=new_id(), url="https://erp.example.com/hook", secret="", **made)


def _export(until: datetime) -> Export:
    made = {"asked_at": NOW, "asked_by": people.SUN.id, "as_of": NOW, "done_at": NOW}
    return Export(id=new_id(), expires_at=until, size=1, tables_done=12, rows_done=1, **made)


def for_all(world: World, noun: str, its_id: str, of_what_is_over: str | None = None) -> None:
    """A thing of the whole shop: it is everybody's own, and everybody else's."""
    for whose in ("alice", "lena", "carol", "ravi", "sid"):
        world.has(noun, whose, its_id)
    for whose in ("over", "contractor's over") if of_what_is_over else ():
        world.has(noun, whose, str(of_what_is_over))


def _trip(
    session: Session,
    world: World,
    whose: str,
    who: Character,
    branch: str,
    *,
    is_over: bool = False,
) -> None:
    """Somebody on a job, with all that this leaves behind."""
    customer = make.make_customer(branch_id=branch)
    site = make.make_site(customer)
    product = make.make_product()
    asset = make.make_asset(site, product)
    over = {"cancelled_at": NOW, "state": "cancelled"} if is_over else {}
    ticket = make.make_ticket(customer, site, asset_id=asset.id, **over)
    job, visit = make.make_job(ticket, site, who, asset_id=asset.id, **over)
    request = make.make_request(job, state="cancelled" if is_over else "requested")
    movement = make.make_movement("HINGE-110", 1, to_place=f"van:{who.id}")
    photo = Photo(
        id=new_id(),
        job_id=job.id,
        visit_id=visit.id,
        slot="after",
        sha256="a" * 64,
        size=1000,
        mime="image/jpeg",
        width=40,
        height=30,
        source="camera",
        taken_at=NOW,
        taken_by=who.id,
        state="discarded" if is_over else "checked",
    )
    link = PhotoLink(
        id=new_id(),
        ticket_id=ticket.id,
        made_at=NOW,
        made_by=people.WEI.id,
        until=NOW + timedelta(days=7),
        revoked_at=NOW if is_over else None,
    )
    given = CustomerPhoto(
        id=new_id(),
        ticket_id=ticket.id,
        sha256="d" * 64,
        size=1000,
        mime="image/jpeg",
        given_at=NOW,
        given_by=people.WEI.id,
        state="checked",
        removed_at=NOW if is_over else None,
    )
    receipt = Receipt(
        id=new_id(),
        job_id=job.id,
        visit_id=visit.id,
        version=1,
        state="changed" if is_over else "presented",
        digest="b" * 64,
        content={"format": "doorstep-receipt/1"},
        language="zh",
        base_rev=1,
        made_at=NOW,
    )
    revisit = Revisit(
        id=new_id(),
        ticket_id=ticket.id,
        job_id=job.id,
        trigger="signed_with_reservation",
        cause="reservation",
        mode="proposed",
        state="dismissed" if is_over else "proposed",
        opened_at=NOW,
    )
    exception = FieldException(
        id=new_id(),
        kind="work_on_cancelled",
        subject=f"of {whose}",
        branch_id=branch,
        ticket_id=ticket.id,
        job_id=job.id,
        owner_role="storekeeper",
        state="decided" if is_over else "open",
        opened_at=NOW,
    )
    variance = FieldException(
        id=new_id(),
        kind="stock_negative",
        subject=f"stock of {whose}",
        branch_id=branch,
        owner_role="storekeeper",
        state="decided" if is_over else "open",
        opened_at=NOW,
    )
    count = StockCount(
        id=new_id(),
        place=f"van:{who.id}",
        branch_id=branch,
        state="settled" if is_over else "open",
        is_full=False,
        lines=[],
        counted_at=NOW,
        counted_by=who.id,
    )
    brought = Import(
        id=new_id(),
        kind="parts",
        branch_id=branch,
        file_name="parts.csv",
        sha256="c" * 64,
        size=3,
        content=as_text(b"sku"),
        state="dropped" if is_over else "checked",
        brought_at=NOW,
        brought_by=people.STOCK.id,
    )
    swap = SerialSwap(
        id=new_id(),
        job_id=job.id,
        old_serial="SN-1",
        new_serial="SN-2",
        swapped_at=NOW,
        returned_at=NOW if is_over else None,
    )
    certificate = Certificate(
        id=new_id(),
        person_id=who.id,
        kind="gas",
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 12, 31),
    )
    _save(session, customer, site, product, asset, ticket, job, visit, request, movement)
    absence = Absence(
        id=new_id(),
        person_id=who.id,
        begins_on=date(2026, 12, 1),
        ends_on=date(2026, 12, 3),
        reason="holiday",
        noted_by=people.BOB.id,
        noted_at=NOW,
    )
    invitation = Invitation(
        id=new_id(),
        kind="join",
        organisation_id=who.organisation_id,
        content={"name": "Nora", "role": "installer", "organisation_id": who.organisation_id},
        made_by=people.SUN.id,
        made_at=NOW,
        expires_at=NOW + timedelta(days=7),
        ended_at=NOW if is_over else None,
        ended_why="withdrawn" if is_over else None,
    )
    _save(session, photo, receipt, revisit, exception, swap, certificate, absence, invitation)
    notice = Notice(
        id=new_id(),
        key=f"notice of {whose}",
        kind="made",
        channel="email",
        branch_id=branch,
        ticket_id=ticket.id,
        state="failed",
        happened_at=NOW,
        made_at=NOW,
        run_at=NOW,
    )
    customer_link = CustomerLink(
        id=new_id(),
        ticket_id=ticket.id,
        purpose="act",
        made_for="office",
        made_by=people.WEI.id,
        made_at=NOW,
        expires_at=NOW + timedelta(days=60),
        revoked_at=NOW if is_over else None,
    )
    move = MoveRequest(
        id=new_id(),
        ticket_id=ticket.id,
        job_id=job.id,
        window_start=NOW + timedelta(days=2),
        window_end=NOW + timedelta(days=2, hours=2),
        was_start=NOW + timedelta(days=1),
        was_end=NOW + timedelta(days=1, hours=2),
        assignee_id=who.id,
        state="refused" if is_over else "open",
        asked_at=NOW,
    )
    _save(session, customer_link, move, variance, count, brought, link, given, notice)
    kept: dict[str, Any] = {
        "customer_photo": given,
        "photo_link": link,
        "ticket": ticket,
        "job": job,
        "visit": visit,
        "request": request,
        "photo": photo,
        "receipt": receipt,
        "revisit": revisit,
        "exception": exception,
        "swap": swap,
        "invitation": invitation,
        "link": customer_link,
        "move": move,
        "variance": variance,
        "count": count,
        "import": brought,
        "notice": notice,
    }
    if is_over:
        for noun, paper in (("certificate", certificate), ("absence", absence)):
            session.delete(paper)  # withdrawn, it is no more
            world.has(noun, whose, paper.id)
        tablet = Device(id=new_id(), enrolled_by=who.id, status="revoked", **_TABLET)
        _save(session, tablet)
        kept["device"] = tablet
    else:
        double = make.make_customer(branch_id=branch, merged_into=customer.id)
        merge = make.make_merge(customer, double)
        _save(session, double, merge)
        kept |= {"customer": customer, "site": site, "asset": asset, "merge": merge}
        kept |= {"movement": movement, "certificate": certificate, "absence": absence}
        if who not in people.CAST:
            tablet = Device(id=new_id(), enrolled_by=who.id, **_TABLET)
            _save(session, tablet)
            kept["device"] = tablet
    for noun, row in kept.items():
        world.has(noun, whose, row.id)
    if not is_over:
        world.has("place", whose, f"van:{who.id}")


def _upload(session: Session, world: World, who: Character) -> None:
    """An upload under way; one that has run out is forgotten by the worker, and never was."""
    upload = Upload(
        id=new_id(),
        sha256=f"{who.number:064x}",
        size=100,
        mime="image/jpeg",
        metadata_raw="",
        person_id=who.id,
        device_id=world.things["device"][who.username],
        created_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=1),
    )
    _save(session, upload)
    world.has("upload", who.username, upload.id)


def _verdict(session: Session, world: World, who: Character) -> None:
    """Somebody's last word on Alice's visit, or that of their own branch."""
    whose = "sid" if who.organisation_id == SOUTH else "alice"
    job = session.get_one(Job, world.things["job"][whose])
    stood = verdicts.before(session, job)
    verdict = Verdict(
        id=new_id(),
        job_id=job.id,
        verdict="accept",
        by_id=who.id,
        at=NOW,
        before=stood,
        made={"ticket": stood["ticket"]},
    )
    _save(session, verdict)
    world.has("verdict", who.username, verdict.id)
