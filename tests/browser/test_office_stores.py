"""The storekeeper's morning in a real browser: receives by scanning, counts a van, explains, imports."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from server import spreadsheets
from tests import people
from tests.browser.axes import faults
from tests.browser.desks import Desk
from tests.make import make_movement, make_part

VAN = f"van:{people.ALICE.id}"


def test_from_the_delivery_to_the_list(
    desk: Desk,
    save: Callable[..., None],
    tmp_path: Path,
) -> None:
    leg = make_part(sku="LEG-100", name="Cabinet leg", name_zh="柜脚")
    save(make_part(), leg, make_movement("HINGE-110", 5, to_place=VAN))
    stock = desk(people.STOCK)
    office = stock.url

    # Goods arrive: the scanner types a number and presses Enter; no mouse until the end.
    stock.goto(f"{office}stock")
    stock.keyboard.press("r")
    expect(stock.get_by_label("Scan a part number")).to_be_focused()
    for scanned in ("leg-100", "LEG-100", "12*HINGE-110"):
        stock.keyboard.type(scanned)
        stock.keyboard.press("Enter")
    stock.get_by_text("Cabinet leg").wait_for()
    assert faults(stock) == []
    stock.keyboard.press("Control+Enter")
    stock.get_by_role("heading", name="What moved last").wait_for()
    expect(stock.locator("#list tbody tr")).to_have_text(
        [re.compile("HINGE-110.*12"), re.compile("LEG-100.*2")]
    )

    # Alice's van: a part is missing, one more was found; what was typed outlives a reload.
    stock.goto(f"{office}stock/{VAN}")
    stock.keyboard.press("c")
    expect(stock.get_by_label("Scan a part number")).to_be_focused()
    for scanned in ("4*HINGE-110", "LEG-100"):
        stock.keyboard.type(scanned)
        stock.keyboard.press("Enter")
    stock.reload()
    stock.get_by_text("You typed this earlier").wait_for()
    stock.get_by_label("Everything was counted").check()
    stock.get_by_role("button", name="Compare with the ledger").click()
    stock.get_by_role("heading", name="2 parts differ").wait_for()
    stock.get_by_role("link", name="Variances").click()
    stock.get_by_text("HINGE-110 -1 · LEG-100 +1").wait_for()
    stock.get_by_role("link", name="Explain", exact=True).click()
    stock.get_by_role("button", name="I find out why").click()
    stock.get_by_text("Stock finds out why.").wait_for()
    stock.get_by_label("Why the ledger was wrong").fill("Alice swapped one for a leg.")
    assert faults(stock) == []
    stock.keyboard.press("Control+Enter")
    stock.get_by_text("Alice swapped one for a leg.").wait_for()
    stock.get_by_role("link", name="Variances").click()
    stock.get_by_text("Nothing to explain.").wait_for()

    # The supplier's list: two rows are bad, and the rest is written down.
    rows = [
        ["KNOB-1", "Knob", "12.50"],
        ["KNOB 2", "Knob", "1"],
        ["LEG-100", "Cabinet leg", "7"],
        ["KNOB-3", "", "1"],
    ]
    file = tmp_path / "supplier.xlsx"
    file.write_bytes(spreadsheets.write_xlsx(["Part number", "Name", "Price (¥)"], rows))
    stock.get_by_role("link", name="Import").click()
    stock.get_by_label("File").set_input_files(file)
    stock.get_by_role("button", name="See what it would do").click()
    faulty = stock.locator(".faults tbody tr")
    expect(faulty).to_have_count(2)
    expect(faulty.first).to_contain_text("KNOB 2")
    stock.get_by_text("¥12.50 → ¥7.00").wait_for()
    assert faults(stock) == []
    stock.get_by_role("button", name="Write down 2 rows").click()
    stock.get_by_text("Written down by Stock").wait_for()
    stock.get_by_role("link", name="Catalogue").click()
    stock.get_by_label("Search parts").fill("knob")
    expect(stock.locator("#list tbody tr")).to_have_count(1)
