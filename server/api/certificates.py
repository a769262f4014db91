"""Certificates: `/api/v1/certificates`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import certificates
from server.api.pages import as_it_is, page
from server.auth import me, needs
from server.db.people import Certificate, certificates_visible_to, get_certificate
from server.house import house
from server.schemas import Code, Day, Ident, PageQuery, Shape, Text, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "certificates",
    __name__,
    description="Certificates: papers that allow somebody a kind of work. A job that asks for one is "
    "never issued to somebody without.",
)


class CertificateSchema(ma.Schema):
    id = ma.fields.String(required=True)
    person_id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)


class NewCertificate(Shape):
    person_id = Ident(required=True)
    kind = Code(
        required=True,
        metadata={"description": "What products and jobs ask for.", "example": "gas"},
    )
    number = Text(64, metadata={"example": "GS-4711"})
    valid_from = Day(required=True, metadata={"description": "The first day on which it counts."})
    valid_until = Day(required=True, metadata={"description": "The last day on which it counts."})


class CertificateQuery(PageQuery):
    person_id = Ident(metadata={"description": "Only those of this person."})
    kind = Code(metadata={"description": "Only this kind.", "example": "gas"})
    valid_on = Day(metadata={"description": "Only those that count on this day."})
    ends_before = Day(metadata={"description": "Only those that run out before this day."})


@blp.route("/certificates")
@reads
@needs("person.read")
@blp.arguments(CertificateQuery, location="query")
@blp.response(200, page_of(CertificateSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List certificates, for example those that run out soon."""
    found = certificates_visible_to(me())
    for name in ("person_id", "kind"):
        if name in asked:
            found = found.where(getattr(Certificate, name) == asked[name])
    if "valid_on" in asked:
        day = asked["valid_on"]
        found = found.where(Certificate.valid_from <= day, Certificate.valid_until >= day)
    if "ends_before" in asked:
        found = found.where(Certificate.valid_until < asked["ends_before"])
    return page(session, found, (Certificate.valid_until, Certificate.id), as_it_is, asked)


@blp.route("/certificates", methods=["POST"])
@writes
@needs("certificate.write")
@blp.arguments(NewCertificate)
@blp.response(201, CertificateSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Add a certificate. A renewed one is a new one."""
    certificate = certificates.add(session, me(), form, house().clock())
    return certificate, {"Location": f"/api/v1/certificates/{certificate.id}"}


@blp.route("/certificates/<certificate_id>")
@reads
@needs("person.read")
@blp.response(200, CertificateSchema)
def show(session: Session, certificate_id: str) -> Any:
    """Show one certificate."""
    return get_certificate(session, me(), certificate_id)


@blp.route("/certificates/<certificate_id>", methods=["DELETE"])
@writes
@needs("certificate.write")
@blp.response(204)
def withdraw(session: Session, certificate_id: str) -> None:
    """Withdraw a certificate that was entered by mistake or no longer holds."""
    certificate = get_certificate(session, me(), certificate_id)
    certificates.withdraw(session, me(), certificate, house().clock())
