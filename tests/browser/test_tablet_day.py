"""Alice's day with the tablet app, in a real browser against the real server: out, offline, and back."""

from collections.abc import Callable
from datetime import timedelta

from tests import people
from tests.browser.days import completes_the_job, finds_a_part_missing
from tests.browser.tablets import Hands
from tests.office import Office


def test_a_day_without_a_network_closes_one_ticket_and_opens_a_revisit(
    alice: Hands, office: Office, works_off: Callable[[], object]
) -> None:
    closing, staying = office.opens_a_ticket(), office.opens_a_ticket()
    first = office.issues_a_job(people.ALICE, closing)
    later = {
        "window_start": office.at() + timedelta(hours=4),
        "window_end": office.at() + timedelta(hours=6),
    }
    second = office.issues_a_job(people.ALICE, staying, **later)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.loses_the_network()

    completes_the_job(alice, first)
    alice.goes_to("")
    finds_a_part_missing(alice, second)
    assert office.sees_job(first).state == "issued", "nothing has gone out yet"

    alice.reloads()
    alice.unlocks()
    alice.finds_the_network()
    alice.sees("All with the office")
    works_off()

    done, open_ = office.sees_job(first), office.sees_job(second)
    assert (done.state, done.outcome, done.received) == ("finished", "completed", "complete")
    assert (open_.state, open_.outcome, open_.received) == ("finished", "incomplete", "complete")
    assert [photo.state for photo in office.sees_photos(first)] == ["checked", "checked"]
    assert office.still_waits_for(closing) == ["verdict"]
    office.gives_verdict(first, "accept")
    assert office.sees_ticket_of(first).state == "closed"
    assert office.sees_revisits(staying) == [("part_missing", "due")]
    assert set(office.still_waits_for(staying)) == {"job_incomplete", "revisit", "part"}

    office.issues_the_revisit(staying, people.ALICE)
    alice.goes_to("status")
    alice.taps("Send now")
    alice.goes_to("")
    alice.sees("Second visit: part missing")
    alice.sees("Accepted by the office")
    assert office.sees_exceptions() == []


def test_a_photo_that_the_office_wants_again_is_asked_for_once(
    alice: Hands, office: Office, works_off: Callable[[], object]
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    completes_the_job(alice, job_id)
    alice.sees("All with the office")
    works_off()
    office.asks_for_photo_again(job_id, "after", "The left door is cut off")

    alice.goes_to("status")
    alice.taps("Send now")
    alice.goes_to("")
    alice.sees("1 photo to take again")
    alice.opens_job(job_id)
    alice.sees("Please take again: After. The left door is cut off")
    alice.loses_the_network()
    alice.does_next("Take photo: After")
    alice.takes_photo()
    alice.page.get_by_text("Please take again").wait_for(state="detached")
    assert alice.opens_stage("Receipt").get_by_text("changed after it was signed").count() == 0
    assert alice.button("Take photo: After").count() == 0, (
        "she has taken it, with or without a network"
    )

    alice.finds_the_network()
    alice.sees("All with the office")
    works_off()
    *_, replaced, answer = sorted(office.sees_photos(job_id), key=lambda photo: photo.id)
    assert (replaced.verdict, replaced.replaced_by) == ("retake", answer.id)
    office.gives_verdict(job_id, "accept")
    assert office.sees_ticket_of(job_id).state == "closed"


def test_a_signed_receipt_that_is_opened_again_can_only_be_read(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.goes_to(f"job/{job_id}/signing")
    alice.taps("Hand over for the receipt")
    alice.signs("王小明")
    code = alice.page.locator(".receipt-code").inner_text()
    alice.takes_the_tablet_back()
    alice.sees("All with the office")

    alice.goes_to(f"job/{job_id}/signing")
    alice.taps("Show the signed receipt")
    alice.sees("王小明 已签字，现在只能查看。")
    assert alice.page.locator(".receipt-code").inner_text() == code
    alice.page.get_by_role("img", name="您的签字").wait_for()
    assert alice.page.locator("main").locator("input, textarea, canvas, button").count() == 0
    alice.taps("交还师傅")
    alice.takes_the_tablet_back()
    alice.sees("All with the office")
