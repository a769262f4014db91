"""What the shop sells."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import rows, sheets
from server.db import audit
from server.db.customers import Product
from server.db.people import Person
from server.ids import new_id

ON_SHEETS = {"model", "name", "name_zh", "category"}


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Product:
    """A new model. Raises `AlreadyThere` for a model that the catalogue has."""
    product = rows.add(session, Product(id=new_id(), **form))
    audit.record(session, by.id, "product.added", product.id, now, model=product.model)
    return product


def change(
    session: Session, by: Person, product: Product, form: Mapping[str, Any], now: datetime
) -> None:
    """Its care card stays as it is on jobs that were issued."""
    changes = rows.before_and_after(product, form, form)
    changed = rows.change(session, product, form)
    if ON_SHEETS.intersection(changed):
        sheets.touch(session, sheets.of_product(product.id))
    if changed:
        audit.record(
            session, by.id, "product.changed", product.id, now, changed=changed, changes=changes
        )


def take_in(
    session: Session,
    by: Person,
    new: Collection[Mapping[str, Any]],
    changed: Mapping[str, Mapping[str, Any]],
    source: str,
    now: datetime,
) -> None:
    """Many at once, out of a file: `changed` by their models. Raises `AlreadyThere`."""
    made = [Product(id=new_id(), **form) for form in new]
    session.add_all(made)
    known = {each.model: each for each in rows.of_keys(session, Product, Product.model, changed)}
    shown = [
        known[model].id
        for model, form in changed.items()
        if ON_SHEETS.intersection(rows.set_fields(known[model], form))
    ]
    rows.flush(session)
    for product in made:
        audit.record(session, by.id, "product.added", product.id, now, model=product.model)
    for model in changed:
        audit.record(session, by.id, "product.changed", known[model].id, now, source=source)
    if shown:
        sheets.touch(session, sheets.of_products(shown))
