"""The whole shop as one SQLite file: asked for here, made by the worker, fetched while it is kept."""

from flask import Blueprint, Response, render_template, send_file
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import exports
from server.auth import me, needs
from server.db import exports as rows
from server.db.exports import Export
from server.db.people import names_of
from server.domain import errors
from server.house import house
from server.office import answers
from server.reports.exports import TABLES
from server.transactions import reads, writes

blp = Blueprint("exports", __name__)

SHOWN = 20


@blp.get("/exports")
@reads
@needs("figure.export")
def find(session: Session) -> str:
    """The newest ones, with how far each has come."""
    newest = rows.visible_to(me()).order_by(Export.asked_at.desc(), Export.id.desc()).limit(SHOWN)
    found = list(session.scalars(newest))
    return render_template(
        "office/exports.html",
        exports=found,
        names=names_of(session, {each.asked_by for each in found}),
        failed=rows.failures(session, [each.id for each in found]),
        tables=len(TABLES),
        is_under_way=any(each.done_at is None for each in found),
    )


@blp.post("/exports")
@writes
@needs("figure.export")
def ask(session: Session) -> AnyResponse:
    exports.ask(session, me(), house().clock())
    return answers.go_to("office.exports.find")


@blp.post("/exports/<export_id>/file")
@writes
@needs("figure.export")
def fetch(session: Session, export_id: str) -> Response:
    """The file, as long as it is kept; that it was taken is on record."""
    export = rows.get_for(session, me(), export_id)
    now = house().clock()
    exports.must_be_there(export, now)
    file = house().media.export_path(export.id)
    if not file.is_file():
        raise errors.FileUnknown()
    exports.note_fetched(session, me(), export, now)
    name = f"doorstep-{export.as_of or now:%Y-%m-%d}.sqlite"
    return send_file(
        file, mimetype="application/vnd.sqlite3", as_attachment=True, download_name=name
    )
