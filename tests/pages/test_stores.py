"""The storekeeper's place: catalogue, stock, what moves it, counts, variances."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import people
from tests.client import Client
from tests.make import make_movement, make_part
from tests.pages.desks import Desk, Page
from tests.pages.test_together import at_once, twice
from tests.people import ALICE, CAROL, NORTH, SOUTH
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]
SHELF, VAN = f"warehouse:{NORTH}", f"van:{ALICE.id}"
THERE = f"warehouse:{SOUTH}"


@pytest.fixture
def keeper(at_desk: AtDesk) -> Desk:
    return at_desk(people.STOCK)


@pytest.fixture
def stock(sign_in: Callable[[people.Character], Client]) -> Client:
    """The storekeeper by the API."""
    return sign_in(people.STOCK)


@pytest.fixture(autouse=True)
def goods(save: Callable[..., None]) -> None:
    """Ten hinges in the warehouse, and a part that is nowhere."""
    save(make_part(), make_part(sku="LEG-100", name="Cabinet leg", name_zh="柜脚", unit_price=650))
    save(make_movement("HINGE-110", 10))


def enters(desk: Desk, path: str, lines: dict[str, str], **said: str) -> Page:
    """A form with scanned lines."""
    page = desk.opens(path)
    fields = {name.rstrip("_"): value for name, value in said.items()}
    form: dict[str, Any] = {
        "csrf_token": page.value("csrf_token"),
        "form_key": page.value("form_key"),
        "sku": [*lines, ""],
        "quantity": [*lines.values(), ""],
        **fields,
    }
    return Page(desk.client.post(path, data=form, headers={"Accept": "text/html"}))


def lies(client: Client, place: str) -> dict[str, int]:
    found = client.get("/api/v1/stock", query_string={"place": place}).json["items"]
    return {each["sku"]: each["quantity"] for each in found}


# The catalogue.


def test_a_part_is_added_and_found(keeper: Desk) -> None:
    said = {
        "sku": "KNOB-1",
        "name": "Knob",
        "name_zh": "旋钮",
        "unit": "piece",
        "unit_price": "¥1,012.5",
    }
    page = keeper.follows(keeper.sends("/office/new/part", **said, is_active="yes"))
    assert "¥1,012.50" in page.text
    assert "KNOB-1" in keeper.opens("/office/parts?q=旋钮").text
    again = keeper.sends("/office/new/part", **said)
    assert (again.status, again.value("name")) == (409, "Knob")
    assert "The catalogue has a part with this number." in again.text


def test_a_price_that_is_none_comes_back(keeper: Desk) -> None:
    for price in ("-1", "1e9", "99999999999", "0.001", "12,5", "twelve"):
        page = keeper.sends("/office/new/part", sku="X", name="X", unit="piece", unit_price=price)
        assert (page.status, page.value("unit_price")) == (422, price)


def part_form(page: Page, **changed: str) -> dict[str, str]:
    names = ("name", "name_zh", "unit", "unit_price", "is_returnable", "is_active")
    was = {f"was_{name}": page.value(f"was_{name}") for name in names}
    return {**{name: was[f"was_{name}"] for name in names}, **was, **changed}


def test_two_edit_a_part_and_neither_loses_a_word(keeper: Desk, at_desk: AtDesk) -> None:
    sun = at_desk(people.SUN)
    mine, hers = (desk.opens("/office/parts/HINGE-110") for desk in (keeper, sun))
    sun.sends("/office/parts/HINGE-110", **part_form(hers, name="Hinge, soft", unit_price="13.00"))
    other_field = keeper.sends("/office/parts/HINGE-110", **part_form(mine, name_zh="阻尼铰链"))
    assert other_field.status == 303
    clash = keeper.sends("/office/parts/HINGE-110", **part_form(mine, name="Hinge 110"))
    assert (clash.status, clash.value("name")) == (409, "Hinge 110")
    assert "Sun wrote" in clash.text
    assert "Hinge, soft" in clash.text
    page = keeper.opens("/office/parts/HINGE-110")
    assert (page.value("unit_price"), page.value("name_zh")) == ("13.00", "阻尼铰链")


def test_a_product_is_added_and_changed(keeper: Desk) -> None:
    said = {
        "model": "HOOD-90",
        "name": "Hood",
        "care_card": "Wash it.\r\nMonthly.",
        "certificate": "gas",
    }
    page = keeper.follows(keeper.sends("/office/new/product", **said, warranty_months="36"))
    where = page.html.split('action="/office/products/')[1].split('"')[0]
    names = ("model", "name", "name_zh", "category", "care_card", "care_card_zh", "certificate")
    was = {
        f"was_{name}": page.value(f"was_{name}")
        for name in (*names, "warranty_months", "is_active")
    }
    form = {name.removeprefix("was_"): value for name, value in was.items()} | was
    changed = keeper.sends(
        f"/office/products/{where}", **{**form, "certificate": "", "is_active": "no"}
    )
    page = keeper.follows(changed)
    assert (page.value("certificate"), page.value("was_care_card")) == ("", "Wash it.\nMonthly.")
    assert "HOOD-90" not in keeper.opens("/office/products").text
    assert "no longer sold" in keeper.opens("/office/products?show=all").text


# Stock and what moves it.


def test_goods_are_received_and_a_van_is_filled(keeper: Desk, stock: Client) -> None:
    page = enters(
        keeper, "/office/move/receive", {"HINGE-110": "5", "leg-100": "8"}, to_place=SHELF
    )
    assert lies(stock, SHELF) == {"HINGE-110": 15, "LEG-100": 8}
    assert page.goes_to == f"/office/stock/{SHELF}"
    enters(keeper, "/office/move/transfer", {"LEG-100": "3"}, from_place=SHELF, to_place=VAN)
    assert lies(stock, VAN) == {"LEG-100": 3}
    told = keeper.opens(f"/office/movements?place={VAN}&sku=LEG-100").text
    assert "Transferred LEG-100 3 Warehouse Branch North Van of Alice Stock" in told
    assert "Van of Alice 1 3" in keeper.opens("/office/stock").text
    assert "Van of Alice 3" in keeper.opens("/office/parts/LEG-100").text


def test_enter_in_the_scanned_field_adds_a_line_without_a_script(
    keeper: Desk, stock: Client
) -> None:
    page = enters(keeper, "/office/move/receive", {"LEG-100": "1"}, scan="12*hinge-110", add="1")
    assert (page.status, "Hinge 110°" in page.text) == (200, True)
    assert 'value="12"' in page.html
    page = enters(keeper, "/office/move/receive", {"LEG-100": "1"}, scan="LEG-100", add="1")
    assert 'value="2"' in page.html
    assert lies(stock, SHELF) == {"HINGE-110": 10}


def test_a_scanned_number_is_named(keeper: Desk) -> None:
    told = keeper.client.get("/office/scan?code=hinge-110").json
    assert told == {"sku": "HINGE-110", "name": "Hinge 110°"}
    assert keeper.client.get("/office/scan?code=%00nothing").json == {"sku": None, "name": None}


def test_a_quantity_that_is_none_comes_back(keeper: Desk, stock: Client) -> None:
    for quantity in ("", "0", "-1", "1.5", "x", "٣", "1000000", "1000000000000000000"):
        lines = {"LEG-100": "1", "HINGE-110": quantity}
        page = enters(keeper, "/office/move/receive", lines, to_place=SHELF)
        assert (page.status, "A whole number from 1" in page.text) == (422, True), quantity
    assert lies(stock, SHELF) == {"HINGE-110": 10}


NO_WAYS = [
    ("receive", {"to_place": "supplier"}),
    ("receive", {"to_place": THERE}),
    ("receive", {"to_place": "van:nobody"}),
    ("transfer", {"from_place": SHELF, "to_place": SHELF}),
    ("transfer", {"from_place": THERE, "to_place": SHELF}),
    ("transfer", {"from_place": SHELF}),
    ("return", {"from_place": "customer", "to_place": SHELF, "job_id": "J-0"}),
    ("return", {"from_place": SHELF, "to_place": VAN}),
    ("ship", {"from_place": SHELF, "ticket_id": "T-0"}),
    ("adjust", {"from_place": SHELF, "correction": "missing"}),
    ("adjust", {"from_place": SHELF, "reason": "x"}),
    ("adjust", {"from_place": "\x00", "correction": "found", "reason": "x"}),
]


def test_what_goes_no_such_way_comes_back(keeper: Desk, stock: Client) -> None:
    for kind, said in NO_WAYS:
        page = enters(keeper, f"/office/move/{kind}", {"HINGE-110": "2"}, **said)
        assert (page.status, 'value="HINGE-110"' in page.html) == (422, True), (kind, said)
    assert lies(stock, SHELF) == {"HINGE-110": 10}


def test_shipping_returning_and_scrapping(keeper: Desk, stock: Client, shop: Shop) -> None:
    job = shop.issues_a_job()
    enters(
        keeper,
        "/office/move/ship",
        {"HINGE-110": "2"},
        from_place=SHELF,
        ticket_id=job["ticket_id"],
    )
    assert lies(stock, f"transit:{job['ticket_id']}") == {"HINGE-110": 2}
    said = {"from_place": "customer", "to_place": VAN, "job_id": job["id"], "reason": "not needed"}
    enters(keeper, "/office/move/return", {"LEG-100": "1"}, **said)
    assert lies(stock, VAN) == {"LEG-100": 1}
    said = {"from_place": SHELF, "correction": "scrapped", "reason": "Fell down."}
    enters(keeper, "/office/move/adjust", {"HINGE-110": "1"}, **said)
    assert lies(stock, SHELF) == {"HINGE-110": 7}
    told = keeper.opens(f"/office/movements?place={SHELF}").text
    assert "Scrap Stock · Fell down." in told
    assert job["ticket_id"] in told


def test_more_than_there_is_is_asked_back_about(keeper: Desk, stock: Client) -> None:
    way = {"from_place": SHELF, "to_place": VAN}
    page = enters(keeper, "/office/move/transfer", {"HINGE-110": "11"}, **way)
    assert (page.status, "HINGE-110, there are 10" in page.text) == (409, True)
    assert lies(stock, VAN) == {}
    enters(keeper, "/office/move/transfer", {"HINGE-110": "11"}, **way, below_zero="yes")
    assert lies(stock, SHELF) == {"HINGE-110": -1}
    assert (
        "Warehouse Branch North: HINGE-110 -1 by the ledger"
        in keeper.opens("/office/variances").text
    )


def test_two_who_take_the_last_piece_do_not_both_get_it(
    keeper: Desk, at_desk: AtDesk, stock: Client
) -> None:
    way = {"from_place": SHELF, "to_place": VAN}
    sun = at_desk(people.SUN)
    told = at_once(
        *(
            lambda desk=desk: enters(desk, "/office/move/transfer", {"HINGE-110": "10"}, **way)
            for desk in (keeper, sun)
        )
    )
    assert sorted(page.status for page in told) == [303, 409]
    assert lies(stock, SHELF) == {}


def test_a_double_click_receives_once(keeper: Desk, stock: Client) -> None:
    said = {"sku": "LEG-100", "quantity": "4", "to_place": SHELF}
    told = twice(keeper, "/office/move/receive", "/office/move/receive", **said)
    assert [page.status for page in told] == [303, 303]
    assert lies(stock, SHELF)["LEG-100"] == 4


def test_a_minimum_is_told(keeper: Desk) -> None:
    keeper.sends("/office/parts/HINGE-110/minimum", place=SHELF, quantity="20")
    assert "1 too few" in keeper.opens("/office/stock").text
    assert "HINGE-110 Hinge 110° 10 20 too few" in keeper.opens(f"/office/stock/{SHELF}").text
    keeper.sends("/office/parts/HINGE-110/minimum", place=SHELF, quantity="")
    assert "too few" not in keeper.opens("/office/stock").text


def test_other_branches_places_are_not_there(keeper: Desk, at_desk: AtDesk) -> None:
    for path in (
        f"/office/stock/{THERE}",
        f"/office/stock/{THERE}/count",
        f"/office/movements?place={THERE}",
    ):
        assert keeper.opens(path).status == 404, path
    sam = at_desk(people.SAM)
    assert sam.opens(f"/office/stock/{SHELF}").status == 404
    assert "HINGE-110" not in sam.opens("/office/movements").text
    assert "Van of Alice" not in sam.opens("/office/stock").text
    assert "Van of Carol" in sam.opens("/office/stock").text  # a contractor works for every branch
    assert "Where it lies Nowhere at present." in sam.opens("/office/parts/HINGE-110").text


def test_lists_are_taken_away(keeper: Desk) -> None:
    for path in ("parts", "products", "movements", f"stock/{SHELF}"):
        for form, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
            answer = keeper.client.get(f"/office/{path}?as={form}")
            assert answer.data.startswith(begins), path
            assert "attachment" in answer.headers["Content-Disposition"]
    assert "铰链" in keeper.client.get("/office/parts?as=csv").get_data(as_text=True)


# Counts and variances.


def counted(keeper: Desk, lines: dict[str, str], place: str = SHELF, **said: str) -> Page:
    return keeper.follows(enters(keeper, f"/office/stock/{place}/count", lines, **said))


def test_a_count_is_blind_and_its_difference_is_explained(keeper: Desk, stock: Client) -> None:
    form = keeper.opens(f"/office/stock/{SHELF}/count")
    assert ("HINGE-110" in form.html, 'value="10"' in form.html) == (True, False)
    page = counted(keeper, {"HINGE-110": "8", "LEG-100": "1"})
    assert "HINGE-110 Hinge 110° 10 8 -2" in page.text
    assert "LEG-100 Cabinet leg 0 1 +1" in page.text
    assert "HINGE-110 -2 · LEG-100 +1" in keeper.opens("/office/variances").text
    where = page.html.split('action="/office/counts/')[1].split("/")[0]
    enters(keeper, "/office/move/receive", {"HINGE-110": "5"}, to_place=SHELF)  # meanwhile
    assert keeper.sends(f"/office/counts/{where}/own").status == 303
    assert keeper.sends(f"/office/counts/{where}/settle").status == 422
    for _ in range(2):  # a double click
        assert (
            keeper.sends(f"/office/counts/{where}/settle", reason="Two were broken.").status == 303
        )
    assert lies(stock, SHELF) == {"HINGE-110": 13, "LEG-100": 1}
    assert "Two were broken." in keeper.opens(f"/office/movements?place={SHELF}").text
    assert "Nothing to explain" in keeper.opens("/office/variances").text


def test_a_full_count_finds_what_is_not_there(keeper: Desk, stock: Client) -> None:
    page = counted(keeper, {"LEG-100": "1"}, is_full="yes")
    assert "HINGE-110 Hinge 110° 10 0 -10" in page.text


def test_a_count_without_a_difference_is_settled_at_once(keeper: Desk) -> None:
    assert "nothing differs" in counted(keeper, {"HINGE-110": "10"}).text


def test_a_newer_count_takes_the_place_of_one_that_waits(keeper: Desk, stock: Client) -> None:
    first = (
        counted(keeper, {"HINGE-110": "8"}).html.split('action="/office/counts/')[1].split("/")[0]
    )
    counted(keeper, {"HINGE-110": "9"})
    assert keeper.sends(f"/office/counts/{first}/settle", reason="x").status == 409
    assert lies(stock, SHELF) == {"HINGE-110": 10}


def test_a_count_that_is_none_comes_back(keeper: Desk) -> None:
    nones: list[dict[str, str]] = [{}, {"NOTHING": "1"}, {"HINGE-110": "-1"}, {"HINGE-110": "x"}]
    for lines in nones:
        page = enters(keeper, f"/office/stock/{SHELF}/count", lines)
        assert page.status == 422
        assert all(f'value="{value}"' in page.html for value in lines.values())


def test_a_van_that_used_more_than_it_carried_is_explained(keeper: Desk, shop: Shop) -> None:
    trip = shop.sends(ALICE, shop.issues_a_job())
    trip.arrives()
    trip.uses_part(sku="LEG-100")
    trip.sends_events()
    page = keeper.opens("/office/variances")
    assert "Van of Alice: LEG-100" in page.text
    where = page.html.split('action="/office/variances/')[1].split("/")[0]
    assert keeper.sends(f"/office/variances/{where}/own").status == 303
    assert "Stock finds out why." in keeper.opens("/office/variances").text
    assert keeper.sends(f"/office/variances/{where}/explain").status == 422
    keeper.sends(f"/office/variances/{where}/explain", reason="Taken from Lena's van.")
    assert "Taken from Lena" in keeper.opens("/office/variances?show=explained").text


def test_what_is_not_ones_own_is_not_counted(at_desk: AtDesk, keeper: Desk) -> None:
    wei = at_desk(people.WEI)
    assert f"{SHELF}/count" not in wei.opens(f"/office/stock/{SHELF}").html
    assert wei.opens(f"/office/stock/{SHELF}/count").status == 403
    assert keeper.opens(f"/office/stock/van:{CAROL.id}/count").status == 200


def test_a_form_with_too_many_lines_loses_none(keeper: Desk, stock: Client) -> None:
    lines = {f"P-{number}": "1" for number in range(2_001)}
    page = enters(keeper, f"/office/stock/{SHELF}/count", lines, is_full="yes")
    assert (page.status, "Nothing is lost" in page.text) == (413, True)
    assert lies(stock, SHELF) == {"HINGE-110": 10}


def test_a_request_is_filled_from_a_place_and_handed_over(
    keeper: Desk, stock: Client, shop: Shop
) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.requests_part(sku="HINGE-110", quantity=2)
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    page = keeper.opens("/office/part-requests")
    assert "Warehouse Branch North: 10" in page.text
    assert "Revisit due Part missing" in page.text
    [asked] = stock.get("/api/v1/part-requests").json["items"]
    where = f"/office/part-requests/{asked['id']}/step"
    assert keeper.sends(where, step="hand_over").status == 409  # nothing is set aside yet
    assert keeper.sends(where, step="reserve", from_place=THERE).status == 422
    assert keeper.sends(where, step="reserve", from_place=SHELF).status == 303
    assert "Hand to Alice" in keeper.opens("/office/part-requests").text
    for _ in range(2):  # a double click
        assert keeper.sends(where, step="hand_over").status == 303
    assert lies(stock, SHELF) == {"HINGE-110": 8}
    assert lies(stock, VAN) == {"HINGE-110": 2}
    assert (
        "The part is there: plan the visit." in keeper.opens("/office/part-requests?show=all").text
    )
