"""A contractor sees its jobs only while it is granted; what its people captured still comes in."""

from collections.abc import Callable
from datetime import timedelta

from server.db.people import Organisation
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.office import Office
from tests.sync.conftest import Tablet

MakeTablet = Callable[[people.Character], Tablet]
SignIn = Callable[[people.Character], Client]
CONTRACTOR = f"/api/v1/organisations/{people.CONTRACTOR}"


def grant_until(sun: Client, until: str | None) -> None:
    etag = sun.get(CONTRACTOR).headers["ETag"]
    changed = sun.patch(CONTRACTOR, json={"granted_until": until}, headers={"If-Match": etag})
    assert changed.status_code == 200


def test_a_grant_that_runs_out_takes_the_jobs_off_the_tablet(
    office: Office, tablet: MakeTablet, clock: HandClock, works_off: Callable[[], object]
) -> None:
    office.issues_a_job(people.CAROL)
    carol = tablet(people.CAROL)
    carol.sync()
    assert len(carol.jobs()) == 1
    grant = office.read(lambda s: s.get_one(Organisation, people.CONTRACTOR)).granted_until
    assert grant is not None
    clock.now = grant + timedelta(minutes=1)
    works_off()
    carol.login("carol", people.PASSWORD)
    carol.sync()
    assert carol.jobs() == []


def test_what_was_captured_before_still_comes_in(
    office: Office, tablet: MakeTablet, sign_in: SignIn
) -> None:
    job_id = office.issues_a_job(people.CAROL)
    carol = tablet(people.CAROL)
    carol.sync()
    carol.arrive(job_id)
    grant_until(sign_in(people.SUN), None)
    report = carol.sync()
    assert report.by_status == {"applied": 1}
    assert office.sees_job(job_id).state == "on_site"


def test_a_renewed_grant_brings_the_jobs_back(
    office: Office, tablet: MakeTablet, sign_in: SignIn
) -> None:
    job_id = office.issues_a_job(people.CAROL)
    carol, sun = tablet(people.CAROL), sign_in(people.SUN)
    grant_until(sun, None)
    carol.sync()
    assert carol.jobs() == []
    grant_until(sun, "2028-01-01T00:00:00Z")
    carol.sync()
    assert [job.job_id for job in carol.jobs()] == [job_id]
