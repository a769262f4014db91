"""Assets: `/api/v1/assets`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.actions import assets
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.api.products import ProductSchema
from server.auth import me, needs
from server.db.customers import Asset, Site, assets_visible_to, get_asset
from server.house import house
from server.schemas import Day, Ident, PageQuery, Shape, Text, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "assets",
    __name__,
    description="Assets (installed products): the things that customers bought, with their warranty.",
)


class AssetSchema(ma.Schema):
    id = ma.fields.String(required=True)
    site_id = ma.fields.String(required=True)
    product_id = ma.fields.String(required=True)
    product = ma.fields.Nested(ProductSchema, required=True)
    serial = ma.fields.String(required=True, allow_none=True)
    order_number = ma.fields.String(required=True)
    sold_on = Day(required=True, allow_none=True)
    warranty_until = Day(required=True, allow_none=True)
    rev = ma.fields.Integer(required=True)


class AssetChanges(Shape):
    site_id = Ident(metadata={"description": "Where it stands; another one once it has moved."})
    product_id = Ident()
    serial = Text(100, least=1, allow_none=True, metadata={"example": "SN-2026-004711"})
    order_number = Text(100, metadata={"example": "ORDER-7"})
    sold_on = Day(allow_none=True)
    warranty_until = Day(allow_none=True, metadata={"description": "The last day of the warranty."})


class NewAsset(AssetChanges):
    site_id = Ident(required=True)
    product_id = Ident(required=True)
    warranty_until = Day(
        allow_none=True,
        metadata={"description": "Unless told, `sold_on` and the months of the product decide."},
    )


class AssetQuery(PageQuery):
    serial = Text(100, least=1, metadata={"description": "Whole; upper case makes no difference."})
    order_number = Text(100, least=1, metadata={"description": "Whole, as on the invoice."})
    site_id = Ident(metadata={"description": "Only what stands there."})
    customer_id = Ident(metadata={"description": "Only what this customer bought."})
    product_id = Ident(metadata={"description": "Only this product."})


@blp.route("/assets")
@reads
@needs("customer.read")
@blp.arguments(AssetQuery, location="query")
@blp.response(200, page_of(AssetSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List assets, or find one by its serial or order number."""
    found = assets_visible_to(me())
    for name in ("serial", "order_number"):
        if name in asked:
            found = found.where(func.lower(getattr(Asset, name)) == asked[name].lower())
    for name in ("site_id", "product_id"):
        if name in asked:
            found = found.where(getattr(Asset, name) == asked[name])
    if "customer_id" in asked:
        theirs = select(Site.id).where(Site.customer_id == asked["customer_id"])
        found = found.where(Asset.site_id.in_(theirs))
    return page(session, found, (Asset.id,), as_it_is, asked)


@blp.route("/assets", methods=["POST"])
@writes
@needs("customer.write")
@blp.arguments(NewAsset)
@blp.response(201, AssetSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Add an asset at a site."""
    asset = assets.add(session, me(), form, house().clock())
    return asset, created(asset.rev, "assets", asset.id)


@blp.route("/assets/<asset_id>")
@reads
@needs("customer.read")
@blp.response(200, AssetSchema)
def show(session: Session, asset_id: str) -> Any:
    """Show one asset with its product."""
    asset = get_asset(session, me(), asset_id)
    return asset, etag(asset.rev)


@blp.route("/assets/<asset_id>", methods=["PATCH"])
@writes
@needs("customer.write")
@blp.arguments(AssetChanges)
@blp.response(200, AssetSchema)
def change(session: Session, form: dict[str, Any], asset_id: str) -> Any:
    """Change an asset.

    Tablets with an open job for it see the change at their next pull.
    """
    asset = open_for_change(session, get_asset(session, me(), asset_id))
    assets.change(session, me(), asset, form, house().clock())
    return asset, etag(asset.rev)
