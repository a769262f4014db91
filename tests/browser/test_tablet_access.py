"""Every screen of the tablet app can be read, reached and understood: no serious fault by axe, in either language."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests import people, pictures
from tests.browser.axes import faults, hanging_over
from tests.browser.tablets import TABLET, Hands
from tests.browser.walks import Language, Walk, past_all
from tests.office import Office

PICTURES = os.environ.get("DOORSTEP_PICTURES")  # a folder, to look at every screen
SIZES = {"tablet": (1280, 800), "upright": (800, 1280), "phone": (390, 844)}
# Chinese is the shorter one: where the narrowest glass holds it, the others do.
OF_LANGUAGE = {"English": list(SIZES), "简体中文": ["tablet", "phone"]}


# What somebody gets who has asked the system for larger text, on the phone that is the last of the sizes.
TEXT_AT = "size => { document.documentElement.style.fontSize = size }"


class Looks:
    """Every screen in every size: what is wrong with it, and its picture where a folder for them is named."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.found: dict[str, list[str]] = {}
        self.seen: list[str] = []

    def __call__(self, screen: str, page: Page) -> None:
        self.seen.append(screen)
        for name in OF_LANGUAGE[self.language]:
            width, height = SIZES[name]
            page.set_viewport_size({"width": width, "height": height})
            self.note(f"{screen}, {name}", hanging_over(page))
            self.paint(f"{screen}, {name}", page)
        page.evaluate(TEXT_AT, "200%")
        self.note(f"{screen}, twice as large", hanging_over(page))
        self.paint(f"{screen}, twice as large", page)
        page.evaluate(TEXT_AT, "")
        page.set_viewport_size(TABLET)
        if self.language == "English":  # neither names for readers nor colours speak a language
            self.note(screen, faults(page))
            page.emulate_media(color_scheme="dark")
            self.note(f"{screen}, dark", faults(page, "color-contrast"))
            self.paint(f"{screen}, dark", page)
            page.emulate_media(color_scheme="light")

    def note(self, where: str, told: list[str]) -> None:
        if told:
            self.found[where] = told

    def paint(self, name: str, page: Page) -> None:
        if PICTURES:
            file = f"{len(self.seen):02} {name}, {self.language}.png"
            page.screenshot(path=Path(PICTURES) / file)


@pytest.mark.parametrize("language", ["English", "简体中文"])
def test_no_screen_has_a_serious_fault(alice: Hands, office: Office, language: Language) -> None:
    looks = Looks(language)
    past_all(Walk(alice, office, language, looks))
    assert looks.found == {}
    assert len(looks.seen) > 50


def stands_on(alice: Hands) -> str:
    """The words of what has the focus."""
    return str(alice.page.evaluate("document.activeElement.innerText")).strip()


def waits_for_focus_on(alice: Hands, selector: str) -> None:
    alice.page.wait_for_function(
        "selector => document.activeElement.matches(selector)", arg=selector
    )


def test_after_a_move_the_keyboard_goes_on_at_the_heading(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.page.locator(f"a[href*='{job_id}']").first.press("Enter")
    waits_for_focus_on(alice, "#job-title")
    assert stands_on(alice) == "王小明"
    for stage in ("finish", "way", "photos"):
        alice.goes_to(f"job/{job_id}/{stage}")
        waits_for_focus_on(alice, f"#stage-{stage} h2")
        alice.page.wait_for_function(
            "stage => document.getElementById(stage).getBoundingClientRect().top < innerHeight / 2",
            arg=f"stage-{stage}",
        )
    alice.goes_to("status")
    waits_for_focus_on(alice, ".page h1")
    assert stands_on(alice) == "Status"
    alice.locks()
    waits_for_focus_on(alice, ".door h1")
    assert stands_on(alice) == "Hello, Alice"


def test_a_dialog_keeps_the_keyboard_and_gives_it_back(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.goes_to(f"job/{job_id}/parts")
    alice.button("Missing, wrong or damaged").press("Enter")
    alice.page.get_by_role("dialog").wait_for()
    stops = set()
    for _ in range(12):
        alice.page.keyboard.press("Tab")
        stops.add(alice.page.evaluate(STANDS_IN))
    assert stops <= {"dialog", "browser"}
    assert "dialog" in stops
    alice.page.keyboard.press("Escape")
    waits_for_focus_on(alice, "#stage-parts .button")
    assert stands_on(alice) == "Missing, wrong or damaged"


# Between the last and the first stop of a dialog the keyboard leaves the page for the browser's own bar.
STANDS_IN = """() => {
    const { activeElement: it, body } = document
    return it === body ? "browser" : it.closest("dialog") ? "dialog" : "page"
}"""


def test_words_for_a_job_that_goes_away_are_still_read(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.goes_to(f"job/{job_id}/parts")
    alice.taps("Missing, wrong or damaged")
    alice.writes("In your words", "The left hinge, 110°")
    office.reassigns(job_id, people.LENA)
    alice.loses_the_network()
    alice.finds_the_network()
    waits_for_focus_on(alice, "h1")
    assert stands_on(alice) == f"Job {job_id} is not on this tablet."
    alice.sees("The left hinge, 110°")


def test_a_picked_file_that_is_no_picture_leaves_the_reason(
    alice: Hands, office: Office, tmp_path: Path
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.goes_to(f"job/{job_id}/camera/before")
    file = tmp_path / "notes.jpg"
    file.write_text("no picture", encoding="utf-8")
    alice.opens_the_gallery().set_input_files(file)
    alice.page.get_by_role("alert").wait_for()
    alice.taps("Gallery")
    reason = alice.page.get_by_label("Why not with the camera?")
    assert reason.input_value() == "taken before I had the tablet in my hand"
    picture = pictures.jpeg("kitchen_before", (1600, 1200))
    file.write_bytes(picture)
    alice.page.get_by_label("Choose a photo").set_input_files(file)
    alice.keeps_what_was_taken()
    alice.goes_to(f"job/{job_id}/camera/before")
    alice.taps("Gallery")
    assert reason.input_value() == "", "it belongs to the photo that was kept"


def test_only_the_next_photo_is_a_strong_button(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.goes_to(f"job/{job_id}/photos")
    strong = alice.page.locator("#stage-photos .button-strong")
    alice.page.locator("#stage-photos .stage-content").wait_for()
    assert strong.evaluate_all("all => all.map(each => each.ariaLabel)") == ["Take photo: Before"]
    alice.goes_to(f"job/{job_id}/camera/before")
    alice.takes_photo()
    alice.page.locator("#stage-photos .photo-card").wait_for()
    assert strong.evaluate_all("all => all.map(each => each.ariaLabel)") == ["Take photo: After"]


def test_a_fault_would_be_seen(alice: Hands) -> None:
    alice.opens_the_app()
    alice.page.get_by_label("Username").wait_for()
    alice.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"icon.svg\" width=\"5000\">')"
    )
    found = faults(alice.page)
    assert any(each.startswith("image-alt") for each in found), found
    assert hanging_over(alice.page) != []
