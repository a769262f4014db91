"""More than fits on the screen: a day in the order of the way, and photos that are made when they are seen."""

import re

from sqlalchemy.orm import Session

from server.db.customers import Site
from server.db.feed import touch_sheet
from server.db.jobs import Job
from tests import people
from tests.browser.tablets import Hands
from tests.office import Office

LAT, LON = 30.66, 104.06
KM_OF_LATITUDE = 111.195
JOBS = 30  # more than are drawn at the first look


def issues_far_away(office: Office, km: int) -> str:
    """A job whose site lies so many kilometres to the north of her; the window is the same for all."""
    job_id = office.issues_a_job(people.ALICE)

    def place(session: Session) -> None:
        site = session.get_one(Site, session.get_one(Job, job_id).site_id)
        site.lat, site.lon = LAT + km / KM_OF_LATITUDE, LON
        touch_sheet(session, job_id)

    office.write(place)
    return job_id


def test_jobs_with_the_same_window_stand_in_the_order_of_the_way(
    alice: Hands, office: Office
) -> None:
    distances = [1 + 7 * number % JOBS for number in range(JOBS)]
    jobs = {km: issues_far_away(office, km) for km in distances}
    alice.context.set_geolocation({"latitude": LAT, "longitude": LON})
    alice.context.grant_permissions(["geolocation", "camera"])
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.page.wait_for_function(
        "first => document.querySelector('.card-far')?.textContent.includes(first)", arg="1 km"
    )
    cards = alice.page.locator(".card")
    told = [re.search(r"(\d+) km", text) for text in cards.all_text_contents()]
    assert [int(each[1]) for each in told if each] == sorted(distances)
    assert str(jobs[1]) in str(cards.first.get_by_role("link").get_attribute("href"))

    alice.writes("Search jobs", jobs[JOBS])
    alice.page.wait_for_function("() => document.querySelectorAll('.card').length === 1")
    assert f"{JOBS} km" in str(cards.first.text_content())

    alice.goes_to(f"job/{jobs[JOBS]}/camera/before")
    alice.takes_photo()
    alice.page.locator(".photo-card img").wait_for()
