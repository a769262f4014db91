"""What the pages of figures show, as files for a spreadsheet: CSV, and XLSX with a sheet for each table."""

from collections.abc import Iterable, Iterator, Sequence

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from server import spreadsheets
from server.auth import needs
from server.db.figures import Fact
from server.domain import errors, periods
from server.domain.figures import FIGURES, Figure, Sum, Unit, value
from server.domain.periods import Period
from server.office import figure_words, figures
from server.office.labels import label
from server.reports import figures as reports
from server.spreadsheets import CSV, XLSX, Cell
from server.transactions import reads

blp = figures.blp

KINDS = {"csv": CSV, "xlsx": XLSX}
MOST = 10_000  # lines; more than anybody reads, and no more than a moment's work

Table = tuple[Sequence[str], Iterable[Sequence[Cell]]]


@blp.get("/figures/table.<spreadsheet>")
@reads
@needs("figure.read")
def table(session: Session, spreadsheet: str) -> Response:
    """All that the page of figures shows. Shares are in percent."""
    _must_be_known(spreadsheet)
    what = figures.asked(session)
    tables = {
        _("Figures"): _readings(session, what),
        _("Step by step"): _steps(session, what),
        label(what.by, "figure_by"): _lines(session, what),
    }
    return _file(spreadsheet, f"figures-{what.period.first}-{what.period.last}", tables)


@blp.get("/figures/<figure>.<spreadsheet>")
@reads
@needs("figure.read")
def opened_table(session: Session, figure: str, spreadsheet: str) -> Response:
    """The tickets behind a number, the newest first."""
    _must_be_known(spreadsheet)
    if figure not in FIGURES:
        raise errors.NotFound()
    what = figures.asked(session, figure)
    which, by, of = figures.which_of(figure)
    found = figures.facts_of(what, which, by, of)
    newest = found.order_by(Fact.day.desc(), Fact.subject_id.desc()).limit(MOST)
    entries = figures.entries(session, session.scalars(newest), what.figure)
    titles = (
        _("Day"), _("Ticket"), _("Kind"), _("What it is about"), _("State"), _("Installer"),
        _("Counted as"), _("Of"), _("Sum"), _("Visit"),
    )  # fmt: skip
    rows = [
        (
            each.fact.day,
            each.ticket.id,
            label(each.ticket.kind, "kind"),
            each.ticket.summary,
            label(each.ticket.state, "ticket_state"),
            each.installer,
            figure_words.counted_as(what.figure, each.fact),
            each.fact.counted,
            each.fact.hits,
            each.job_id,
        )
        for each in entries
    ]
    name = f"{figure}-{which}-{what.period.first}-{what.period.last}"
    return _file(spreadsheet, name, {label(figure, "figure"): (titles, rows)})


def _must_be_known(kind: str) -> None:
    if kind not in KINDS:
        raise errors.NotFound()


def _numbers(figure: Figure, sum_: Sum) -> tuple[Cell, ...]:
    found = value(figure, sum_)
    if found is not None and figure.unit == Unit.SHARE:
        found = 100 * found
    return (None if found is None else round(found, 4)), sum_.hits, sum_.counted


def _titles(first: str) -> tuple[str, ...]:
    return first, _("From"), _("Until"), _("Value"), _("Sum"), _("Of")


def _days(period: Period) -> tuple[Cell, ...]:
    return period.first, period.last


def _readings(session: Session, what: figures.Asked) -> Table:
    found = reports.readings(session, what.period, what.before, what.branch_id)
    rows: list[Sequence[Cell]] = []
    for code, each in found.items():
        name = label(code, "figure")
        rows.append((name, *_days(what.period), *_numbers(each.figure, each.sum)))
        rows.append((name, *_days(what.before), *_numbers(each.figure, each.before)))
    return _titles(_("Figure")), rows


def _steps(session: Session, what: figures.Asked) -> Table:
    step = periods.step_for(what.period)
    found = reports.steps(session, what.figure, what.period, what.branch_id)
    rows = [
        (figure_words.step(step, each), *_days(each), *_numbers(what.figure, sum_))
        for each, sum_ in found
    ]
    return _titles(label(what.figure.code, "figure")), rows


def _lines(session: Session, what: figures.Asked) -> Table:
    found, _more = reports.lines(
        session, what.figure, what.by, what.period, what.before, what.branch_id,
        worst_first=what.is_worst_first, limit=MOST,
    )  # fmt: skip
    called = figures.names(session, what.by, [each.of for each in found])
    rows = [
        (called[each.of], *_days(what.period), *_numbers(what.figure, each.reading.sum))
        for each in found
    ]
    return _titles(label(what.by, "figure_by")), rows


def _file(kind: str, name: str, tables: dict[str, Table]) -> Response:
    if kind == "xlsx":
        content = spreadsheets.write_workbook(tables)
    elif len(tables) == 1:
        (titles, rows), *_rest = tables.values()
        content = spreadsheets.write_csv(titles, rows)
    else:
        titles = (_("Table"), *next(iter(tables.values()))[0])
        content = spreadsheets.write_csv(titles, _one_below_the_other(tables))
    answer = Response(content, mimetype=KINDS[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="doorstep-{name}.{kind}"'
    return answer


def _one_below_the_other(tables: dict[str, Table]) -> Iterator[Sequence[Cell]]:
    for name, (_titles, rows) in tables.items():
        yield from ((name, *row) for row in rows)
