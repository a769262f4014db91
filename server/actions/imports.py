"""Files of rows: compared with what is there, shown, and then written down just as they were shown."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.actions import movements, parts, products, rows
from server.db import audit, stock
from server.db.customers import Product
from server.db.imports import Import, as_text
from server.db.parts import Part
from server.db.people import Person
from server.domain import errors
from server.domain import imports as rules
from server.ids import new_id
from server.spreadsheets import NumberText, Sheet

KEPT = timedelta(days=90)  # after which a file that is over is no longer needed
NEW, CHANGED, SAME = "new", "changed", "same"


@dataclass(frozen=True, slots=True)
class Step:
    """What one good row does: `differences` are (was, becomes) by the code of the column."""

    line: rules.Line
    verdict: str
    key: str
    differences: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a file does, and everything that keeps a row of it out."""

    steps: tuple[Step, ...]
    faults: tuple[rules.Fault, ...]
    ignored: tuple[str, ...]

    def count(self, verdict: str) -> int:
        return sum(step.verdict == verdict for step in self.steps)

    @property
    def bad_rows(self) -> int:
        return len({fault.number for fault in self.faults})

    @property
    def does_something(self) -> bool:
        return any(step.verdict != SAME for step in self.steps)

    @property
    def digest(self) -> str:
        """Of all that it does: two plans with the same digest do the same."""
        said = [
            [step.line.number, step.verdict, step.key, dict(step.differences)]
            for step in self.steps
        ]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def told(self) -> dict[str, int]:
        counts = {verdict: self.count(verdict) for verdict in (NEW, CHANGED, SAME)}
        return {**counts, "bad": self.bad_rows}


# Bringing a file.


def bring(
    session: Session,
    by: Person,
    kind: str,
    place: str,
    file_name: str,
    content: bytes,
    sheet: Sheet,
    now: datetime,
) -> Import:
    """Keeps a file for its dry run; nothing else is changed. The content of old ones goes.

    Raises `ReferenceUnknown` for a place that `by` does not look after.
    """
    if kind in rules.NEED_A_PLACE:
        _must_be_own(session, by, place)
    else:
        place = ""
    _let_old_ones_go(session, now)
    brought = Import(
        id=new_id(),
        kind=kind,
        place=place,
        branch_id=by.organisation_id,
        file_name=file_name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=as_text(content),
        brought_at=now,
        brought_by=by.id,
    )
    session.add(brought)
    brought.told = plan(session, brought, sheet).told
    session.flush()
    audit.record(
        session, by.id, "import.brought", brought.id, now, kind=kind, sha256=brought.sha256
    )
    return brought


def _must_be_own(session: Session, by: Person, place: str) -> None:
    try:
        stock.must_be_own(session, by, place)
    except errors.NotFound:
        raise errors.ReferenceUnknown(field="place") from None


def _let_old_ones_go(session: Session, now: datetime) -> None:
    old = update(Import).where(Import.brought_at < now - KEPT, Import.content != "")
    session.execute(old.values(content=""))


def applied_before(session: Session, brought: Import) -> Import | None:
    """The same file for the same place that was written down already: goods do not arrive twice."""
    if brought.kind != rules.RECEIPTS.code:
        return None
    same = select(Import).where(
        Import.sha256 == brought.sha256,
        Import.kind == brought.kind,
        Import.place == brought.place,
        Import.state == "applied",
    )
    return session.scalars(same.limit(1)).first()


# Comparing.


def plan(session: Session, brought: Import, sheet: Sheet, *, lock: bool = False) -> Plan:
    """What the rows of the file do to what is there now. `lock` keeps that from changing."""
    kind = rules.KINDS[brought.kind]
    cells = [(row.number, row.cells) for row in sheet.rows]
    checked = rules.check(kind, sheet.titles, sheet.number, cells)
    keys = [str(line.values[kind.key]) for line in checked.lines]
    known: Mapping[str, Any]
    if kind is rules.PRODUCTS:
        models = rows.of_keys(session, Product, Product.model, keys, lock=lock)
        known = {each.model: each for each in models}
    else:
        known = {each.sku: each for each in rows.of_keys(session, Part, Part.sku, keys, lock=lock)}
    is_catalogue = kind in (rules.PARTS, rules.PRODUCTS)
    spoilt = _spoilt(session, sheet) if kind is not rules.PRODUCTS else {}
    held = _held(session, brought) if kind is rules.STOCK else {}
    steps: list[Step] = []
    faults = list(checked.faults)
    for line, key in zip(checked.lines, keys, strict=True):
        fault = _fault(kind, line, key, known, spoilt)
        if fault is not None:
            faults.append(fault)
        elif is_catalogue:
            steps.append(_catalogue_step(kind, line, key, known.get(key)))
        elif kind is rules.STOCK:
            steps.append(_stock_step(line, key, held.get(key, 0)))
        else:
            steps.append(Step(line, NEW, key, {"quantity": (None, line.values["quantity"])}))
    faults.sort(key=lambda each: each.number)
    return Plan(tuple(steps), tuple(faults), checked.ignored)


def _held(session: Session, brought: Import) -> dict[str, int]:
    at = stock.at_places(session, [brought.place])
    return {sku: quantity for (_, sku), quantity in at.items()}


