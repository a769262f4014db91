"""The ledger behind every number, and what a storekeeper enters in it: by scanning, without a mouse."""

from typing import Any

import marshmallow as ma
from flask import Blueprint, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import movements
from server.auth import me, needs
from server.db import keysets, stock, tickets
from server.db.jobs import Job
from server.db.parts import Movement, movements_visible_to
from server.domain import errors
from server.domain import parts as rules
from server.house import house
from server.office import answers, downloads, forms, labels, ledgers, places, scanning
from server.office.scanning import Words
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("movements", __name__)

A_PAGE = 50
ENTERED = ("receive", "transfer", "return", "ship", "adjust")  # what somebody enters by hand
# What a correction says has happened, with where it goes: from or to the place that is corrected.
CORRECTIONS = {"found": ("count", None), "missing": (None, "count"), "scrapped": (None, "scrap")}


class Move(Shape):
    """Where the lines of a form go. Which of the fields count, the kind says."""

    kind = Text(16, required=True, validate=one_of(*ENTERED))
    from_place = Text(100)
    to_place = Text(100)
    ticket_id = Text(64)
    job_id = Text(64)
    correction = Text(16, validate=one_of(*CORRECTIONS))
    reason = Text(1_000)
    below_zero = ma.fields.String(validate=one_of("yes"))


# The ledger.


@blp.get("/movements")
@reads
@needs("movement.read")
def find(session: Session) -> AnyResponse | str:
    """Of one place, of one part, or all that this person may see; the newest first."""
    asked = {name: forms.words_in(request.args, name) for name in ("place", "sku", "kind")}
    rows = _ledger(session, asked, downloads.MOST_ROWS if _wants_file() else A_PAGE)
    told = ledgers.told(session, rows.rows)
    if _wants_file():
        return downloads.table("movements", request.args["as"], _titles(), map(_row, told))
    choices = places.choices(session, also=asked["place"])
    return render_template(
        "office/movements.html",
        ledger_rows=told,
        next=rows.next,
        asked=asked,
        choices=choices,
        kinds=labels.choices("movement"),
    )


def _wants_file() -> bool:
    return request.args.get("as") in downloads.FORMATS


def _ledger(session: Session, asked: dict[str, str], limit: int) -> keysets.Page[Movement]:
    where: list[Any] = []
    if asked["sku"]:
        where.append(Movement.sku == asked["sku"])
    if asked["kind"] in rules.LEGAL:
        where.append(Movement.kind == asked["kind"])
    after = request.args.get("after")
    if asked["place"]:
        stock.must_be_own(session, me(), asked["place"])
        return stock.ledger(session, asked["place"], after, limit, *where)
    found = movements_visible_to(me()).where(*where)
    return keysets.page(session, found, (Movement.id,), limit, after, newest_first=True)


def _titles() -> list[str]:
    return [
        _("When"),
        _("Entry"),
        _("Part number"),
        _("Quantity"),
        _("From where"),
        _("To where"),
        _("Who"),
        _("Reason"),
        _("Job"),
        _("Ticket"),
        _("Serial number"),
    ]


def _row(entry: ledgers.Entry) -> list[Any]:
    row = entry.row
    return [
        row.at,
        labels.label(row.kind, "movement"),
        row.sku,
        row.quantity,
        entry.start.name,
        entry.end.name,
        entry.who,
        row.reason,
        row.job_id,
        entry.ticket_id,
        row.serial,
    ]


@blp.get("/scan")
@reads
@needs("movement.read")
def name(session: Session) -> AnyResponse:
    """What a scanned number is called; nothing where the catalogue does not have it."""
    code = forms.words_in(request.args, "code")
    found = scanning.names(session, {code})
    fits = [sku for sku in found if sku.casefold() == code.casefold()]
    best = code if code in found else (fits[0] if fits else None)
    return jsonify(sku=best, name=found[best] if best else None)


# Entering.


@blp.get("/move/<kind>")
@reads
@needs("movement.write")
def fill_in(session: Session, kind: str) -> str:
    """Receive, transfer, return, ship or adjust; opened from a place, that place is filled in."""
    _must_be_kind(kind)
    return _form(session, kind, forms.Typed(request.args), scanning.Lines())


def _must_be_kind(kind: str) -> None:
    if kind not in ENTERED:
        raise errors.NotFound()


@blp.post("/move/<kind>")
@writes
@needs("movement.write")
def enter(session: Session, kind: str) -> AnyResponse | tuple[str, int]:
    """All lines of the form or none. More than the ledger says is there is asked back about once."""
    _must_be_kind(kind)
    lines = scanning.typed()
    scanning.check(session, lines, 1, _words())
    if scanning.is_only_scanning():
        return _form(session, kind, forms.typed(), lines), 200
    try:
        moves = _moves(session, kind, lines)
        short = movements.short_of(session, moves)
        if short and request.form.get("below_zero") != "yes":
            return _form(session, kind, forms.typed(), lines, short=_told(session, short)), 409
        with session.begin_nested():
            movements.enter_together(session, me(), moves, house().clock())
    except (errors.Invalid, errors.ReferenceUnknown) as wrong:
        typed = forms.Typed(request.form, _problems(wrong))
        return _form(session, kind, typed, lines), 422
    place = next(
        (each for each in (moves[0]["to_place"], moves[0]["from_place"]) if _is_shown(each)), None
    )
    if place is None:
        return answers.go_to("office.movements.find")
    return answers.go_to("office.stock.show", place=place)


