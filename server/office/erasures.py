"""Erasing a person: what goes, what stays and what is in the way, told before anything happens."""

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import erasures
from server.auth import me, needs
from server.db.customers import Customer, get_customer
from server.domain import errors
from server.house import house
from server.office import answers, forms
from server.schemas import Shape, Text
from server.transactions import reads, writes

blp = Blueprint("erasures", __name__)

OF_TICKETS = ("ticket_open", "exception_open", "part_on_its_way")


class Reason(Shape):
    reason = Text(least=1, required=True)


@blp.get("/customers/<customer_id>/erase")
@reads
@needs("customer.erase")
def show(session: Session, customer_id: str) -> AnyResponse | str:
    customer = get_customer(session, me(), customer_id)
    if customer.erased_at is not None:
        return answers.go_to("office.customers.show", customer_id=customer.id)
    return _shown(session, customer, forms.Typed())


def _shown(session: Session, customer: Customer, typed: forms.Typed) -> str:
    return render_template(
        "office/erase.html",
        customer=customer,
        obstacles=erasures.obstacles(session, customer),
        of_tickets=OF_TICKETS,
        typed=typed,
    )


@blp.post("/customers/<customer_id>/erase")
@writes
@needs("customer.erase")
def erase(session: Session, customer_id: str) -> AnyResponse | tuple[str, int]:
    """Erases for good, or tells what is in the way by now."""
    customer = get_customer(session, me(), customer_id)
    try:
        reason = forms.read(Reason)["reason"]
        erasures.erase(session, me(), customer, reason, house().clock())
    except errors.Invalid as wrong:
        return _shown(session, customer, forms.Typed({}, forms.problems_of(wrong))), 422
    except errors.ErasureRefused:
        return _shown(session, customer, forms.typed()), 409
    return answers.go_to("office.customers.show", customer_id=customer.id)
