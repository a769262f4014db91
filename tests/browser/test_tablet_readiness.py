"""Ready to leave? What is not right has its remedy beside it, and the office sees with what somebody left."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import readiness
from server.db.jobs import Job, current_visit
from tests import make, people
from tests.browser.tablets import Hands
from tests.conftest import HandClock
from tests.office import Office


def seen_by(office: Office, job_id: str) -> dict[str, Any]:
    def read(session: Session) -> dict[str, Any]:
        job = session.get_one(Job, job_id)
        found = readiness.shown(session, job, current_visit(session, job).content)
        assert found is not None, "the tablet has said something"
        return found

    return office.read(read)


def test_a_part_is_asked_for_and_the_office_sees_who_left_without_it(
    alice: Hands, office: Office, clock: HandClock, save: Callable[..., None]
) -> None:
    clock.go_on(seconds=(datetime.now(UTC) - clock.now).total_seconds())
    part = make.make_part()
    save(part)
    planned = [{"sku": part.sku, "quantity": 2}]
    job_id = office.issues_a_job(people.ALICE, planned_parts=planned)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.page.get_by_role("listitem").filter(has_text="Not ready to leave").wait_for()
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.taps(f"Ask for 2 × {part.name}")
    alice.sees(f"Asked for: {part.name}")
    alice.sees("All with the office")
    alice.goes_to("status")
    alice.taps("Send now")
    alice.goes_to(f"job/{job_id}")
    alice.loses_the_network()
    alice.does_next("Set out")
    alice.sees("1 saved here")
    assert seen_by(office, job_id)["left_unready"] is None, "nobody knows yet"

    alice.finds_the_network()
    alice.sees("All with the office")
    found = seen_by(office, job_id)
    assert (found["light"], found["left_unready"]) == ("red", True)
    short = {"sku": part.sku, "missing": 2}
    assert {"what": "parts", "light": "red", "short": [short]} in found["checks"]
