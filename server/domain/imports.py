"""Files of rows: which columns each kind has, and what a cell may say.

A cell that says nothing leaves what is there as it is. A row is good or bad as a whole; every fault is named
with the number of its row, its column and what stands there. Money is integer cents.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Reader = Callable[[str], Any]  # raises ValueError with the code of what is wrong


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its code; people may head it in either language, or as `also` says."""

    code: str
    en: str
    zh: str
    read: Reader
    is_required: bool = False
    also: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its columns, and the one that names a row."""

    code: str
    key: str
    columns: tuple[Column, ...]
    may_repeat: bool = False  # whether two rows may have the same key

    def column(self, code: str) -> Column:
        return next(each for each in self.columns if each.code == code)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one row; `column` is a code, or the title of a column that nobody knows.

    Codes: missing, too_long, not_text, not_a_number, too_small, too_large, not_a_code, not_money,
    not_yes_or_no, digits_lost, error_in_sheet, twice (see `other`), cells_without_title, column_missing,
    column_twice; of what is there already: unknown_part, zeros_lost (see `other`), not_active.
    """

    number: int
    column: str
    value: str
    code: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A good row: what it says, by the codes of the columns."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """Good rows, faults in the order of their rows, and titles of columns that are not looked at."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    ignored: tuple[str, ...]


# What a cell may say.

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
MONEY = re.compile(r"[¥￥]?\s*(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{1,2})0*)?\s*(?:元|CNY)?")
WHOLE = re.compile(r"-?[0-9]{1,12}(?:\.0+)?")
YES = frozenset({"yes", "y", "true", "1", "是", "有", "对", "✓", "√"})
NO = frozenset({"no", "n", "false", "0", "否", "无", "不", "✗", "×"})
LARGEST_CENTS = 2**31 - 1
MOST_PIECES = 999_999


def text(most: int) -> Reader:
    def read(said: str) -> str:
        if len(said) > most:
            raise ValueError("too_long")
        return said

    return read


def code(most: int = 64) -> Reader:
    """A number of the catalogue: letters, digits, `_`, `-`, `.`; never one that a program has rounded."""

    def read(said: str) -> str:
        if re.fullmatch(r"[0-9.]+E[+-]?[0-9]+", said):
            raise ValueError("digits_lost")
        if len(said) > most:
            raise ValueError("too_long")
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", said):
            raise ValueError("not_a_code")
        return said

    return read


def whole(least: int, most: int) -> Reader:
    def read(said: str) -> int:
        plain = said.replace(",", "")
        if not WHOLE.fullmatch(plain):
            raise ValueError("not_a_number")
        number = int(plain.partition(".")[0])
        if number < least:
            raise ValueError("too_small")
        if number > most:
            raise ValueError("too_large")
        return number

    return read


def cents(said: str) -> int:
    """ "12.5", "¥1,250.00", "30 元" in cents."""
    found = MONEY.fullmatch(said)
    if not found:
        raise ValueError("too_small" if said.startswith("-") else "not_money")
    amount = int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))
    if amount > LARGEST_CENTS:
        raise ValueError("too_large")
    return amount


def yes_or_no(said: str) -> bool:
    word = said.casefold()
    if word not in YES | NO:
        raise ValueError("not_yes_or_no")
    return word in YES


# The kinds.

_SKU = Column(
    "sku",
    "Part number",
    "配件编号",
    code(),
    True,
    ("sku", "number", "part", "编号", "料号", "物料编码", "货号"),
    "HINGE-110",
)
_NAME = Column(
    "name", "Name", "英文名称", text(200), True, ("name in english", "品名"), "Hinge 110°"
)
_NAME_ZH = Column(
    "name_zh",
    "Name in Chinese",
    "中文名称",
    text(200),
    False,
    ("chinese name", "名称"),
    "铰链 110°",
)
_ACTIVE = Column("is_active", "Active", "启用", yes_or_no, False, ("in use", "有效"), "yes")
_PIECES = ("qty", "count", "pieces", "库存", "数目")

