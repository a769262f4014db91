"""A list to take away: as CSV or XLSX, under a name that says what it is and of which day."""

from collections.abc import Iterable, Sequence

from flask import Response, make_response

from server import spreadsheets
from server.office.wording import today, zone_of_office

FORMATS = ("csv", "xlsx")
MOST_ROWS = 50_000  # a longer list is narrowed by its filters first


def table(
    name: str, form: str, titles: Sequence[str], rows: Iterable[Sequence[spreadsheets.Cell]]
) -> Response:
    """The answer with the rows under their titles; `form` is one of `FORMATS`, `name` an ASCII word.

    Moments are written in the zone of the office.
    """
    zone = zone_of_office()
    if form == "csv":
        return file(f"{name}.csv", spreadsheets.CSV, spreadsheets.write_csv(titles, rows, zone))
    return file(f"{name}.xlsx", spreadsheets.XLSX, spreadsheets.write_xlsx(titles, rows, zone))


def file(name: str, kind: str, content: bytes) -> Response:
    """A file to keep, never to be opened within the page; the day stands in its name."""
    day = today().isoformat()
    stem, _, ending = name.rpartition(".")
    answer = make_response(content)
    answer.headers["Content-Type"] = kind + ("; charset=utf-8" if kind.startswith("text/") else "")
    answer.headers["Content-Disposition"] = f'attachment; filename="{stem}-{day}.{ending}"'
    return answer
