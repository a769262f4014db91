"""All that waits as one file: it is said to be made only when it has left the app."""

from tests import people
from tests.browser.tablets import Hands
from tests.office import Office

# A share sheet as iPads have one: closed at the first time, and refused from then on.
SHARE_SHEET = """
const answers = ["AbortError", "NotAllowedError"];
navigator.canShare = () => true;
navigator.share = async () => {
  document.body.dataset.asked = String(3 - answers.length);
  throw new DOMException("", answers.shift());
};
"""


def test_a_share_sheet_that_is_closed_makes_nothing_and_one_that_fails_a_download(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.context.add_init_script(SHARE_SHEET)
    alice.comes_to_work(people.ALICE, job_id)
    alice.goes_to("status")
    made = alice.page.get_by_text("In the file: 3 entries and 0 files.")

    alice.taps("Make the file")
    alice.page.locator("[data-asked='1']").wait_for()
    alice.page.locator("button[aria-busy=true]").wait_for(state="detached")
    assert made.count() == 0

    with alice.page.expect_download() as download:
        alice.taps("Make the file")
    assert download.value.suggested_filename.endswith(".blackbox")
    made.wait_for()