def _is_shown(place: str) -> bool:
    return rules.parse_place(place).kind in ("warehouse", "van")


def _words() -> Words:
    return Words(
        _("The catalogue has no part with this number."),
        _("A whole number from 1 to 999,999."),
    )


def _moves(session: Session, kind: str, lines: scanning.Lines) -> list[dict[str, Any]]:
    """The lines of the ledger that the form asks for. Raises `Invalid` with what is not right yet."""
    form = forms.read_some(Move, {"kind": kind})
    wrong: dict[str, list[str]] = {}
    if not lines.pieces and not lines.problems:
        wrong["lines"] = [_("Scan or type at least one part.")]
    elif lines.problems:
        wrong["lines"] = [_("Please look at the marked lines.")]
    facts = _facts(session, kind, form, wrong)
    if wrong:
        raise errors.Invalid(errors=wrong)
    return [
        {**facts, "sku": sku, "quantity": quantity, "reason": form.get("reason", "")}
        for sku, quantity in sorted(lines.pieces.items())
    ]


def _facts(
    session: Session, kind: str, form: dict[str, Any], wrong: dict[str, list[str]]
) -> dict[str, Any]:
    """From where to where; what is missing for that is noted in `wrong`."""
    start, end, job_id = form.get("from_place", ""), form.get("to_place", ""), None
    if kind == "receive":
        start = "supplier"
    elif kind == "ship":
        end = _parcel(session, form.get("ticket_id", ""), wrong)
    elif kind == "adjust":
        start, end = _correction(form, wrong)
        if not form.get("reason"):
            wrong["reason"] = [_("An adjustment says why.")]
    elif kind == "return" and start == "customer":
        start, job_id = _home(session, form.get("job_id", ""), wrong)
    named = (("from_place", start), ("to_place", end))
    if not wrong.keys() & {"ticket_id", "job_id", "correction"}:
        for field, place in named:
            if not rules.is_place(place) or (field == "from_place" and _is_foreign(session, place)):
                wrong.setdefault(field, [_("Please choose one of the list.")])
        if start and start == end:
            wrong.setdefault("to_place", [_("It is where it was.")])
        elif not wrong.keys() & {"from_place", "to_place"}:
            way = (rules.parse_place(start).kind, rules.parse_place(end).kind)
            if way not in rules.LEGAL[kind]:  # type: ignore[index]
                wrong["to_place"] = [_("This does not go from there to there.")]
    return {"kind": kind, "from_place": start, "to_place": end, "job_id": job_id}


def _is_foreign(session: Session, place: str) -> bool:
    """Whether another branch looks after it: what lies there is not even told."""
    return rules.parse_place(place).is_stock and not stock.own_of(session, me(), [place])


def _parcel(session: Session, ticket_id: str, wrong: dict[str, list[str]]) -> str:
    try:
        return str(rules.Place("transit", tickets.get_for(session, me(), ticket_id).id))
    except errors.NotFound:
        wrong["ticket_id"] = [_("There is no such ticket that you can see.")]
        return ""


def _home(session: Session, job_id: str, wrong: dict[str, list[str]]) -> tuple[str, str | None]:
    """Where a job was: parts come back from there."""
    job = session.get(Job, job_id) if job_id else None
    seen = me().role == "supervisor" or (job is not None and job.branch_id == me().organisation_id)
    if job is None or not seen:
        wrong["job_id"] = [_("There is no such job of your branch.")]
        return "", None
    return str(rules.Place("customer", job.site_id)), job.id


def _correction(form: dict[str, Any], wrong: dict[str, list[str]]) -> tuple[str, str]:
    if "correction" not in form:
        wrong["correction"] = [_("Please choose one of the list.")]
        return "", ""
    place = form.get("from_place", "")
    start, end = CORRECTIONS[form["correction"]]
    return start or place, end or place


def _told(session: Session, short: dict[tuple[str, str], int]) -> list[tuple[str, str, int]]:
    named = places.named(session, {place for place, _sku in short})
    return [(named[place].name, sku, lies) for (place, sku), lies in short.items()]


def _problems(wrong: errors.DoorstepError) -> dict[str, str]:
    told = wrong.details.get("errors", {})
    if "json" in told:  # what the rules of the ledger say
        wrong = errors.Invalid(errors=told["json"])
    return forms.problems_of(wrong)


def _form(
    session: Session,
    kind: str,
    typed: forms.Typed,
    lines: scanning.Lines,
    short: list[tuple[str, str, int]] | None = None,
) -> str:
    own = places.choices(session)
    opened_with = {typed[name] for name in ("from_place", "to_place")} - {"", "customer"}
    for place in stock.own_of(
        session, me(), {each for each in opened_with if rules.is_place(each)}
    ):
        if place not in dict(own):
            own.append((place, places.one(session, place).name))
    return render_template(
        "office/move.html",
        kind=kind,
        own=own,
        away=[("supplier", _("Supplier")), ("scrap", _("Scrap"))],
        typed=typed,
        lines=lines,
        short=short or [],
    )
