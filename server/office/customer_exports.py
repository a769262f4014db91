"""A customer's data to take along: one ZIP, sent while it is made, however many photos are in it."""

import json
from collections.abc import Iterator

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from server.actions import customer_exports
from server.actions.customer_exports import Export
from server.auth import me, needs
from server.db.customers import get_customer
from server.domain import errors
from server.files import Media
from server.house import house
from server.office import zip_streams
from server.transactions import writes

blp = Blueprint("customer_exports", __name__)

README = """Everything that the shop knows of one customer.
这里是本店所掌握的关于一位客户的全部资料。

customer.json   who it is, addresses, products, consents / 客户、地址、产品、同意记录
tickets.json    what was asked for / 工单
jobs.json       trips / 派工
visits.json     what happened on them / 上门记录
receipts/       what was signed, each version with its digest / 服务回执，每个版本及其摘要
photos/         pictures, named by time / 照片，以时间命名
photos.json     about each picture / 照片说明
customer_photos.json   about each picture that the customer sent / 客户发来的照片说明
missing.txt     pictures that could not be put in, if there are any / 未能放入的照片（如有）

Money is in cents, times are in UTC. / 金额以分为单位，时间为 UTC。
"""


@blp.post("/customers/<customer_id>/export")
@writes
@needs("customer.export")
def export(session: Session, customer_id: str) -> Response:
    """The ZIP. That it was handed out is on record before its first byte leaves."""
    customer = get_customer(session, me(), customer_id)
    now = house().clock()
    found = customer_exports.export(session, me(), customer, now)
    answer = Response(
        zip_streams.stream(_members(found, house().media)), mimetype="application/zip"
    )
    name = f"customer-{customer.id[-12:]}-{now:%Y-%m-%d}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _members(found: Export, media: Media) -> Iterator[zip_streams.Member]:
    yield "README.txt", README.encode()
    for path, document in found.documents.items():
        yield path, json.dumps(document, ensure_ascii=False, indent=1).encode()
    missing = []
    for picture in found.pictures:
        try:
            yield picture.path, media.open_derived(picture.sha256, "large")
        except errors.FileUnknown:
            missing.append(picture.path)
    if missing:
        yield "missing.txt", "\n".join([*missing, ""]).encode()
