"""The guarded process that opens a workbook: `python -m server.spreadsheets.child '{limits as JSON}'`.

The workbook comes in on standard input. Out goes one JSON document: `{"lines": [[number, cells], …]}`, a cell
being a text, or `[text]` where the workbook holds a number; or `{"refused": why}`. Where it takes more memory
or time than it may, the process dies and says nothing.
"""

import contextlib
import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

ADDRESS_SPACE, CPU_S = 1024 * 1024 * 1024, 20
EXACT = 10**15  # whole numbers beyond it have lost digits
MOST_TOLD = 32 * 1024 * 1024  # characters in all cells: one text may stand in very many of them


def main() -> None:
    for what, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_S),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))
    limits = json.loads(sys.argv[1])
    workbook = io.BytesIO(sys.stdin.buffer.read())
    # Only now, with the cage closed, comes the code that reads what strangers wrote.
    import python_calamine

    try:
        answer: dict[str, Any] = {"lines": list(_lines(python_calamine, workbook, **limits))}
    except python_calamine.CalamineError:
        answer = {"refused": "damaged"}
    sys.stdout.write(json.dumps(answer))


def _lines(
    calamine: Any, content: io.BytesIO, most_rows: int, most_columns: int
) -> Iterator[tuple[int, list[Any]]]:
    """Every row that says something, up to one more than `most_rows`; one column more than `most_columns`."""
    workbook = calamine.load_workbook(content)
    seen = [
        each.name
        for each in workbook.sheets_metadata
        if each.visible == calamine.SheetVisibleEnum.Visible
        and each.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if not seen:
        return
    sheet = workbook.get_sheet_by_name(seen[0])
    first = (sheet.start or (0, 0))[0] + 1
    left = (sheet.start or (0, 0))[1]
    told = said = 0
    for number, row in enumerate(sheet.to_python(skip_empty_area=True), start=first):
        cells = [_told(each) for each in row[: most_columns + 1]]
        if any(cells):
            yield number, [*[""] * min(left, most_columns + 1), *cells]
            told += 1
            said += sum(len(cell[0]) if isinstance(cell, list) else len(cell) for cell in cells)
        if said > MOST_TOLD:
            raise MemoryError
        if told > most_rows:
            return


def _told(value: Any) -> str | list[str]:
    """A value as the program shows it: 15 digits of a number, days and moments as ISO has them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return [_number(float(value))]
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    if value.is_integer():
        return str(int(value)) if abs(value) < EXACT else f"{value:.0f}"
    return f"{value:.15g}"


if __name__ == "__main__":
    main()