PARTS = Kind(
    "parts",
    "sku",
    (
        _SKU,
        _NAME,
        _NAME_ZH,
        Column("unit", "Unit", "单位", text(64), example="piece"),
        Column(
            "unit_price",
            "Price (¥)",
            "单价（元）",
            cents,
            False,
            ("price", "单价", "价格"),
            "12.50",
        ),
        Column("is_returnable", "Old one comes back", "旧件返回", yes_or_no, example="no"),
        _ACTIVE,
    ),
)
PRODUCTS = Kind(
    "products",
    "model",
    (
        Column("model", "Model", "型号", text(100), True, ("product",), "HOOD-90"),
        _NAME,
        _NAME_ZH,
        Column("category", "Category", "类别", text(64), False, ("分类",), "appliance"),
        Column(
            "certificate", "Certificate needed", "所需证书", code(), False, ("certificate",), "gas"
        ),
        Column(
            "warranty_months",
            "Warranty (months)",
            "保修期（月）",
            whole(0, 1_200),
            False,
            ("warranty", "保修"),
            "24",
        ),
        Column("care_card", "Care card", "保养说明（英文）", text(4_000)),
        Column("care_card_zh", "Care card in Chinese", "保养说明（中文）", text(4_000)),
        _ACTIVE,
    ),
)
RECEIPTS = Kind(
    "receipts",
    "sku",
    (
        _SKU,
        Column("quantity", "Quantity", "数量", whole(1, MOST_PIECES), True, _PIECES, "24"),
        Column("serial", "Serial number", "序列号", text(200)),
        Column("reason", "Note", "备注", text(1_000), False, ("remark", "reason"), "PO 4711"),
    ),
    may_repeat=True,
)
STOCK = Kind(
    "stock",
    "sku",
    (
        _SKU,
        Column("quantity", "Quantity", "数量", whole(0, MOST_PIECES), True, _PIECES, "24"),
    ),
)
KINDS: dict[str, Kind] = {each.code: each for each in (PARTS, PRODUCTS, RECEIPTS, STOCK)}
NEED_A_PLACE = frozenset({RECEIPTS.code, STOCK.code})


# Checking.


def check(
    kind: Kind, titles: Sequence[str], number: int, rows: Iterable[tuple[int, Sequence[str]]]
) -> Checked:
    """Reads every row. `number` is the row of the titles; a fault of theirs leaves no row good."""
    where, faults, ignored = _columns(kind, titles, number)
    if faults:
        return Checked((), tuple(faults), ignored)
    lines: list[Line] = []
    first: dict[Any, int] = {}
    for at, cells in rows:
        values, wrong = _read(kind, where, at, cells, len(titles))
        key = values.get(kind.key)
        if key in first and not kind.may_repeat and not wrong:
            wrong.append(Fault(at, kind.key, str(key), "twice", str(first[key])))
        first.setdefault(key, at)
        faults += wrong
        if not wrong:
            lines.append(Line(at, values))
    return Checked(tuple(lines), tuple(faults), ignored)


def _columns(
    kind: Kind, titles: Sequence[str], number: int
) -> tuple[dict[str, int], list[Fault], tuple[str, ...]]:
    known = {
        _plain(name): column.code
        for column in kind.columns
        for name in (*column.also, column.zh, column.en, column.code)
    }
    where: dict[str, int] = {}
    faults: list[Fault] = []
    ignored: list[str] = []
    for place, title in enumerate(titles):
        found = known.get(_plain(title))
        if found is None:
            ignored += [title] if title else []
        elif found in where:
            faults.append(Fault(number, found, title, "column_twice"))
        else:
            where[found] = place
    faults += [
        Fault(number, each.code, "", "column_missing")
        for each in kind.columns
        if each.is_required and each.code not in where
    ]
    return where, faults, tuple(ignored)


def _plain(title: str) -> str:
    """A title without what people write in one way or another."""
    return re.sub(r"[\s_*:：()（）-]", "", title).casefold()


def _read(
    kind: Kind, where: Mapping[str, int], number: int, cells: Sequence[str], titled: int
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = list(_beyond(number, cells[titled:]))
    for column in kind.columns:
        if column.code not in where:
            continue
        said = cells[where[column.code]]
        try:
            if said:
                values[column.code] = _value(column, said)
            elif column.is_required:
                raise ValueError("missing")
        except ValueError as wrong:
            faults.append(Fault(number, column.code, said[:80], str(wrong)))
    return values, faults


def _beyond(number: int, more: Sequence[str]) -> Iterator[Fault]:
    """A comma too many shifts a whole row: no row may be longer than the titles."""
    if any(more):
        yield Fault(number, "", next(cell for cell in more if cell)[:80], "cells_without_title")


def _value(column: Column, said: str) -> Any:
    if CONTROL.search(said):
        raise ValueError("not_text")
    if said in ERRORS:
        raise ValueError("error_in_sheet")
    return column.read(said)
