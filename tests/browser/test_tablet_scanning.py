"""A code on a part or a machine goes into its field by the camera, where the browser can read codes."""

import pytest

from server.actions import parts
from server.db.people import Person
from tests import people
from tests.browser.tablets import Hands
from tests.office import Office

# Chromium reads codes on Android and not here; the picture comes from its own camera that needs no hardware.
READER = """
globalThis.BarcodeDetector = class {
    static getSupportedFormats() { return Promise.resolve(["code_128"]) }
    detect(video) {
        const codes = video.videoWidth > 0 ? [{ rawValue: " CODE " }, { rawValue: "later" }] : []
        return Promise.resolve(codes)
    }
}
"""
NO_FORMATS = "globalThis.BarcodeDetector = class { static getSupportedFormats() { return Promise.resolve([]) } }"


def exchanges_a_serial(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.goes_to(f"job/{job_id}/parts")
    alice.taps("Exchange a serial number")
    alice.page.get_by_label("New serial number", exact=True).wait_for()


def test_the_first_code_fills_the_field(alice: Hands, office: Office) -> None:
    alice.context.add_init_script(READER.replace("CODE", "SN-2041"))
    exchanges_a_serial(alice, office)
    alice.taps("Scan: New serial number")
    field = alice.page.get_by_label("New serial number", exact=True)
    alice.page.wait_for_function(
        "field => field.value === 'SN-2041'", arg=field.element_handle(), timeout=15_000
    )
    assert alice.page.locator("video").count() == 0, "the camera is closed again"


def test_a_part_is_chosen_by_its_number(alice: Hands, office: Office) -> None:
    alice.context.add_init_script(READER.replace("CODE", "hinge-110"))
    part = {"sku": "HINGE-110", "name": "Hinge 110°", "name_zh": "铰链"}
    office.write(
        lambda session: parts.add(
            session, session.get_one(Person, people.STOCK.id), part, office.clock()
        )
    )
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.goes_to(f"job/{job_id}/parts")
    alice.taps("Use a part")
    alice.taps("Scan: Search parts")
    alice.page.get_by_role("dialog").get_by_role("strong").filter(has_text="Hinge 110°").wait_for()
    alice.taps("Save the part")
    alice.sees("All with the office")


@pytest.mark.parametrize("reader", ["delete globalThis.BarcodeDetector", NO_FORMATS])
def test_a_browser_that_reads_no_codes_has_no_button(
    alice: Hands, office: Office, reader: str
) -> None:
    alice.context.add_init_script(reader)
    exchanges_a_serial(alice, office)
    alice.page.get_by_label("New serial number", exact=True).fill("typed by hand")
    assert alice.button("Scan").count() == 0
