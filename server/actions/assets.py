"""The things that customers bought."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from server.actions import references, rows, sheets
from server.db import audit, figures
from server.db.customers import Asset, Product, assets_visible_to, get_product, get_site
from server.db.people import Person
from server.domain import assets as rules
from server.domain import errors
from server.ids import new_id


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Asset:
    """Something that stands at a site; its warranty follows from the day of sale unless told.

    Raises `ReferenceUnknown` for a site or product that `by` cannot see, and `AlreadyThere` for a
    serial number that another thing of this product has.
    """
    references.named(get_site, session, by, form["site_id"], "site_id")
    product = references.named(get_product, session, by, form["product_id"], "product_id")
    _serial_must_be_free(session, by, product.id, form.get("serial"))
    facts = {**_warranty(product, form), **form}
    asset = rows.add(session, Asset(id=new_id(), product=product, **facts))
    audit.record(session, by.id, "asset.added", asset.id, now, site_id=asset.site_id)
    return asset


def _warranty(product: Product, form: Mapping[str, Any]) -> dict[str, Any]:
    if form.get("sold_on") is None:
        return {}
    return {"warranty_until": rules.warranty_until(form["sold_on"], product.warranty_months)}


def change(
    session: Session, by: Person, asset: Asset, form: Mapping[str, Any], now: datetime
) -> None:
    """Raises as `add` does."""
    if "site_id" in form:
        references.named(get_site, session, by, form["site_id"], "site_id")
    if "product_id" in form:
        references.named(get_product, session, by, form["product_id"], "product_id")
    product_id = form.get("product_id", asset.product_id)
    _serial_must_be_free(session, by, product_id, form.get("serial"), but=asset.id)
    changed = rows.change(session, asset, form)
    if changed:
        session.expire(asset, ["product", "site"])
        sheets.touch(session, sheets.of_asset(asset.id))
        figures.touch_all(session, figures.of_asset(asset.id))
        audit.record(session, by.id, "asset.changed", asset.id, now, changed=changed)


def _serial_must_be_free(
    session: Session, by: Person, product_id: str, serial: str | None, but: str | None = None
) -> None:
    """A wish, not a law of the database: tablets report serial numbers as they find them."""
    if serial is None:
        return
    same = assets_visible_to(by).where(
        Asset.product_id == product_id,
        func.lower(Asset.serial) == serial.lower(),
        Asset.id != (but or ""),
    )
    if session.scalars(same.limit(1)).first() is not None:
        raise errors.AlreadyThere(field="serial")
