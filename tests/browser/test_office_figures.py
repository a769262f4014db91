"""Sun reads the figures and follows one down: to the ticket, its visit and its photo; and takes them along."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from server import spreadsheets
from server.demo.pictures import draw
from tests import people, pictures
from tests.browser.desks import Desk
from tests.shop import Shop


def test_sun_follows_a_figure_down_to_its_photo(
    desk: Desk,
    shop: Shop,
    works_off: Callable[[], object],
    tmp_path: Path,
) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.takes_photo("before", pictures.saved(draw("kitchen_before"), "JPEG"))
    trip.takes_photo("after", pictures.saved(draw("kitchen_after"), "JPEG"))
    trip.does("checklist.answered", step_id="level", answer=True)
    trip.has_it_signed(stars=5)
    trip.finishes()
    trip.comes_home()
    shop.judges(job)
    works_off()
    follow(desk(people.SUN), job, tmp_path)


def follow(window: Page, job: dict[str, str], folder: Path) -> None:
    window.goto(f"{window.url}figures")
    window.get_by_role("link", name="First-time fix").click()
    expect(window.locator(".figure-card[aria-current] strong")).to_have_text("100.0%")
    chart = window.locator(".chart[data-chart=steps] canvas")
    expect(chart).to_be_visible()
    assert chart.evaluate("(it) => it.toDataURL().length > 2000"), "something is drawn on it"
    with window.expect_download() as taken:
        window.get_by_role("link", name="XLSX").click()
    file = folder / "figures.xlsx"
    taken.value.save_as(file)
    rows = [row.cells for row in spreadsheets.read(file.read_bytes()).rows]
    assert any(cells[0] == "First-time fix" and cells[3] == "100" for cells in rows), rows
    window.get_by_role("link", name="fixed at the first visit 1").click()
    window.get_by_role("heading", name="First-time fix · fixed at the first visit 1").wait_for()
    listed = window.url
    window.get_by_role("link", name=job["id"]).click()
    expect(window.get_by_role("heading", level=1)).to_contain_text(job["id"])
    window.goto(listed)
    window.get_by_role("link", name=job["ticket_id"]).click()
    window.locator(".shot img").first.scroll_into_view_if_needed()
    window.wait_for_function("() => document.querySelector('.shot img').naturalWidth > 0")
