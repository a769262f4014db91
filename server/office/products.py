"""The catalogue of products: what the shop sells, with care card, warranty and the certificate it needs."""

from collections.abc import Mapping

import marshmallow as ma
from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import or_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import products
from server.auth import me, needs
from server.db.customers import Product, get_product, products_visible_to
from server.domain import errors
from server.domain import imports as files
from server.house import house
from server.office import answers, downloads, edits, forms, lists, tables
from server.office.edits import Clash
from server.schemas import Code, Shape, Text
from server.transactions import reads, writes

blp = Blueprint("products", __name__)

MOST_MONTHS = 1_200
USUAL = {"warranty_months": "24", "is_active": "yes"}


def must_be_months(value: int) -> None:
    if not 0 <= value <= MOST_MONTHS:
        raise ma.ValidationError("Not a valid number.")


class Changes(Shape):
    model = Text(100, least=1)
    name = Text(200, least=1)
    name_zh = Text(200)
    category = Text(64)
    care_card = Text()
    care_card_zh = Text()
    certificate = Code(allow_none=True)
    warranty_months = ma.fields.Integer(validate=must_be_months)
    is_active = forms.YesNo()


class NewProduct(Changes):
    model = Text(100, least=1, required=True)
    name = Text(200, least=1, required=True)


@blp.get("/products")
@reads
@needs("product.read")
def find(session: Session) -> AnyResponse | str:
    """By model or name; those that are no longer sold on request. To take away as a file, too."""
    words = forms.words_in(request.args)
    show = "all" if request.args.get("show") == "all" else "active"
    found = products_visible_to(me())
    if show == "active":
        found = found.where(Product.is_active)
    if words:
        columns = (Product.model, Product.name, Product.name_zh, Product.category)
        found = found.where(or_(*(each.icontains(words, autoescape=True) for each in columns)))
    if (form := request.args.get("as")) in downloads.FORMATS:
        rows = session.scalars(found.order_by(Product.model).limit(downloads.MOST_ROWS))
        cells = (tables.row(files.PRODUCTS, each) for each in rows)
        return downloads.table("products", form, tables.titles(files.PRODUCTS), cells)
    page = lists.page(session, found, (Product.model,))
    return render_template(
        "office/products_list.html", products=page.rows, next=page.next, words=words, show=show
    )


@blp.get("/products/<product_id>")
@reads
@needs("product.read")
def show(session: Session, product_id: str) -> str:
    return _shown(get_product(session, me(), product_id))


def _shown(
    product: Product,
    typed: forms.Typed | None = None,
    clashes: Mapping[str, Clash] | None = None,
) -> str:
    edit = edits.form_of(product, Changes, typed, clashes)
    return render_template("office/product.html", product=product, edit=edit)


@blp.post("/products/<product_id>")
@writes
@needs("product.write")
def change(session: Session, product_id: str) -> AnyResponse | tuple[str, int]:
    """Two people may edit at once: what only one of them touched is kept from both."""
    product = get_product(session, me(), product_id)
    session.refresh(product, with_for_update={"of": Product})
    optional = ("name_zh", "category", "care_card", "care_card_zh", "certificate")
    try:
        form = forms.read(Changes, keep_empty=optional)
        edit = edits.read(session, product, Changes, form, "product", product.id)
    except errors.Invalid as wrong:
        return _shown(product, forms.Typed(request.form, forms.problems_of(wrong))), 422
    if edit.clashes:
        return _shown(product, forms.typed(), edit.clashes), 409
    try:
        with session.begin_nested():
            products.change(session, me(), product, edit.mine, house().clock())
    except errors.AlreadyThere:
        session.refresh(product)
        return _shown(product, forms.Typed(request.form, _taken())), 409
    return answers.go_to("office.products.show", product_id=product.id)


def _taken() -> dict[str, str]:
    return {"model": _("The catalogue has a product of this model.")}


@blp.get("/new/product")
@reads
@needs("product.write")
def fill_in(session: Session) -> str:
    return _new()


def _new(typed: forms.Typed | None = None) -> str:
    return render_template("office/product_new.html", edit=edits.blank(Changes, typed, **USUAL))


@blp.post("/new/product")
@writes
@needs("product.write")
def add(session: Session) -> AnyResponse | tuple[str, int]:
    try:
        with session.begin_nested():
            product = products.add(session, me(), forms.read(NewProduct), house().clock())
    except errors.Invalid as wrong:
        return _new(forms.Typed(request.form, forms.problems_of(wrong))), 422
    except errors.AlreadyThere:
        return _new(forms.Typed(request.form, _taken())), 409
    return answers.go_to("office.products.show", product_id=product.id)
