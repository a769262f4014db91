"""Customers: `/api/v1/customers`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import customers
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.auth import me, needs
from server.db import search
from server.db.customers import Customer, customers_visible_to, get_customer
from server.house import house
from server.schemas import (
    Flag,
    Ident,
    Moment,
    PageQuery,
    Shape,
    Text,
    must_be_email_or_empty,
    one_of,
    page_of,
)
from server.transactions import reads, writes

blp = Blueprint(
    "customers",
    __name__,
    description="Customers (accounts): the people in whose homes the work is done.",
)


class CustomerSchema(ma.Schema):
    id = ma.fields.String(required=True)
    branch_id = ma.fields.String(
        required=True, metadata={"description": "The branch that looks after the customer."}
    )
    name = ma.fields.String(required=True)
    phone = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    is_vip = ma.fields.Boolean(required=True)
    notes = ma.fields.String(required=True)
    created_at = Moment(required=True)
    rev = ma.fields.Integer(
        required=True, metadata={"description": "Raised by every change; also the `ETag`."}
    )


class CustomerChanges(Shape):
    name = Text(200, least=1, metadata={"example": "Li Na"})
    phone = Text(
        64,
        metadata={
            "example": "+86 138 0013 8000",
            "description": "As the customer writes it; a search ignores blanks and dashes.",
        },
    )
    email = Text(254, validate=must_be_email_or_empty, metadata={"example": "li@example.com"})
    language = Text(
        2,
        validate=one_of("en", "zh"),
        metadata={"description": "What receipts and notices are written in.", "example": "zh"},
    )
    is_vip = Flag(metadata={"description": "Halves the time promises."})
    notes = Text(metadata={"description": "For the office; never shown to an installer."})


class NewCustomer(CustomerChanges):
    name = Text(200, least=1, required=True, metadata={"example": "Li Na"})
    branch_id = Ident(
        metadata={"description": "Your own branch unless told; only a supervisor names another."}
    )


class CustomerQuery(PageQuery):
    q = Text(
        200,
        least=1,
        metadata={
            "description": "Words that the customer is found by, all of them: the beginning of a name "
            "(in Chinese any part), e-mail, address, order number or serial number, and any four "
            "digits and more of a phone number (blanks and dashes do not count). Of very many the "
            "newest are looked through.",
            "example": "138 0013",
        },
    )


@blp.route("/customers")
@reads
@needs("customer.read")
@blp.arguments(CustomerQuery, location="query")
@blp.response(200, page_of(CustomerSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List or search customers."""
    found = customers_visible_to(me())
    if "q" in asked:
        found = search.customers_like(session, me(), found, asked["q"])
    return page(session, found, (Customer.id,), as_it_is, asked)


@blp.route("/customers", methods=["POST"])
@writes
@needs("customer.write")
@blp.arguments(NewCustomer)
@blp.response(201, CustomerSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Add a customer.

    Search by phone number first: nobody likes to be asked twice.
    """
    customer = customers.add(session, me(), form, house().clock())
    return customer, created(customer.rev, "customers", customer.id)


@blp.route("/customers/<customer_id>")
@reads
@needs("customer.read")
@blp.response(200, CustomerSchema)
def show(session: Session, customer_id: str) -> Any:
    """Show one customer."""
    customer = get_customer(session, me(), customer_id)
    return customer, etag(customer.rev)


@blp.route("/customers/<customer_id>", methods=["PATCH"])
@writes
@needs("customer.write")
@blp.arguments(CustomerChanges)
@blp.response(200, CustomerSchema)
def change(session: Session, form: dict[str, Any], customer_id: str) -> Any:
    """Change a customer.

    Tablets with an open job for this customer see the new name, phone number and language at their next pull.
    """
    customer = open_for_change(session, get_customer(session, me(), customer_id))
    customers.change(session, me(), customer, form, house().clock())
    return customer, etag(customer.rev)
