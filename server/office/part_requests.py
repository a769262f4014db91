"""Parts asked for: what each request needs next, and the steps a storekeeper takes."""

from datetime import date, time
from typing import Any

import marshmallow as ma
from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import part_requests
from server.auth import me, needs
from server.db.parts import PartRequest, get_request, open_requests, requests_visible_to
from server.domain import errors
from server.domain.parts import NOT_SENT
from server.house import house
from server.office import answers, forms, lists
from server.office.wording import zone_of_office
from server.schemas import Code, ComingDay, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("part_requests", __name__)

NOON = time(12)
STEPS = {
    "reserve": part_requests.reserve,
    "ship": part_requests.ship,
    "arrive": part_requests.arrive,
}
ENDS = {"cancel": part_requests.cancel, "ask_again": part_requests.ask_again}


class Step(Shape):
    step = ma.fields.String(required=True, validate=one_of(*STEPS, *ENDS))
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
    to_send = waiting.where(PartRequest.state.in_(NOT_SENT))
    page = lists.of(
        session,
        {"open": waiting, "send": to_send, "all": seen},
        (PartRequest.requested_at, PartRequest.id),
    )
    return render_template(
        "office/part_requests.html", requests=page.rows, next=page.next, show=page.show
    )


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
    return answers.go_to("office.part_requests.find")


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
