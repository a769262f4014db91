"""What happens at two doors on one of Alice's days, in whichever browser she works."""

from tests.browser.technicians import Technician


def completes_the_job(alice: Technician, job_id: str) -> None:
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.does_next("Set out")
    alice.does_next("I have arrived")
    alice.assesses("Minor")
    alice.does_next("Take photo: Before")
    alice.takes_photo()
    alice.does_next("Checklist: Is it level?")
    alice.chooses("Yes")
    alice.does_next("Take photo: After")
    alice.takes_photo()
    alice.does_next("Hand over for the receipt")
    alice.signs("王小明")
    alice.takes_the_tablet_back()
    alice.does_next("Finish the visit")
    alice.chooses("Completed")
    alice.taps("Finish the visit")
    alice.sees("It goes to the office by itself")


def finds_a_part_missing(alice: Technician, job_id: str) -> None:
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.does_next("Set out")
    alice.does_next("I have arrived")
    alice.assesses("Major")
    alice.does_next("Take photo: Before")
    alice.takes_photo()
    alice.taps_in("Parts", "Missing, wrong or damaged")
    alice.chooses("missing")
    alice.writes("In your words", "Hinge, 110°")
    alice.taps("Ask for the part")
    alice.sees("Still needed")
    alice.taps_in("Receipt", "Hand over for the receipt")
    alice.signs_later()
    alice.takes_the_tablet_back()
    alice.opens_stage("Finish")
    alice.chooses("Incomplete")
    assert alice.has_chosen("part missing"), "as she asked for it"
    alice.writes("A word for the office", "The hinge is not in the box")
    alice.taps_in("Finish", "Finish the visit")
    alice.sees("It goes to the office by itself")
