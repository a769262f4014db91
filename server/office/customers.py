"""Customers: the list, and one file for each: people, places, things, and all that was ever done there."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import consents, customers
from server.actions import sites as site_acts
from server.auth import me, needs
from server.db import doubles, keysets, search, tickets
from server.db.customers import Customer, customers_visible_to, get_customer
from server.domain import customers as rules
from server.domain import errors
from server.house import house
from server.office import answers, customer_files, edits, forms, labels, lists
from server.office.edits import Clash
from server.schemas import Shape, Text, must_be_email_or_empty, one_of
from server.transactions import reads, writes

blp = Blueprint("customers", __name__)

TIME_IS_UP = "time_is_up"


class Changes(Shape):
    name = Text(200, least=1)
    phone = Text(64)
    email = Text(254, validate=must_be_email_or_empty)
    language = Text(2, validate=one_of("en", "zh"))
    is_vip = forms.YesNo()
    notes = Text()


KEEP_EMPTY = ("phone", "email", "notes")


class NewCustomer(Changes):
    """Somebody new, and where they live; `is_new` says that it is none of those who look the same."""

    name = Text(200, least=1, required=True)
    address = Text(least=1, required=True)
    district = Text(100)
    city = Text(100)
    access_notes = Text()
    is_new = forms.YesNo()


OF_SITE = ("address", "district", "city", "access_notes")


class Word(Shape):
    """What a customer says about one purpose."""

    purpose = Text(64, required=True, validate=one_of(*rules.PURPOSES))
    channel = Text(64, required=True, validate=one_of(*rules.CHANNELS))
    word = Text(9, required=True, validate=one_of("given", "withdrawn"))
    how = Text(64, required=True, validate=one_of(*rules.HOWS))
    words = Text()


class Hold(Shape):
    reason = Text(least=1, required=True)


# The list.


@blp.get("/customers")
@reads
@needs("customer.read")
def find(session: Session) -> str:
    """All of them by name, or those whom some words find; whoever was erased has no name to be found by."""
    words = forms.words_in(request.args)
    found = customers_visible_to(me()).where(Customer.erased_at.is_(None))
    is_over = request.args.get("show") == TIME_IS_UP
    key: keysets.Key = (Customer.name, Customer.id)
    if is_over:
        now = house().clock()
        ends = rules.years_before(now, customer_files.kept_years(session))
        found, key = tickets.out_of_time(found, ends), (Customer.id,)
    elif words:
        found = search.customers_like(session, me(), found, words)
    page = lists.page(session, found, key)
    ids = [each.id for each in page.rows]
    return render_template(
        "office/customers.html",
        customers=page.rows,
        next=page.next,
        words=words,
        show=TIME_IS_UP if is_over else None,
        places=customer_files.places(session, ids),
        counts=customer_files.ticket_counts(session, ids),
    )


@blp.get("/customers/new")
@reads
@needs("customer.write")
def begin(session: Session) -> str:
    """The form for somebody new."""
    return _new_form(session, forms.Typed(request.args))


@blp.post("/customers/new")
@writes
@needs("customer.write")
def add(session: Session) -> AnyResponse | tuple[str, int]:
    """Takes somebody in; asks first where somebody with this phone number or name and address is known."""
    try:
        form = forms.read(NewCustomer)
    except errors.Invalid as wrong:
        return _new_form(session, forms.Typed(request.form, forms.problems_of(wrong))), 422
    is_new = form.pop("is_new", False)
    of_site = {name: form.pop(name) for name in OF_SITE if name in form}
    alike = doubles.like(session, me(), form["name"], form.get("phone", ""), [of_site["address"]])
    if alike and not is_new:
        return _new_form(session, forms.typed(), alike), 409
    now = house().clock()
    customer = customers.add(session, me(), form, now)
    session.flush()
    site_acts.add(session, me(), {**of_site, "customer_id": customer.id}, now)
    return answers.go_to("office.customers.show", customer_id=customer.id)


def _new_form(
    session: Session, typed: forms.Typed, alike: list[doubles.Double] | None = None
) -> str:
    found = alike or []
    return render_template(
        "office/customer_new.html",
        typed=typed,
        alike=found,
        places=customer_files.places(session, [each.customer.id for each in found]),
    )


# One file.


@blp.get("/customers/<customer_id>")
@reads
@needs("customer.read")
def show(session: Session, customer_id: str) -> AnyResponse | str:
    """The whole file on one page. An id that was merged leads to the file that it belongs to now."""
    customer = get_customer(session, me(), customer_id)
    if customer.id != customer_id:
        return answers.go_to("office.customers.show", customer_id=customer.id)
    return shown(session, customer)


def shown(session: Session, customer: Customer, **more: Any) -> str:
    file = customer_files.read(session, customer, request.args.get("after"))
    return render_template(
        "office/customer.html",
        file=file,
        customer=customer,
        choices=labels.choices,
        purposes=rules.PURPOSES,
        channels=rules.CHANNELS,
        **more,
    )


@blp.get("/customers/<customer_id>/edit")
@reads
@needs("customer.write")
def edit(session: Session, customer_id: str) -> str:
    """The form in place of the facts; a page of its own without a script."""
    customer = get_customer(session, me(), customer_id)
    return _form(customer, forms.Typed())


@blp.post("/customers/<customer_id>/edit")
@writes
@needs("customer.write")
def change(session: Session, customer_id: str) -> AnyResponse | tuple[str, int]:
    customer = get_customer(session, me(), customer_id, to_change=True)
    try:
        form = forms.read(Changes, keep_empty=KEEP_EMPTY)
        edit = edits.read(session, customer, Changes, form, "customer", customer.id)
    except errors.Invalid as wrong:
        return _form(customer, forms.Typed(request.form, forms.problems_of(wrong))), 422
    if edit.clashes:
        return _form(customer, forms.typed(), edit.clashes), 409
    customers.change(session, me(), customer, edit.mine, house().clock())
    return answers.go_to("office.customers.show", customer_id=customer.id)


def _form(
    customer: Customer, typed: forms.Typed, clashes: Mapping[str, Clash] | None = None
) -> str:
    page = "customer_facts_form.html" if answers.is_fragment() else "customer_edit.html"
    return render_template(
        f"office/{page}", customer=customer, edit=edits.form_of(customer, Changes, typed, clashes)
    )


# What the customer agreed to, and what keeps the file.


@blp.post("/customers/<customer_id>/consents")
@writes
@needs("consent.write")
def note_consent(session: Session, customer_id: str) -> AnyResponse:
    """Notes that the customer agrees to something, or takes it back."""
    customer = get_customer(session, me(), customer_id, to_change=True)
    form = forms.read(Word)
    said = {name: form[name] for name in ("purpose", "channel", "how")}
    said |= {"is_given": form["word"] == "given", "words": form.get("words", "")}
    consents.note(session, me(), customer, said, house().clock())
    return _to_section(customer, "consent")


@blp.post("/customers/<customer_id>/hold")
@writes
@needs("customer.hold")
def hold(session: Session, customer_id: str) -> AnyResponse:
    """Keeps the file beyond its time, for a reason."""
    customer = get_customer(session, me(), customer_id, to_change=True)
    customers.hold(session, me(), customer, forms.read(Hold)["reason"], house().clock())
    return _to_section(customer, "retention")


@blp.post("/customers/<customer_id>/release")
@writes
@needs("customer.hold")
def release(session: Session, customer_id: str) -> AnyResponse:
    customer = get_customer(session, me(), customer_id, to_change=True)
    customers.lift_hold(session, me(), customer, house().clock())
    return _to_section(customer, "retention")


def _to_section(customer: Customer, section: str) -> AnyResponse:
    return answers.go_to("office.customers.show", customer_id=customer.id, _anchor=section)
