"""Every screen of the tablet app can be read, reached and understood: no serious fault by axe, in either language."""

from pathlib import Path
from typing import Any

import pytest

from tests import people
from tests.browser.tablets import Hands
from tests.office import Office

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"tablet": (1280, 800), "upright": (800, 1280), "phone": (390, 844)}


def faults(alice: Hands) -> list[str]:
    """What axe calls serious or critical on the screen of the moment, and what hangs over its edge."""
    page = alice.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    told = [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [*told, *([f"{wide} px hang over the edge"] if wide > 0 else [])]


def at_every_size(alice: Hands, screen: str) -> dict[str, list[str]]:
    found = {}
    for name, (width, height) in SIZES.items():
        alice.page.set_viewport_size({"width": width, "height": height})
        if told := faults(alice):
            found[f"{screen}, {name}"] = told
    alice.page.set_viewport_size({"width": 1280, "height": 800})
    return found


@pytest.mark.parametrize("language", ["English", "简体中文"])
def test_no_screen_has_a_serious_fault(alice: Hands, office: Office, language: str) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    found = at_every_size(alice, "sign in")
    alice.signs_in(people.ALICE)
    alice.goes_to("account")
    alice.chooses(language)
    found |= at_every_size(alice, "account")
    alice.goes_to("")
    alice.page.locator(f"a[href*='{job_id}']").first.wait_for()
    found |= at_every_size(alice, "my day")
    for stage in (
        "way",
        "assessment",
        "checklist",
        "photos",
        "parts",
        "notes",
        "signing",
        "finish",
    ):
        alice.goes_to(f"job/{job_id}/{stage}")
        alice.page.locator(f"#stage-{stage} .stage-content").wait_for()
        found |= at_every_size(alice, stage)
    alice.goes_to(f"job/{job_id}/camera/before")
    alice.page.locator("video").wait_for()
    found |= at_every_size(alice, "camera")
    alice.goes_to("status")
    alice.page.locator("h1").wait_for()
    found |= at_every_size(alice, "status")
    assert found == {}


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
    alice.goes_to(f"job/{job_id}/photos")
    waits_for_focus_on(alice, "#stage-photos h2")
    alice.goes_to("status")
    waits_for_focus_on(alice, ".page h1")
    assert stands_on(alice) == "Status"
    alice.locks()
    waits_for_focus_on(alice, ".door h1")
    assert stands_on(alice) == "Hello, Alice"


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
    found = faults(alice)
    assert any(each.startswith("image-alt") for each in found), found
    assert any("hang over the edge" in each for each in found), found
