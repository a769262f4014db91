"""The ways out: endpoints of other systems, and by which gateways a branch sends."""

from typing import Any

import marshmallow as ma
from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.auth import me, needs
from server.db import notices as rows
from server.db.notices import Endpoint, Notice
from server.db.people import Organisation, names_of
from server.domain import errors
from server.domain import notices as rules
from server.house import house
from server.notices import catalogue, endpoints, webhooks
from server.office import answers, forms, notices, told
from server.office.labels import label
from server.schemas import Ident, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("webhooks", __name__)

LOG = 30  # the newest messages to one endpoint
PROBLEMS = {
    "not_valid": _l("This cannot be used here. Please check it."),
    "not_https": _l("Only addresses that begin with https:// are called."),
    "own_network": _l("This lies in our own network, and is not called."),
    "unknown": _l("Nobody here knows this service."),
    "phone_missing": _l("Put {phone} where the customer's number belongs."),
}


class EndpointForm(Shape):
    url = Text(2_000, required=True)
    label = Text(100)
    branch_id = Ident()
    drops_repeats = ma.fields.Boolean(truthy={"yes"}, falsy={"no"})


class Switch(Shape):
    to = Text(10, required=True, validate=one_of("on", "off"))


class GatewayForm(Shape):
    branch_id = Ident(required=True)
    channel = Text(10, required=True, validate=one_of(rules.SMS, rules.CHAT))
    url = Text(2_000)


def _read() -> dict[str, Any]:
    """The form of an endpoint: all that it says, also what is not ticked."""
    form = forms.read(EndpointForm, keep_empty=("label",))
    events = [each for each in catalogue.KINDS if each in request.form.getlist("event")]
    if not events and request.form.get("which") == "some":
        raise errors.Invalid(errors={"event": ["missing"]})
    return {
        "label": "",
        "branch_id": None,
        "drops_repeats": False,
        **form,
        "events": events if request.form.get("which") == "some" else [],
    }


def _problems(wrong: errors.Invalid) -> dict[str, str]:
    told_of = wrong.details.get("errors", {})
    found = forms.problems_of(wrong)
    for name, codes in told_of.items():
        if codes and codes[0] in PROBLEMS:
            found[name] = str(PROBLEMS[codes[0]])
    return found


def _name(endpoint: Endpoint) -> str:
    return endpoint.label or endpoint.url.partition("?")[0]


# Endpoints.


@blp.get("/webhooks")
@reads
@needs("webhook.write")
def show_all(session: Session) -> str:
    return _page(session)


def _page(session: Session, **left: Any) -> str:
    known = rows.endpoints(session)
    branches = _branches(session)
    gateways = rows.gateways(session)
    return render_template(
        "office/webhooks.html",
        endpoints=known,
        branches=branches,
        branch_names={each.id: each.name for each in branches},
        gateways={(each.branch_id, each.channel): each for each in gateways},
        names=names_of(session, {each.set_by for each in gateways}),
        channels=(rules.SMS, rules.CHAT),
        kinds=catalogue.KINDS,
        summaries=catalogue.SUMMARIES,
        smtp=house().config.smtp,
        **{"typed": forms.Typed(), "chosen": [], "gateway_typed": forms.Typed(), **left},
    )


def _branches(session: Session) -> list[Organisation]:
    found = select(Organisation).where(Organisation.kind == "branch")
    return list(session.scalars(found.order_by(Organisation.name, Organisation.id)))


@blp.post("/webhooks")
@writes
@needs("webhook.write")
def add(session: Session) -> AnyResponse | tuple[str, int]:
    try:
        form = _read()
        if len(rows.endpoints(session)) >= endpoints.MOST_ENDPOINTS:
            raise errors.Invalid(errors={"url": ["too_many"]})
        made, _secret = endpoints.add(session, house().config, me(), form, house().clock())
    except errors.Invalid as wrong:
        typed = forms.Typed(request.form, _problems(wrong))
        return _page(session, typed=typed, chosen=request.form.getlist("event")), 422
    told.tell("endpoint_added", _name(made))
    return answers.go_to("office.webhooks.show", endpoint_id=made.id)


@blp.get("/webhooks/<endpoint_id>")
@reads
@needs("webhook.write")
def show(session: Session, endpoint_id: str) -> str:
    return _endpoint_page(session, rows.endpoint_for(session, endpoint_id))


