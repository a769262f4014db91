"""A code on a part or a machine goes into its field by the camera, whatever the browser can do by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from server.actions import parts
from server.db.people import Person
from tests import codes, people
from tests.browser.chromiums import flags, program
from tests.browser.conftest import on_watch
from tests.browser.tablets import Hands, hands_on
from tests.live import LiveServer
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


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """What the camera sees; each time it opens, it looks anew."""
    return tmp_path / "seen.mjpeg"


@pytest.fixture
def alice_with_camera(chromium: Browser, live_server: LiveServer, film: Path) -> Iterator[Hands]:
    codes.film(codes.qr("nothing yet"), film)
    seen = f"--use-file-for-fake-video-capture={film}"
    browser = chromium.browser_type.launch(executable_path=program(), args=[*flags(), seen])
    yield from on_watch(hands_on(browser, live_server.address))
    browser.close()


def scans(alice: Hands, field_name: str) -> str:
    field = alice.page.get_by_label(field_name, exact=True)
    field.fill("")
    alice.taps(f"Scan: {field_name}")
    alice.page.wait_for_function("field => field.value !== ''", arg=field.element_handle())
    return field.input_value()


def test_a_browser_that_reads_no_codes_gets_a_reader_and_keeps_it(
    alice_with_camera: Hands, office: Office, film: Path
) -> None:
    alice = alice_with_camera
    alice.context.add_init_script(NO_FORMATS)
    exchanges_a_serial(alice, office)
    for code, text in (
        (codes.ean_13("4006381333931"), "4006381333931"),
        (codes.code_128("SN-2041/b"), "SN-2041/b"),
        (codes.qr("https://example.org/p/HINGE-110"), "https://example.org/p/HINGE-110"),
    ):
        codes.film(code, film)
        assert scans(alice, "New serial number") == text

    alice.loses_the_network()
    alice.page.reload()
    alice.unlocks()
    alice.taps("Exchange a serial number")
    assert scans(alice, "Old serial number") == "https://example.org/p/HINGE-110"
