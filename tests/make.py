"""Things for tests, complete and ordinary; each takes what the test wants to be different.

They are rows that nobody has saved: `save(customer, site)` writes them in this order.
"""

from datetime import timedelta
from typing import Any

from server.db.customers import Asset, Customer, Product, Site
from server.db.jobs import Job, Visit
from server.db.merges import Merge
from server.db.parts import Movement, Part, PartRequest
from server.db.tickets import Ticket
from server.domain import visits
from server.domain.parts import Place
from server.ids import new_id
from tests.people import ALICE, BOB, NORTH, NOW, STOCK, SUN, WEI, Character


def make_customer(**changes: Any) -> Customer:
    ordinary = {
        "id": new_id(),
        "branch_id": NORTH,
        "name": "Li Na",
        "phone": "+86 138 0013 8000",
        "language": "zh",
        "created_at": NOW,
    }
    return Customer(**{**ordinary, **changes})


def make_site(customer: Customer, **changes: Any) -> Site:
    ordinary = {
        "id": new_id(),
        "customer_id": customer.id,
        "address": "12 Jade Lane, flat 301",
        "city": "Chengdu",
        "country": "CN",
        "time_zone": "Asia/Shanghai",
    }
    return Site(**{**ordinary, **changes})


def make_merge(kept: Customer, merged: Customer, **changes: Any) -> Merge:
    ordinary = {
        "id": new_id(),
        "kept_id": kept.id,
        "merged_id": merged.id,
        "moved": {"sites": [], "tickets": [], "consents": []},
        "fields": {},
        "merged_at": NOW,
        "merged_by": SUN.id,
        "undo_until": NOW + timedelta(days=30),
    }
    return Merge(**{**ordinary, **changes})


def make_product(**changes: Any) -> Product:
    its_id = new_id()
    ordinary = {
        "id": its_id,
        "model": f"HOOD-{its_id[-6:]}",
        "name": "Kitchen hood",
        "name_zh": "抽油烟机",
        "category": "appliance",
        "warranty_months": 24,
    }
    return Product(**{**ordinary, **changes})


def make_asset(site: Site, product: Product, **changes: Any) -> Asset:
    ordinary = {
        "id": new_id(),
        "site_id": site.id,
        "product_id": product.id,
        "serial": "SN-1",
        "order_number": "ORDER-7",
    }
    return Asset(**{**ordinary, **changes})


def make_part(**changes: Any) -> Part:
    ordinary = {"sku": "HINGE-110", "name": "Hinge 110°", "name_zh": "铰链", "unit_price": 1250}
    return Part(**{**ordinary, **changes})


def make_movement(sku: str, quantity: int, **changes: Any) -> Movement:
    ordinary = {
        "id": new_id(),
        "at": NOW,
        "kind": "receive",
        "sku": sku,
        "quantity": quantity,
        "from_place": "supplier",
        "to_place": str(Place("warehouse", NORTH)),
        "person_id": STOCK.id,
    }
    return Movement(**{**ordinary, **changes})


def make_ticket(customer: Customer, site: Site | None = None, **changes: Any) -> Ticket:
    its_id = new_id()
    ordinary = {
        "id": f"T-{its_id[-8:]}",
        "branch_id": customer.branch_id,
        "customer_id": customer.id,
        "site_id": site.id if site else None,
        "kind": "repair",
        "summary": "The door does not close",
        "opened_at": NOW,
        "opened_by": WEI.id,
    }
    return Ticket(**{**ordinary, **changes})


def make_job(
    ticket: Ticket, site: Site, assignee: Character = ALICE, **changes: Any
) -> tuple[Job, Visit]:
    """A job that was issued; its sheet is written once something touches it."""
    its_id = new_id()
    job_id, visit_id = f"J-{its_id[-8:]}", new_id()
    ordinary = {
        "id": job_id,
        "ticket_id": ticket.id,
        "branch_id": ticket.branch_id,
        "site_id": site.id,
        "work": "Set the door right",
        "time_zone": site.time_zone,
        "assignee_id": assignee.id,
        "slots": [],
        "checklist": {"name": "repair", "version": 1, "steps": []},
        "issued_at": NOW,
        "issued_by": BOB.id,
        "visit_id": visit_id,
    }
    visit = Visit(
        id=visit_id,
        job_id=job_id,
        person_id=assignee.id,
        assigned_at=NOW,
        content=visits.empty(),
    )
    return Job(**{**ordinary, **changes}), visit


def make_request(job: Job, **changes: Any) -> PartRequest:
    ordinary = {
        "id": new_id(),
        "ticket_id": job.ticket_id,
        "job_id": job.id,
        "sku": "HINGE-110",
        "quantity": 2,
        "reason": "missing",
        "requested_at": NOW,
    }
    return PartRequest(**{**ordinary, **changes})
