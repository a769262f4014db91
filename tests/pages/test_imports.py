"""CSV and XLSX in: a dry run that names every bad row, and then just what was shown."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from server import spreadsheets
from server.db.imports import Import
from tests import people, pictures
from tests.client import Client
from tests.make import make_movement, make_part, make_product
from tests.pages.desks import BROWSER, Desk, Page
from tests.people import ALICE, NORTH

SHELF = f"warehouse:{NORTH}"
TITLES = ["配件编号", "Name", "Price (¥)", "数量", "Old one comes back"]


@pytest.fixture
def keeper(at_desk: Callable[[people.Character], Desk]) -> Desk:
    return at_desk(people.STOCK)


@pytest.fixture
def stock(sign_in: Callable[[people.Character], Client]) -> Client:
    """The storekeeper by the API."""
    return sign_in(people.STOCK)


@pytest.fixture(autouse=True)
def catalogue(save: Callable[..., None]) -> None:
    save(make_part(), make_part(sku="00123", name="Screw", name_zh="", unit_price=10))


def brings(
    desk: Desk, content: bytes, kind: str = "parts", name: str = "list.csv", **said: str
) -> Page:
    page = desk.opens("/office/imports")
    form: dict[str, Any] = {
        "csrf_token": page.value("csrf_token"),
        "form_key": page.value("form_key"),
        "kind": kind,
        "file": FileStorage(io.BytesIO(content), name),
        **said,
    }
    boundary, body = encode_multipart(form)
    kind_of_body = f"multipart/form-data; boundary={boundary}"
    return Page(
        desk.client.post("/office/imports", data=body, content_type=kind_of_body, headers=BROWSER)
    )


def dry_run(desk: Desk, content: bytes, kind: str = "parts", **said: str) -> Page:
    return desk.follows(brings(desk, content, kind, **said))


def says_yes(desk: Desk, page: Page) -> Page:
    where = page.html.split('action="/office/imports/')[1].split("/")[0]
    return desk.sends(f"/office/imports/{where}/apply", digest=page.value("digest"))


def sheet(*rows: list[spreadsheets.Cell], titles: list[str] = TITLES) -> bytes:
    return spreadsheets.write_xlsx(titles, rows)


GOOD: list[list[spreadsheets.Cell]] = [
    ["HINGE-110", "Hinge 110°", "12.50", None, "no"],
    ["00123", "Screw 4 mm", 0.1, None, None],
    ["KNOB-1", "Knob", "¥1,250", None, "是"],
]


def test_it_shows_what_every_row_would_do_and_then_does_it(keeper: Desk, stock: Client) -> None:
    page = dry_run(keeper, sheet(*GOOD))
    assert "1 new 1 changed 1 same 0 bad" in page.text
    assert "Name Screw → Screw 4 mm" in page.text
    assert "These columns are not known and stay out: 数量" in page.text
    assert stock.get("/api/v1/parts/KNOB-1").status_code == 404
    done = keeper.follows(says_yes(keeper, page))
    assert "Written down by Stock" in done.text
    knob = stock.get("/api/v1/parts/KNOB-1").json
    assert (knob["unit_price"], knob["is_returnable"]) == (125_000, True)
    assert stock.get("/api/v1/parts/00123").json["name"] == "Screw 4 mm"
    assert "0 new 0 changed 3 same 0 bad" in dry_run(keeper, sheet(*GOOD)).text


def test_it_names_every_bad_row(keeper: Desk, stock: Client) -> None:
    rows: list[list[spreadsheets.Cell]] = [
        ["KNOB-1", "Knob", "1.50"],
        ["KNOB-2", "", "1.50"],
        ["KNOB 3", "Knob", "-1"],
        [123, "Screw", "1"],
        ["KNOB-1", "Again", "1.505"],
        ["KNOB-1", "Again", "1"],
        [6.90123456789012e16, "EAN", "1"],
        ["KNOB-5", "x" * 201, 10**18],
        ["KNOB-6", "#N/A", "1"],
    ]
    page = dry_run(keeper, sheet(*rows, titles=TITLES[:3]))
    told = (
        page.text.split("Bad rows What")[0].split("What is wrong")[1].split("What it would do")[0]
    )
    for fault in (
        "3 Name – Please fill this in.",
        "4 Part number KNOB 3 Only letters",
        "4 Price (¥) -1 This number is too small.",
        "5 Part number 123 Is 00123 meant?",
        "6 Price (¥) 1.505 This is not a price",
        "7 Part number KNOB-1 This stands in row 2 already.",
        "8 Part number 69012345678901200 The program has rounded this number.",
        "9 Name " + "x" * 80 + " This is too long.",
        "9 Price (¥) 1000000000000000000 This is not a price",
        "10 Name #N/A The formula in this cell fails.",
    ):
        assert fault in told, (fault, told)
    assert "1 new 0 changed 0 same 8 bad" in page.text
    where = page.html.split('action="/office/imports/')[1].split("/")[0]
    answer = keeper.client.get(f"/office/imports/{where}/bad")
    mended = spreadsheets.read(answer.data)
    assert (len(mended.rows), mended.titles[-1]) == (8, "What is wrong")
    keeper.follows(says_yes(keeper, page))
    assert stock.get("/api/v1/parts/KNOB-1").json["name"] == "Knob"


def test_titles_that_are_missing_or_double_leave_no_row_good(keeper: Desk) -> None:
    page = dry_run(keeper, "sku,编号,price\n1,2,3\n".encode())
    assert "1 Part number 编号 This column is there twice." in page.text
    assert "1 Name – This column is missing." in page.text
    assert "/apply" not in page.html


def test_nothing_is_written_where_the_house_has_changed_meanwhile(
    keeper: Desk, stock: Client
) -> None:
    page = dry_run(keeper, sheet(*GOOD))
    changed = {"json": {"name": "Screw 5 mm"}, "headers": {"If-Match": "*"}}
    assert stock.patch("/api/v1/parts/00123", **changed).status_code == 200
    refused = says_yes(keeper, page)
    assert (refused.status, "Screw 5 mm → Screw 4 mm" in refused.text) == (409, True)
    assert "has changed since" in refused.text
    assert stock.get("/api/v1/parts/KNOB-1").status_code == 404
    assert says_yes(keeper, refused).status == 303


def test_a_double_click_writes_once(keeper: Desk, stock: Client) -> None:
    page = dry_run(keeper, b"sku,qty\nHINGE-110,5\n", "receipts", place=SHELF)
    assert [says_yes(keeper, page).status for _ in range(2)] == [303, 303]
    found = stock.get(f"/api/v1/stock?place={SHELF}").json["items"]
    assert [each["quantity"] for each in found] == [5]


def test_the_same_goods_do_not_arrive_twice(keeper: Desk, stock: Client) -> None:
    file = b"sku,qty,note\nHINGE-110,5,PO 1\nHINGE-110,2,PO 2\n"
    first, second = (dry_run(keeper, file, "receipts", place=SHELF) for _ in range(2))
    assert says_yes(keeper, first).status == 303
    assert says_yes(keeper, second).status == 409
    page = dry_run(keeper, file, "receipts", place=SHELF)
    assert "Goods do not arrive twice." in page.text
    found = stock.get(f"/api/v1/stock?place={SHELF}").json["items"]
    assert [each["quantity"] for each in found] == [7]
    assert "Supplier Warehouse Branch North Stock · PO 2" in keeper.opens("/office/movements").text


def test_stock_as_counted_brings_the_ledger_there(
    keeper: Desk, stock: Client, save: Callable[..., None]
) -> None:
    save(make_movement("HINGE-110", 10))
    page = dry_run(
        keeper,
        "编号;数量\nHINGE-110;8\n00123;0\nNOTHING;1\n".encode("gb18030"),
        "stock",
        place=SHELF,
    )
    assert "0 new 1 changed 1 same 1 bad" in page.text
    assert "Quantity 10 → 8" in page.text
    keeper.follows(says_yes(keeper, page))
    found = stock.get(f"/api/v1/stock?place={SHELF}").json["items"]
    assert [each["quantity"] for each in found] == [8]


def test_products_come_in(keeper: Desk, stock: Client, save: Callable[..., None]) -> None:
    save(make_product(model="HOOD-90", name="Hood", warranty_months=24))
    file = (
        b'Model,Name,Warranty (months),Care card\nHOOD-90,Hood,36,\nHOB-G5,Hob,24,"Wipe.\nDry."\n'
    )
    page = dry_run(keeper, file, "products")
    assert "1 new 1 changed 0 same 0 bad" in page.text
    keeper.follows(says_yes(keeper, page))
    found = {each["model"]: each for each in stock.get("/api/v1/products").json["items"]}
    assert (found["HOOD-90"]["warranty_months"], found["HOB-G5"]["care_card"]) == (
        36,
        "Wipe.\nDry.",
    )


def test_what_is_exported_comes_in_as_it_is(keeper: Desk) -> None:
    for kind in ("parts", "products"):
        for form in ("csv", "xlsx"):
            file = keeper.client.get(f"/office/{kind}?as={form}&show=all").data
            assert "0 new 0 changed" in dry_run(keeper, file, kind).text, (kind, form)


def test_every_template_is_good(keeper: Desk) -> None:
    for kind in ("parts", "products", "receipts", "stock"):
        file = keeper.client.get(f"/office/imports/template/{kind}").data
        place = {"place": SHELF} if kind in ("receipts", "stock") else {}
        assert "0 bad" in dry_run(keeper, file, kind, **place).text, kind


NO_FILES = [
    (b"", "Choose a file that is not empty."),
    (b"\n\n", "There is nothing in it."),
    (pictures.png(), "It is neither a workbook nor a text"),
    (b'sku,name\n1,"x\n', "In row 2 a quotation mark is not closed."),
    (b"sku,name\n" + b"1,x\n" * 100_000, "It has more than 5000 rows."),
    (b"PK\x03\x04" + b"x" * 100, "It is an incomplete or damaged workbook."),
    (b"x" * (spreadsheets.MOST_BYTES + 1), "It holds more than can be taken at once."),
]


def test_a_file_that_is_none_is_told(keeper: Desk) -> None:
    for content, told in NO_FILES:
        page = brings(keeper, content, name="list.xlsx")
        assert (page.status, told in page.text) == (422, True), page.text


def test_nul_and_half_characters_are_bad_rows(keeper: Desk) -> None:
    page = dry_run(keeper, b"sku,name\nA,a\x00b\nB,b\n")
    assert "2 Name" in page.text
    assert "1 new 0 changed 0 same 1 bad" in page.text


def test_goods_need_a_place_of_ones_own(keeper: Desk) -> None:
    for place in ("", "supplier", f"warehouse:{people.SOUTH}", "\x00"):
        page = brings(keeper, b"sku,qty\nHINGE-110,5\n", "receipts", place=place)
        assert page.status == 422, place
    good = brings(keeper, b"sku,qty\nHINGE-110,5\n", "receipts", place=f"van:{ALICE.id}")
    assert good.status == 303


def test_a_dropped_file_writes_nothing(keeper: Desk, stock: Client) -> None:
    page = dry_run(keeper, b"sku,name\nKNOB-1,Knob\n")
    where = page.html.split('action="/office/imports/')[1].split("/")[0]
    assert keeper.sends(f"/office/imports/{where}/drop").status == 303
    assert keeper.sends(f"/office/imports/{where}/apply", digest=page.value("digest")).status == 409
    assert stock.get("/api/v1/parts/KNOB-1").status_code == 404


def test_another_branchs_files_are_not_there(
    keeper: Desk, at_desk: Callable[[people.Character], Desk], write: Callable[..., Any]
) -> None:
    page = dry_run(keeper, b"sku,name\nKNOB-1,Knob\n")
    where = page.html.split('action="/office/imports/')[1].split("/")[0]
    sun = at_desk(people.SUN)
    assert sun.opens(f"/office/imports/{where}").status == 200
    write(lambda session: setattr(session.get_one(Import, where), "branch_id", people.SOUTH))
    assert keeper.opens(f"/office/imports/{where}").status == 404
    assert keeper.sends(f"/office/imports/{where}/apply", digest="0" * 64).status == 404
