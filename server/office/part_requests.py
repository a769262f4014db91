"""Parts asked for: what each request needs next, and the steps a storekeeper takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import marshmallow as ma
from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import part_requests
from server.auth import me, needs
from server.db import stock
from server.db.jobs import Job
from server.db.parts import PartRequest, get_request, open_requests, requests_visible_to
from server.db.people import Organisation, names_of
from server.db.revisits import Revisit
from server.domain import errors
from server.domain import parts as rules
from server.house import house
from server.office import answers, forms, lists, scanning, told
from server.office.wording import zone_of_office
from server.schemas import Code, ComingDay, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("part_requests", __name__)

NOON = time(12)
STEPS = {
    "reserve": part_requests.reserve,
    "hand_over": part_requests.hand_over,
    "ship": part_requests.ship,
    "arrive": part_requests.arrive,
}
SHOWN = ("send", "all")  # the lists beside the open ones, to which one comes back
ENDS = {"cancel": part_requests.cancel, "ask_again": part_requests.ask_again}


class Step(Shape):
    step = ma.fields.String(required=True, validate=one_of(*STEPS, *ENDS))
    from_place = Text(100)
    tracking = Text(200)
    expected_on = ComingDay()
    reason = Text(1_000)


class Name(Shape):
    sku = Code(required=True)


@blp.get("/part-requests")
@reads
@needs("request.read")
def find(session: Session) -> str:
    """The open ones, the oldest first; those that are still to be sent; all of them on request."""
    seen = requests_visible_to(me())
    waiting = open_requests(seen)
    to_send = waiting.where(PartRequest.state.in_(rules.NOT_SENT))
    page = lists.of(
        session,
        {"open": waiting, "send": to_send, "all": seen},
        (PartRequest.requested_at, PartRequest.id),
    )
    names = scanning.names(session, {each.sku for each in page.rows if each.sku})
    return render_template(
        "office/part_requests.html",
        requests=_wishes(session, page.rows),
        names=names,
        next=page.next,
        show=page.show,
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with where its part lies, who would take it along, and the revisit that waits for it."""

    row: PartRequest
    sources: list[tuple[str, str, int]]
    taker: str
    revisit: Revisit | None

    @property
    def task(self) -> rules.Task | None:
        """What somebody does next about it."""
        known = self.revisit.planned_job_id if self.revisit else None
        return rules.what_to_do({"state": self.row.state, "sku": self.row.sku, "revisit_id": known})


def _wishes(session: Session, rows: Sequence[PartRequest]) -> list[Wish]:
    """With one question for each kind of thing, however many requests there are."""
    ids = {each.job_id for each in rows}
    revisits = {
        each.job_id: each
        for each in session.scalars(
            select(Revisit).where(Revisit.job_id.in_(ids)).order_by(Revisit.opened_at)
        )
        if each.state != "dismissed"
    }
    planned = {each.planned_job_id for each in revisits.values()} - {None}
    jobs = select(Job.id, Job.assignee_id).where(Job.id.in_(ids | planned))
    goes: dict[str, str] = dict(session.execute(jobs).all())
    people = names_of(session, goes.values())
    lie = _sources(session, {each.sku for each in rows if each.sku})
    wishes = []
    for each in rows:
        revisit = revisits.get(each.job_id)
        job_id = (revisit.planned_job_id if revisit else None) or each.job_id
        taker = people.get(goes.get(job_id), "")
        wishes.append(Wish(each, lie.get(each.sku or "", []), taker, revisit))
    return wishes


def _sources(session: Session, skus: set[str]) -> dict[str, list[tuple[str, str, int]]]:
    """sku -> the own warehouses, each with how many lie there; the own one first."""
    houses = session.scalars(
        stock.warehouses_of(me()).order_by(
            Organisation.id != me().organisation_id, Organisation.name
        )
    ).all()
    held = stock.at_places(session, [f"warehouse:{each.id}" for each in houses], skus)
    found: dict[str, list[tuple[str, str, int]]] = {sku: [] for sku in skus}
    for sku in skus:
        for each in houses:
            lies = held.get((f"warehouse:{each.id}", sku), 0)
            if lies > 0 or each.id == me().organisation_id:
                found[sku].append((f"warehouse:{each.id}", each.name, lies))
    return found


@blp.post("/part-requests/<request_id>/step")
@writes
@needs("request.write")
def step(session: Session, request_id: str) -> AnyResponse:
    """Set aside, sent, arrived, called off, or asked for anew."""
    wanted = _locked(session, request_id)
    form = forms.read(Step)
    now = house().clock()
    if form["step"] in STEPS:
        STEPS[form["step"]](session, me(), wanted, _with_moment(form), now)
    elif reason := form.get("reason"):
        ENDS[form["step"]](session, me(), wanted, reason, now)
    else:
        raise errors.ReasonMissing()
    told.tell(f"part_{form['step']}", f"{wanted.quantity} × {wanted.sku or wanted.words}")
    shown = request.args.get("show")
    return answers.go_to("office.part_requests.find", show=shown if shown in SHOWN else None)


def _with_moment(form: dict[str, Any]) -> dict[str, Any]:
    """The day on which a parcel is expected counts from noon, as the office reckons."""
    day: date | None = form.pop("expected_on", None)
    if day is not None:
        form["expected_at"] = forms.moment_of(day, NOON, zone_of_office())
    return form


def _locked(session: Session, request_id: str) -> PartRequest:
    wanted = get_request(session, me(), request_id)
    session.refresh(wanted, with_for_update={"of": PartRequest})
    return wanted


@blp.post("/part-requests/<request_id>/name")
@writes
@needs("request.write")
def name(session: Session, request_id: str) -> AnyResponse:
    """The part that is meant, once somebody has found out."""
    wanted = _locked(session, request_id)
    part_requests.change(session, me(), wanted, forms.read(Name), house().clock())
    return answers.go_to("office.part_requests.find")
