"""CSV and XLSX in: bring a file, see what each row would do, then have just that written down.

The file is kept with its hash in between. What is written is what was shown: where the house has changed
meanwhile, nothing is, and the page shows the new comparison.
"""

from typing import Any

import marshmallow as ma
from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from server import spreadsheets
from server.actions import imports
from server.auth import me, needs
from server.db import keysets
from server.db.imports import Import, get_for, visible_to
from server.db.people import names_of
from server.domain import errors
from server.domain import imports as rules
from server.house import house
from server.office import answers, downloads, forms, labels, places, prices, tables
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("imports", __name__)

A_PAGE, SHOWN = 20, 200
# All of it is one transaction, and everybody else who writes waits for it: some seconds.
LIMITS = spreadsheets.Limits(most_rows=5_000)


class Bringing(Shape):
    kind = Text(16, required=True, validate=one_of(*rules.KINDS))
    place = Text(100)


class Yes(Shape):
    digest = ma.fields.String(required=True, validate=ma.validate.Regexp(r"[0-9a-f]{64}\Z"))


@blp.get("/imports")
@reads
@needs("import.write")
def find(session: Session) -> str:
    return _page(session, forms.Typed(request.args))


def _page(session: Session, typed: forms.Typed, failure: errors.DoorstepError | None = None) -> str:
    """The form for a file, and what was brought before."""
    page = keysets.page(
        session,
        visible_to(me()),
        (Import.id,),
        A_PAGE,
        request.args.get("after"),
        newest_first=True,
    )
    return render_template(
        "office/imports.html",
        imports=page.rows,
        next=page.next,
        people=names_of(session, {each.brought_by for each in page.rows}),
        places=places.named(session, {each.place for each in page.rows if each.place}),
        own=places.choices(session),
        kinds=labels.choices("import"),
        typed=typed,
        failure=failure,
        why=_why(failure) if failure else "",
        most_rows=LIMITS.most_rows,
        most_mb=LIMITS.most_bytes // (1024 * 1024),
    )


def _why(failure: errors.DoorstepError) -> str:
    """What is wrong with a file, in a sentence."""
    told = failure.details
    sentences = {
        "empty": _("There is nothing in it."),
        "not_text": _("It is neither a workbook nor a text in UTF-8, UTF-16 or GB18030."),
        "quotes": _("In row %(row)s a quotation mark is not closed.", row=told.get("row")),
        "old_office": _(
            "It is an old .xls workbook, or one with a password. Save it as .xlsx without one."
        ),
        "damaged": _("It is an incomplete or damaged workbook."),
        "not_a_workbook": _("It is an archive, but no workbook."),
        "bytes": _("It holds more than can be taken at once."),
        "rows": _("It has more than %(most)s rows.", most=told.get("most")),
        "columns": _("It has more than %(most)s columns.", most=told.get("most")),
        "characters": _("In row %(row)s a cell is too long.", row=told.get("row")),
        "parts": _("It is an archive of too many files."),
    }
    return str(sentences.get(str(told.get("why") or told.get("what")), ""))


@blp.post("/imports")
@writes
@needs("import.write")
def bring(session: Session) -> AnyResponse | tuple[str, int]:
    """Keeps the file and goes to its dry run; nothing else is changed."""
    file = request.files.get("file")
    content = _content(file)
    try:
        form = forms.read(Bringing)
        if not content:
            raise errors.Invalid(errors={"file": [_("Choose a file that is not empty.")]})
        sheet = spreadsheets.read(content, LIMITS)
        brought = imports.bring(
            session,
            me(),
            form["kind"],
            form.get("place", ""),
            _name(file.filename if file else ""),
            content,
            sheet,
            house().clock(),
        )
    except (errors.SpreadsheetUnreadable, errors.SpreadsheetTooLarge) as unfit:
        return _page(session, forms.typed(), unfit), 422
    except (errors.Invalid, errors.ReferenceUnknown) as wrong:
        return _page(session, forms.Typed(request.form, forms.problems_of(wrong))), 422
    return answers.go_to("office.imports.show", import_id=brought.id)


def _content(file: FileStorage | None) -> bytes:
    """From its beginning: after a deadlock a view runs once more."""
    if file is None:
        return b""
    file.seek(0)
    return file.read()


