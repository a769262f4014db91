"""One of everything that has an address, for tests that try all of the API."""

from collections.abc import Callable
from datetime import date

from server.db.exceptions import FieldException
from server.db.people import Certificate, Device
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.ids import new_id
from tests import make, people

DEVICE = "01980000-0000-7000-8000-00000000d0ff"


def move_in(save: Callable[..., None]) -> dict[str, str]:
    """Saves it all; returns the ids by the names that parameters and bodies have for them."""
    customer, product, part = make.make_customer(), make.make_product(), make.make_part()
    site = make.make_site(customer)
    asset = make.make_asset(site, product)
    ticket = make.make_ticket(customer, site)
    job, visit = make.make_job(ticket, site)
    request = make.make_request(job)
    movement = make.make_movement(part.sku, 20)
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
        taken_at=people.NOW,
        taken_by=people.ALICE.id,
        state="checked",
    )
    receipt = Receipt(
        id=new_id(),
        job_id=job.id,
        visit_id=visit.id,
        version=1,
        state="presented",
        digest="b" * 64,
        content={"format": "doorstep-receipt/1"},
        language="zh",
        base_rev=1,
        made_at=people.NOW,
    )
    revisit = Revisit(
        id=new_id(),
        ticket_id=ticket.id,
        job_id=job.id,
        trigger="signed_with_reservation",
        cause="reservation",
        mode="proposed",
        state="proposed",
        opened_at=people.NOW,
    )
    exception = FieldException(
        id=new_id(),
        kind="work_on_cancelled",
        subject="one of each",
        branch_id=people.NORTH,
        ticket_id=ticket.id,
        job_id=job.id,
        owner_role="dispatcher",
        opened_at=people.NOW,
    )
    certificate = Certificate(
        id=new_id(),
        person_id=people.LENA.id,
        kind="electrician",
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 12, 31),
    )
    device = Device(
        id=DEVICE,
        platform="android",
        name="Carol's tablet",
        secret_hash="0" * 64,
        enrolled_by=people.CAROL.id,
        enrolled_at=people.NOW,
    )
    save(customer, site, product, asset, part, ticket, job, visit, request, movement)
    save(photo, receipt, revisit, exception, certificate, device)
    return {
        "customer_id": customer.id,
        "site_id": site.id,
        "product_id": product.id,
        "asset_id": asset.id,
        "sku": part.sku,
        "movement_id": movement.id,
        "ticket_id": ticket.id,
        "job_id": job.id,
        "visit_id": visit.id,
        "request_id": request.id,
        "photo_id": photo.id,
        "receipt_id": receipt.id,
        "revisit_id": revisit.id,
        "exception_id": exception.id,
        "certificate_id": certificate.id,
        "device_id": device.id,
        "person_id": people.LENA.id,
        "assignee_id": people.ALICE.id,
        "branch_id": people.NORTH,
        "organisation_id": people.NORTH,
    }
