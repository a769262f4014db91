"""Alice at her tablet: a window of the real Chromium in which she taps what she would tap."""

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize

from tests.browser.technicians import BECAUSE, Technician
from tests.browser.technicians import PIN as PIN

TABLET: ViewportSize = {"width": 1280, "height": 800}
PATIENCE_MS = 15_000


class Hands(Technician):
    """Somebody at a tablet. `page` is what they see."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(PATIENCE_MS)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def opens_the_app(self, where: str = "") -> None:
        self.page.goto(f"{self.address}/tablet/{where}")

    def reloads(self) -> None:
        self.page.reload()

    def taps(self, name: str, *, exact: bool = False) -> None:
        self.button(name, exact=exact).first.click()

    def taps_in(self, stage: str, name: str) -> None:
        self.opens_stage(stage).get_by_role("button", name=name).click()

    def button(self, name: str, *, exact: bool = False) -> Locator:
        return self.page.get_by_role("button", name=name, exact=exact)

    def chooses(self, name: str) -> None:
        self.page.get_by_role("radio", name=name, exact=True).check(force=True)

    def has_chosen(self, name: str) -> bool:
        return self.page.get_by_role("radio", name=name, exact=True).is_checked()

    def writes(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()

    def sees_heading(self, name: str) -> None:
        self.page.get_by_role("heading", name=name).wait_for()

    def sees_part(self, name: str) -> None:
        parts = self.page.get_by_role("region", name=name)
        parts.or_(self.page.get_by_role("group", name=name)).first.wait_for()

    def goes_to(self, where: str) -> None:
        self.page.evaluate("where => { location.hash = where }", f"#/{where}")

    def opens_job(self, job_id: str) -> None:
        self.page.locator(f"a[href*='{job_id}']").first.click()

    def opens_stage(self, name: str) -> Locator:
        stage = self.page.get_by_role("region", name=name, exact=True)
        head = stage.locator(".stage-head")
        if head.get_attribute("aria-expanded") == "false":
            head.click()
        return stage

    def does_next(self, words: str) -> None:
        bar = self.page.get_by_role("region", name="Next", include_hidden=True)
        button = bar.get_by_role("button", name=words, include_hidden=True)
        button.wait_for(state="attached")
        if button.is_visible():
            button.click()

    def keeps_what_was_taken(self) -> None:
        keep, photos = self.button("Keep it"), self.page.get_by_role("region", name="Photos")
        keep.or_(photos).first.wait_for()
        if keep.is_visible():
            keep.click()
        photos.wait_for()

    def picks_file(self, label: str, file: Path) -> None:
        self.page.get_by_label(label).set_input_files(file)

    def opens_the_gallery(self) -> Locator:
        self.taps("Gallery")
        self.writes("Why not with the camera?", BECAUSE)
        return self.page.get_by_label("Choose a photo")

    def draws_on(self, label: str) -> None:
        pad = self.page.get_by_label(label)
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + 40, box["y"] + 60)
        mouse.down()
        for step in range(1, 8):
            mouse.move(box["x"] + 40 + 30 * step, box["y"] + 60 + 25 * (step % 2))
        mouse.up()

    def loses_the_network(self) -> None:
        self.context.set_offline(True)

    def finds_the_network(self) -> None:
        self.context.set_offline(False)


def hands_with(context: BrowserContext, address: str) -> Hands:
    return Hands(context.new_page(), address)


def hands_on(browser: Browser, address: str) -> Hands:
    context = browser.new_context(viewport=TABLET, locale="en", timezone_id="Asia/Shanghai")
    return hands_with(context, address)