def _spoilt(session: Session, sheet: Sheet) -> dict[str, str]:
    """Part numbers that stand in the sheet as numbers, with the one of the catalogue that may be meant:
    a number forgets the zeros in front of it.
    """
    numbers = {
        cell for row in sheet.rows for cell in row.cells if isinstance(cell, NumberText) and cell
    }
    if not numbers:
        return {}
    with_zeros = session.scalars(select(Part.sku).where(Part.sku.startswith("0")))
    return {
        short: sku for sku in with_zeros if (short := sku.lstrip("0")) != sku and short in numbers
    }


def _fault(
    kind: rules.Kind,
    line: rules.Line,
    key: str,
    known: Mapping[str, Any],
    spoilt: Mapping[str, str],
) -> rules.Fault | None:
    is_a_number = isinstance(line.values[kind.key], NumberText)
    if is_a_number and key not in known and key in spoilt:
        return rules.Fault(line.number, kind.key, key, "zeros_lost", spoilt[key])
    if is_a_number and len(key) > 15:
        return rules.Fault(line.number, kind.key, key, "digits_lost")
    if kind in (rules.RECEIPTS, rules.STOCK) and key not in known:
        return rules.Fault(line.number, kind.key, key, "unknown_part")
    return None


def _catalogue_step(kind: rules.Kind, line: rules.Line, key: str, row: Any) -> Step:
    if row is None:
        made = {name: (None, value) for name, value in line.values.items() if name != kind.key}
        return Step(line, NEW, key, made)
    differences = {
        name: (getattr(row, name), value)
        for name, value in line.values.items()
        if getattr(row, name) != value
    }
    return Step(line, CHANGED if differences else SAME, key, differences)


def _stock_step(line: rules.Line, key: str, lies: int) -> Step:
    wanted = line.values["quantity"]
    if lies == wanted:
        return Step(line, SAME, key, {})
    return Step(line, CHANGED, key, {"quantity": (lies, wanted)})


# Writing it down.


def apply(
    session: Session, by: Person, brought: Import, sheet: Sheet | None, shown: str, now: datetime
) -> None:
    """Writes down what was shown, all of it or nothing; `shown` is the digest of the plan on the page.

    The caller holds the lock of the import. Applied already: nothing is done again. Raises
    `StepNotPossible` for one that was dropped, is too old, or brings goods that have arrived, `ImportOutdated` where
    the house has changed since the page was made.
    """
    if brought.state == "applied":
        return
    if sheet is None or brought.state != "checked" or applied_before(session, brought):
        raise errors.StepNotPossible(state=brought.state)
    made = plan(session, brought, sheet, lock=True)
    if made.digest != shown:
        raise errors.ImportOutdated()
    _WRITERS[brought.kind](session, by, brought, made, now)
    brought.state, brought.told = "applied", made.told
    _end(brought, by, now)
    session.flush()
    audit.record(
        session,
        by.id,
        "import.applied",
        brought.id,
        now,
        kind=brought.kind,
        sha256=brought.sha256,
        rows=made.told,
    )


def drop(session: Session, by: Person, brought: Import, now: datetime) -> None:
    """Nothing of it is written down. Raises `StepNotPossible` once it was."""
    if brought.state == "dropped":
        return
    if brought.state != "checked":
        raise errors.StepNotPossible(state=brought.state)
    brought.state = "dropped"
    _end(brought, by, now)
    audit.record(session, by.id, "import.dropped", brought.id, now)


def _end(brought: Import, by: Person, now: datetime) -> None:
    brought.ended_at, brought.ended_by = now, by.id
    brought.rev += 1


def _write_parts(session: Session, by: Person, brought: Import, made: Plan, now: datetime) -> None:
    new = [step.line.values for step in made.steps if step.verdict == NEW]
    changed = {step.key: _becomes(step) for step in made.steps if step.verdict == CHANGED}
    parts.take_in(session, by, new, changed, brought.id, now)


def _write_products(
    session: Session, by: Person, brought: Import, made: Plan, now: datetime
) -> None:
    new = [step.line.values for step in made.steps if step.verdict == NEW]
    changed = {step.key: _becomes(step) for step in made.steps if step.verdict == CHANGED}
    products.take_in(session, by, new, changed, brought.id, now)


def _becomes(step: Step) -> dict[str, Any]:
    return {name: becomes for name, (_, becomes) in step.differences.items()}


def _write_receipts(
    session: Session, by: Person, brought: Import, made: Plan, now: datetime
) -> None:
    for step in made.steps:
        facts = {**step.line.values, "sku": step.key, "from_place": "supplier"}
        movements.write(session, by, {**facts, "kind": "receive", "to_place": brought.place}, now)


def _write_stock(session: Session, by: Person, brought: Import, made: Plan, now: datetime) -> None:
    """The ledger is brought to what the file says, as a count does it."""
    counted = {step.key: step.line.values["quantity"] for step in made.steps}
    movements.count(session, by, brought.place, counted, brought.file_name, now)


_WRITERS = {
    rules.PARTS.code: _write_parts,
    rules.PRODUCTS.code: _write_products,
    rules.RECEIPTS.code: _write_receipts,
    rules.STOCK.code: _write_stock,
}
