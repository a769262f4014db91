"""Products: `/api/v1/products`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy import or_
from sqlalchemy.orm import Session

from server.actions import products
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.auth import me, needs
from server.db.customers import Product, get_product, products_visible_to
from server.house import house
from server.schemas import Code, Count, Flag, PageQuery, Shape, Switch, Text, page_of
from server.transactions import reads, writes

blp = Blueprint("products", __name__, description="Products (models): what the shop sells.")


class ProductSchema(ma.Schema):
    id = ma.fields.String(required=True)
    model = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    name_zh = ma.fields.String(required=True)
    category = ma.fields.String(required=True)
    care_card = ma.fields.String(required=True)
    care_card_zh = ma.fields.String(required=True)
    certificate = ma.fields.String(required=True, allow_none=True)
    warranty_months = ma.fields.Integer(required=True)
    is_active = ma.fields.Boolean(required=True)
    rev = ma.fields.Integer(required=True)


class ProductChanges(Shape):
    model = Text(100, least=1, metadata={"example": "HOOD-90"})
    name = Text(200, least=1, metadata={"example": "Kitchen hood, 90 cm"})
    name_zh = Text(200, metadata={"example": "抽油烟机 90 厘米"})
    category = Text(64, metadata={"example": "appliance"})
    care_card = Text(
        metadata={
            "description": "Care advice for the customer, printed on the receipt. "
            "Jobs that were issued keep theirs.",
            "example": "Wash the grease filter once a month.",
        }
    )
    care_card_zh = Text(metadata={"description": "The same in Chinese."})
    certificate = Code(
        allow_none=True,
        metadata={
            "description": "The kind of certificate that whoever installs it must hold.",
            "example": "gas",
        },
    )
    warranty_months = Count(0, 1200, metadata={"example": 24})
    is_active = Flag(metadata={"description": "Whether it is still sold."})


class NewProduct(ProductChanges):
    model = Text(100, least=1, required=True, metadata={"example": "HOOD-90"})
    name = Text(200, least=1, required=True, metadata={"example": "Kitchen hood, 90 cm"})


class ProductQuery(PageQuery):
    q = Text(100, least=1, metadata={"description": "Part of a model or name.", "example": "hood"})
    category = Text(64, metadata={"description": "Only this category.", "example": "appliance"})
    is_active = Switch(metadata={"description": "Only those that are sold, or no longer."})


@blp.route("/products")
@reads
@needs("product.read")
@blp.arguments(ProductQuery, location="query")
@blp.response(200, page_of(ProductSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List or search products."""
    found = products_visible_to(me())
    if "q" in asked:
        columns = (Product.model, Product.name, Product.name_zh)
        found = found.where(or_(*(each.icontains(asked["q"], autoescape=True) for each in columns)))
    for name in ("category", "is_active"):
        if name in asked:
            found = found.where(getattr(Product, name) == asked[name])
    return page(session, found, (Product.model,), as_it_is, asked)


@blp.route("/products", methods=["POST"])
@writes
@needs("product.write")
@blp.arguments(NewProduct)
@blp.response(201, ProductSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Add a product."""
    product = products.add(session, me(), form, house().clock())
    return product, created(product.rev, "products", product.id)


@blp.route("/products/<product_id>")
@reads
@needs("product.read")
@blp.response(200, ProductSchema)
def show(session: Session, product_id: str) -> Any:
    """Show one product."""
    product = get_product(session, me(), product_id)
    return product, etag(product.rev)


@blp.route("/products/<product_id>", methods=["PATCH"])
@writes
@needs("product.write")
@blp.arguments(ProductChanges)
@blp.response(200, ProductSchema)
def change(session: Session, form: dict[str, Any], product_id: str) -> Any:
    """Change a product.

    Tablets with an open job for one see its new name at their next pull.
    """
    product = open_for_change(session, get_product(session, me(), product_id))
    products.change(session, me(), product, form, house().clock())
    return product, etag(product.rev)
