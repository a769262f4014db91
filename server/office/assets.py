"""Assets: one thing that a customer bought on a page of its own; added and edited in place."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import assets
from server.auth import me, needs
from server.db.customers import Asset, Customer, Product, Site, get_asset, get_site
from server.db.jobs import Job
from server.db.parts import SerialSwap
from server.db.tickets import Ticket, visible_to
from server.domain import errors
from server.house import house
from server.office import answers, edits, forms
from server.office.edits import Clash
from server.office.wording import address, in_language, language
from server.schemas import ComingDay, Ident, Shape, Text
from server.transactions import reads, writes

blp = Blueprint("assets", __name__)

HISTORY, PRODUCTS = 50, 500


class Changes(Shape):
    product_id = Ident()
    site_id = Ident()
    serial = Text(100, allow_none=True)
    order_number = Text(100)
    sold_on = ComingDay(allow_none=True)
    warranty_until = ComingDay(allow_none=True)


class NewAsset(Shape):
    product_id = Ident(required=True)
    serial = Text(100, allow_none=True)
    order_number = Text(100)
    sold_on = ComingDay(allow_none=True)
    warranty_until = ComingDay(allow_none=True)


KEEP_EMPTY = ("serial", "order_number", "sold_on", "warranty_until")
WRONG = (errors.Invalid, errors.ReferenceUnknown, errors.AlreadyThere)


@blp.get("/assets/<asset_id>")
@reads
@needs("customer.read")
def show(session: Session, asset_id: str) -> str:
    asset = get_asset(session, me(), asset_id)
    tickets = visible_to(me()).where(Ticket.asset_id == asset.id)
    newest = tickets.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(HISTORY)
    swaps = select(SerialSwap).where(SerialSwap.job_id.in_(_jobs_of(asset)))
    return render_template(
        "office/asset.html",
        asset=asset,
        site=asset.site,
        customer=session.get_one(Customer, asset.site.customer_id),
        tickets=list(session.scalars(newest)),
        swaps=list(session.scalars(swaps.order_by(SerialSwap.swapped_at))),
        today=house().clock().date(),
    )


def _jobs_of(asset: Asset) -> Select[str]:
    """The jobs of its tickets: those that may have swapped its serial number."""
    of_asset = select(Ticket.id).where(Ticket.asset_id == asset.id)
    return select(Job.id).where(Job.ticket_id.in_(of_asset))


@blp.get("/sites/<site_id>/assets/new")
@reads
@needs("customer.write")
def begin(session: Session, site_id: str) -> str:
    return _new_form(session, get_site(session, me(), site_id), forms.Typed())


@blp.post("/sites/<site_id>/assets/new")
@writes
@needs("customer.write")
def add(session: Session, site_id: str) -> AnyResponse | tuple[str, int]:
    site = get_site(session, me(), site_id)
    try:
        form = {**forms.read(NewAsset), "site_id": site.id}
        asset = assets.add(session, me(), form, house().clock())
    except WRONG as wrong:
        return _new_form(session, site, forms.Typed(request.form, _problems(wrong))), 422
    return answers.go_to("office.assets.show", asset_id=asset.id)


def _problems(wrong: errors.DoorstepError) -> dict[str, str]:
    if isinstance(wrong, errors.AlreadyThere):
        return {str(wrong.details.get("field")): wrong.sentence(language())}
    return forms.problems_of(wrong)


def _new_form(session: Session, site: Site, typed: forms.Typed) -> str:
    return render_template(
        "office/asset_new.html",
        site=site,
        customer=session.get_one(Customer, site.customer_id),
        products=_products(session),
        typed=typed,
    )


@blp.get("/assets/<asset_id>/edit")
@reads
@needs("customer.write")
def edit(session: Session, asset_id: str) -> str:
    return _form(session, get_asset(session, me(), asset_id), forms.Typed())


@blp.post("/assets/<asset_id>/edit")
@writes
@needs("customer.write")
def change(session: Session, asset_id: str) -> AnyResponse | tuple[str, int]:
    asset = get_asset(session, me(), asset_id, to_change=True)
    try:
        form = forms.read(Changes, keep_empty=KEEP_EMPTY)
        edit = edits.read(session, asset, Changes, form, "asset", asset.id)
        if not edit.clashes:
            assets.change(session, me(), asset, edit.mine, house().clock())
    except WRONG as wrong:
        return _form(session, asset, forms.Typed(request.form, _problems(wrong))), 422
    if edit.clashes:
        return _form(session, asset, forms.typed(), edit.clashes), 409
    return answers.go_to("office.assets.show", asset_id=asset.id)


def _form(
    session: Session, asset: Asset, typed: forms.Typed, clashes: Mapping[str, Clash] | None = None
) -> str:
    page = "asset_facts_form.html" if answers.is_fragment() else "asset_edit.html"
    sites = select(Site).where(Site.customer_id == asset.site.customer_id).order_by(Site.id)
    return render_template(
        f"office/{page}",
        asset=asset,
        edit=edits.form_of(asset, Changes, typed, clashes),
        products=_products(session, asset.product),
        sites=[(each.id, address(each)) for each in session.scalars(sites)],
    )


def _products(session: Session, own: Product | None = None) -> list[tuple[str, str]]:
    """What may be chosen: what the shop sells, and what it was until now."""
    sold = select(Product).where(Product.is_active).order_by(Product.name, Product.id)
    found = list(session.scalars(sold.limit(PRODUCTS)))
    if own is not None and own not in found:
        found.insert(0, own)
    return [(each.id, f"{in_language(each, 'name')} · {each.model}") for each in found]
