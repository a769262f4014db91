"""Alice at her tablet, in verbs: a window of the real browser in which she taps what she would tap."""

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize

from tests import people

PIN = "274981"
TABLET: ViewportSize = {"width": 1280, "height": 800}
PATIENCE_MS = 15_000


class Hands:
    """Somebody at a tablet. `page` is what they see."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(PATIENCE_MS)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def opens_the_app(self, where: str = "") -> None:
        self.page.goto(f"{self.address}/tablet/{where}")

    def taps(self, name: str, *, exact: bool = False) -> None:
        self.button(name, exact=exact).first.click()

    def button(self, name: str, *, exact: bool = False) -> Locator:
        return self.page.get_by_role("button", name=name, exact=exact)

    def chooses(self, name: str) -> None:
        self.page.get_by_role("radio", name=name, exact=True).check(force=True)

    def writes(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()

    def signs_in(self, who: people.Character) -> None:
        self.writes("Username", who.username)
        self.writes("Password", people.PASSWORD)
        self.taps("Sign in")
        self.page.get_by_role("heading", name="Choose a PIN").wait_for()
        self.types_pin()
        self.page.get_by_role("heading", name="Enter the PIN once more").wait_for()
        self.types_pin()
        self.page.get_by_role("heading", name="My day").wait_for()
        self.sees("All with the office")  # and has its jobs

    def types_pin(self, pin: str = PIN) -> None:
        for digit in pin:
            self.taps(digit, exact=True)

    def unlocks(self) -> None:
        self.page.get_by_role("group", name="Enter your PIN").wait_for()
        self.types_pin()
        self.page.get_by_role("heading", name="My day").wait_for()

    def locks(self) -> None:
        self.goes_to("account")
        self.taps("Lock now")

    def goes_to(self, where: str) -> None:
        """To a page of the app, without loading it anew."""
        self.page.evaluate("where => { location.hash = where }", f"#/{where}")

    def opens_job(self, job_id: str) -> None:
        self.page.locator(f"a[href*='{job_id}']").first.click()

    def opens_stage(self, name: str) -> Locator:
        """A part of the visit, whatever comes next by the order of work."""
        stage = self.page.get_by_role("region", name=name, exact=True)
        head = stage.locator(".stage-head")
        if head.get_attribute("aria-expanded") == "false":
            head.click()
        return stage

    def does_next(self, words: str) -> None:
        """The biggest button of the screen; it steps aside where what it leads to is in sight."""
        bar = self.page.get_by_role("region", name="Next", include_hidden=True)
        button = bar.get_by_role("button", name=words, include_hidden=True)
        button.wait_for(state="attached")
        if button.is_visible():
            button.click()

    def takes_photo(self) -> None:
        """By the camera; a doubt about the picture is overruled."""
        self.taps("Take the photo")
        self.keeps_what_was_taken()

    def keeps_what_was_taken(self) -> None:
        keep, photos = self.button("Keep it"), self.page.get_by_role("region", name="Photos")
        keep.or_(photos).first.wait_for()
        if keep.is_visible():
            keep.click()
        photos.wait_for()

    def picks_photo(self, file: Path) -> None:
        """From the gallery, with the reason that it takes."""
        self.opens_the_gallery().set_input_files(file)
        self.keeps_what_was_taken()

    def opens_the_gallery(self) -> Locator:
        self.taps("Gallery")
        self.writes("Why not with the camera?", "taken before I had the tablet in my hand")
        return self.page.get_by_label("Choose a photo")

    def signs(self, name: str) -> None:
        """The customer's finger on the glass, in the customer's Chinese."""
        pad = self.page.get_by_label("请在此用手指或触控笔签字")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + 40, box["y"] + 60)
        mouse.down()
        for step in range(1, 8):
            mouse.move(box["x"] + 40 + 30 * step, box["y"] + 60 + 25 * (step % 2))
        mouse.up()
        self.writes("姓名", name)
        self.taps("签署回执")
        self.sees("谢谢，回执已签署。")

    def signs_later(self) -> None:
        """The customer would rather sign by the link."""
        self.taps("现在不签")
        self.chooses("客户稍后通过链接签字")
        self.taps("保存")
        self.sees("谢谢，已记录。")

    def takes_the_tablet_back(self) -> None:
        self.page.get_by_role("group").get_by_role("button", name="1", exact=True).wait_for()
        self.types_pin()
        self.page.get_by_role("region", name="Receipt").wait_for()

    def comes_to_work(self, who: people.Character, job_id: str) -> None:
        """Signed in, and at the customer's door; there is no network any more."""
        self.opens_the_app()
        self.signs_in(who)
        self.opens_job(job_id)
        self.loses_the_network()
        self.does_next("Accept the job")
        self.does_next("Set out")
        self.does_next("I have arrived")

    def assesses(self, severity: str) -> None:
        self.does_next("Assess the fault")
        self.chooses(severity)
        self.taps("Save the assessment")

    def loses_the_network(self) -> None:
        self.context.set_offline(True)

    def finds_the_network(self) -> None:
        self.context.set_offline(False)


def hands_with(context: BrowserContext, address: str) -> Hands:
    return Hands(context.new_page(), address)


def hands_on(browser: Browser, address: str) -> Hands:
    context = browser.new_context(viewport=TABLET, locale="en", timezone_id="Asia/Shanghai")
    return hands_with(context, address)