def _endpoint_page(session: Session, endpoint: Endpoint, **left: Any) -> str:
    newest = select(Notice).where(Notice.endpoint_id == endpoint.id)
    log = session.scalars(newest.order_by(Notice.made_at.desc(), Notice.id.desc()).limit(LOG)).all()
    return render_template(
        "office/webhook.html",
        endpoint=endpoint,
        name=_name(endpoint),
        branches=_branches(session),
        kinds=catalogue.KINDS,
        summaries=catalogue.SUMMARIES,
        log=notices.told_of(session, log),
        **{"typed": forms.Typed(), "chosen": endpoint.events, "secret": None, **left},
    )


@blp.post("/webhooks/<endpoint_id>")
@writes
@needs("webhook.write")
def change(session: Session, endpoint_id: str) -> AnyResponse | tuple[str, int]:
    endpoint = rows.endpoint_for(session, endpoint_id, to_change=True)
    try:
        if request.form.get("rev", "") != str(endpoint.rev):
            raise errors.ChangedMeanwhile()
        endpoints.change(session, house().config, me(), endpoint, _read(), house().clock())
    except errors.Invalid as wrong:
        typed = forms.Typed(request.form, _problems(wrong))
        page = _endpoint_page(session, endpoint, typed=typed, chosen=request.form.getlist("event"))
        return page, 422
    told.tell("endpoint_changed", _name(endpoint))
    return answers.go_to("office.webhooks.show", endpoint_id=endpoint.id)


@blp.post("/webhooks/<endpoint_id>/ping")
@writes
@needs("webhook.write")
def ping(session: Session, endpoint_id: str) -> AnyResponse:
    endpoint = rows.endpoint_for(session, endpoint_id)
    webhooks.ping(session, endpoint, house().clock())
    told.tell("endpoint_pinged", _name(endpoint))
    return answers.go_to("office.webhooks.show", endpoint_id=endpoint.id)


@blp.post("/webhooks/<endpoint_id>/secret")
@writes
@needs("webhook.write")
def secret(session: Session, endpoint_id: str) -> str:
    """Shows it, and says in the audit who has seen it."""
    endpoint = rows.endpoint_for(session, endpoint_id)
    shown = endpoints.secret_of(session, house().config, me(), endpoint, house().clock())
    return _endpoint_page(session, endpoint, secret=shown or "–")


@blp.post("/webhooks/<endpoint_id>/rotate")
@writes
@needs("webhook.write")
def rotate(session: Session, endpoint_id: str) -> AnyResponse:
    endpoint = rows.endpoint_for(session, endpoint_id, to_change=True)
    endpoints.rotate(session, house().config, me(), endpoint, house().clock())
    told.tell("endpoint_rotated", _name(endpoint))
    return answers.go_to("office.webhooks.show", endpoint_id=endpoint.id)


@blp.post("/webhooks/<endpoint_id>/switch")
@writes
@needs("webhook.write")
def switch(session: Session, endpoint_id: str) -> AnyResponse:
    endpoint = rows.endpoint_for(session, endpoint_id, to_change=True)
    is_on = forms.read(Switch)["to"] == "on"
    endpoints.switch(session, me(), endpoint, on=is_on, now=house().clock())
    told.tell("endpoint_changed", _name(endpoint))
    return answers.go_to("office.webhooks.show", endpoint_id=endpoint.id)


@blp.post("/webhooks/<endpoint_id>/remove")
@writes
@needs("webhook.write")
def remove(session: Session, endpoint_id: str) -> AnyResponse:
    endpoint = rows.endpoint_for(session, endpoint_id, to_change=True)
    endpoints.remove(session, me(), endpoint, house().clock())
    told.tell("endpoint_removed", _name(endpoint))
    return answers.go_to("office.webhooks.show_all")


# Gateways: the address is written, never shown again.


@blp.post("/gateways")
@writes
@needs("webhook.write")
def set_gateway(session: Session) -> AnyResponse | tuple[str, int]:
    """An empty address takes the gateway away."""
    try:
        form = forms.read(GatewayForm)
        branch = session.get(Organisation, form["branch_id"])
        if branch is None or branch.kind != "branch":
            raise errors.NotFound()
        where, url, now = (branch.id, form["channel"]), form.get("url"), house().clock()
        if url:
            endpoints.set_gateway(session, house().config, me(), *where, url, now)
        else:
            endpoints.remove_gateway(session, me(), *where, now)
    except errors.Invalid as wrong:
        typed = forms.Typed(
            {name: text for name, text in request.form.items() if name != "url"}, _problems(wrong)
        )
        return _page(session, gateway_typed=typed), 422
    about = f"{branch.name}: {label(form['channel'], 'notice_channel')}"
    told.tell("gateway_set" if url else "gateway_removed", about)
    return answers.go_to("office.webhooks.show_all")