def _name(said: str | None) -> str:
    """What somebody called the file, without folders and what no database holds."""
    last = (said or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(each for each in last if each.isprintable())
    return plain.encode("utf-8", "ignore").decode()[-200:] or "table"


@blp.get("/imports/template/<kind>")
@reads
@needs("import.write")
def template(session: Session, kind: str) -> AnyResponse:
    """A workbook with the titles and one row as an example."""
    if kind not in rules.KINDS:
        raise errors.NotFound()
    columns = rules.KINDS[kind].columns
    titles = [tables.title(each) for each in columns]
    return downloads.table(f"template-{kind}", "xlsx", titles, [[each.example for each in columns]])


@blp.get("/imports/<import_id>")
@reads
@needs("import.write")
def show(session: Session, import_id: str) -> str:
    """The dry run: what every row would do, and every bad row with what is wrong."""
    return _shown(session, get_for(session, me(), import_id))


def _shown(session: Session, brought: Import, failure: errors.DoorstepError | None = None) -> str:
    plan = _plan(session, brought)
    kind = rules.KINDS[brought.kind]
    return render_template(
        "office/import.html",
        brought=brought,
        place=places.one(session, brought.place) if brought.place else None,
        plan=plan,
        told=plan.told if plan else brought.told,
        doing=[each for each in plan.steps if each.verdict != imports.SAME][:SHOWN] if plan else [],
        faults=plan.faults[:SHOWN] if plan else (),
        shown=SHOWN,
        titles={each.code: tables.title(each) for each in kind.columns},
        key=kind.key,
        sentence=sentence_of,
        value=value_of,
        before=imports.applied_before(session, brought),
        people=names_of(session, {brought.brought_by, brought.ended_by}),
        failure=failure,
    )


def _plan(session: Session, brought: Import) -> imports.Plan | None:
    """What it would do now; None once it is over, when only its figures are kept."""
    if brought.state != "checked" or not brought.content:
        return None
    return imports.plan(session, brought, spreadsheets.read(brought.file, LIMITS))


def value_of(code: str, value: Any) -> str:
    """A value as the file has it."""
    if value is None or value == "":
        return "–"
    if code == "unit_price":
        return prices.money(value)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def sentence_of(fault: rules.Fault) -> str:
    """What is wrong in a row, and what to do about it."""
    sentences = {
        "missing": _("Please fill this in."),
        "too_long": _("This is too long."),
        "not_text": _("There are characters in it that cannot be shown."),
        "not_a_number": _("This is not a whole number."),
        "too_small": _("This number is too small."),
        "too_large": _("This number is too large."),
        "not_a_code": _("Only letters, digits, “-”, “_” and “.” may stand here."),
        "not_money": _("This is not a price, such as 12.50."),
        "not_yes_or_no": _("Write yes or no."),
        "digits_lost": _(
            "The program has rounded this number. Format the column as text and enter it anew."
        ),
        "error_in_sheet": _("The formula in this cell fails."),
        "twice": _("This stands in row %(other)s already.", other=fault.other),
        "cells_without_title": _("This stands beside the columns: is there a comma too many?"),
        "column_missing": _("This column is missing."),
        "column_twice": _("This column is there twice."),
        "unknown_part": _("The catalogue has no part with this number."),
        "zeros_lost": _(
            "Is %(other)s meant? Format the column as text: numbers lose the zeros in front.",
            other=fault.other,
        ),
    }
    return str(sentences[fault.code])


@blp.get("/imports/<import_id>/bad")
@reads
@needs("import.write")
def bad(session: Session, import_id: str) -> AnyResponse:
    """The bad rows as they came, each with what is wrong: to be mended and brought again."""
    brought = get_for(session, me(), import_id)
    plan = _plan(session, brought)
    if plan is None:
        raise errors.Gone()
    sheet = spreadsheets.read(brought.file, LIMITS)
    columns = {each.code: tables.title(each) for each in rules.KINDS[brought.kind].columns}
    wrong: dict[int, list[str]] = {}
    for fault in plan.faults:
        words = f"{columns.get(fault.column, fault.column)}: {sentence_of(fault)}"
        wrong.setdefault(fault.number, []).append(words)
    rows = [
        [*row.cells[: len(sheet.titles)], " ".join(wrong[row.number])]
        for row in sheet.rows
        if row.number in wrong
    ]
    return downloads.table("bad-rows", "xlsx", [*sheet.titles, _("What is wrong")], rows)


@blp.post("/imports/<import_id>/apply")
@writes
@needs("import.write")
def apply(session: Session, import_id: str) -> AnyResponse | tuple[str, int]:
    """Has what was shown written down, all of it or nothing. Done already: nothing is done again."""
    brought = get_for(session, me(), import_id, to_change=True)
    digest = forms.read(Yes)["digest"]
    try:
        sheet = spreadsheets.read(brought.file, LIMITS) if brought.content else None
        if sheet is None and brought.state == "checked":
            raise errors.Gone()
        with session.begin_nested():
            imports.apply(session, me(), brought, sheet, digest, house().clock())
    except errors.ImportOutdated as outdated:
        session.refresh(brought)
        return _shown(session, brought, outdated), 409
    return answers.go_to("office.imports.show", import_id=brought.id)


@blp.post("/imports/<import_id>/drop")
@writes
@needs("import.write")
def drop(session: Session, import_id: str) -> AnyResponse:
    brought = get_for(session, me(), import_id, to_change=True)
    imports.drop(session, me(), brought, house().clock())
    return answers.go_to("office.imports.find")
