"""Settings in a real browser: a checklist is changed, looked at as on the tablet, published; two at one form."""

from playwright.sync_api import expect

from tests import people
from tests.browser.desks import Desk


def test_sun_changes_a_checklist_and_two_write_one_setting(
    desk: Desk,
) -> None:
    sun = desk(people.SUN)
    office = sun.url
    sun.get_by_text("More", exact=True).click()
    sun.get_by_role("link", name="Settings").click()
    sun.get_by_role("link", name="Repair", exact=True).click()

    # A step that depends on another one, dragged to the top where it cannot be.
    sun.get_by_label("Add a step").select_option(label="Number")
    sun.get_by_role("button", name="Write it").click()
    sun.get_by_label("What is asked, English").fill("Water pressure")
    sun.get_by_label("What is asked, Chinese").fill("水压")
    sun.get_by_label("at least").fill("1")
    sun.get_by_label("at most").fill("6")
    sun.get_by_label("Unit").fill("bar")
    sun.get_by_label("When it is asked").select_option(label="only if What is broken: Water leak")
    sun.get_by_role("button", name="Put it into the draft").click()
    step = sun.locator("#steps-water_pressure")
    sun.set_viewport_size({"width": 1366, "height": 1800})  # both ends of the way in sight
    step.drag_to(sun.locator("#steps-fault_seen"))
    told = sun.get_by_text("It depends on a step that does not stand before it.")
    expect(told).to_be_visible()
    expect(sun.get_by_role("button", name="Publish for all branches")).to_be_disabled()
    step.get_by_role("button", name="Move down").click()
    step.get_by_role("button", name="Move down").click()
    expect(told).to_have_count(0)

    # As on the tablet: it is asked once the fault is a leak, and only what can be is taken.
    tablet = sun.frame_locator("iframe[name=tablet]")
    expect(tablet.get_by_text("Water pressure")).to_have_count(0)
    tablet.get_by_label("Water leak").check()
    pressure = tablet.get_by_role("textbox", name="Water pressure")
    pressure.fill("9")
    pressure.press("Tab")
    expect(tablet.get_by_text("The most that can be right is 6.")).to_be_visible()
    sun.get_by_role("link", name="中文").click()
    expect(tablet.get_by_text("漏水")).to_be_visible()

    sun.get_by_label("Why").fill("Hoods came back for it")
    sun.get_by_role("button", name="Publish for all branches").click()
    sun.get_by_text("Version 2").first.wait_for()
    expect(sun.get_by_role("heading", name="Draft")).to_have_count(0)
    codes = sun.locator("#steps .thing").evaluate_all("all => all.map((each) => each.dataset.code)")
    assert codes[:3] == ["fault_seen", "fault", "water_pressure"]

    # Two at the same form: what only one touched is kept from both, the rest is decided.
    other = desk(people.SUN)
    for window in (sun, other):
        window.goto(f"{office}settings/revisits")
    other.get_by_label("Within so many days").fill("60")
    other.get_by_label("This many stars").fill("3")
    other.get_by_role("button", name="Save for all branches").click()
    other.get_by_text("Version 2").first.wait_for()
    sun.get_by_label("This many stars").fill("1")
    sun.get_by_role("button", name="Save for all branches").click()
    expect(sun.get_by_text("Sun changed the same field while you were typing")).to_be_visible()
    expect(sun.get_by_label("This many stars")).to_have_value("1")
    expect(sun.get_by_label("Within so many days")).to_have_value("60")
    sun.get_by_role("button", name="Save for all branches").click()
    sun.get_by_text("Version 3").first.wait_for()
