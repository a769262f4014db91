"""A faulty part goes out, a new one in: the pair is kept, and the old one is awaited."""

from collections.abc import Callable

from server.db.customers import Asset
from server.db.jobs import Job
from tests import people
from tests.client import Client
from tests.office import Office
from tests.sync.conftest import Tablet

MakeTablet = Callable[[people.Character], Tablet]
SignIn = Callable[[people.Character], Client]


def test_the_old_part_is_awaited_until_it_is_back(
    office: Office, tablet: MakeTablet, sign_in: SignIn
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice, stock = tablet(people.ALICE), sign_in(people.STOCK)
    alice.sync()
    alice.swap(job_id, "PUMP-0001", "PUMP-0002")
    alice.sync()

    out = stock.get("/api/v1/serial-swaps?is_returned=false").json["items"]
    assert [(each["old_serial"], each["new_serial"]) for each in out] == [
        ("PUMP-0001", "PUMP-0002")
    ]

    back = stock.post(f"/api/v1/serial-swaps/{out[0]['id']}/return")
    again = stock.post(f"/api/v1/serial-swaps/{out[0]['id']}/return")
    assert back.json["returned_at"] == again.json["returned_at"] is not None
    assert stock.get("/api/v1/serial-swaps?is_returned=false").json["items"] == []


def test_an_exchanged_appliance_has_its_new_serial_in_the_customers_file(
    office: Office, tablet: MakeTablet
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice = tablet(people.ALICE)
    alice.sync()
    asset = office.read(lambda s: s.get_one(Asset, s.get_one(Job, job_id).asset_id))
    assert asset.serial is not None
    alice.swap(job_id, asset.serial, "SN-NEW-7")
    alice.sync()
    assert office.read(lambda s: s.get_one(Asset, asset.id)).serial == "SN-NEW-7"


def test_other_branches_do_not_see_it(office: Office, tablet: MakeTablet, sign_in: SignIn) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice = tablet(people.ALICE)
    alice.sync()
    alice.swap(job_id, "PUMP-0001", "PUMP-0002")
    alice.sync()
    assert sign_in(people.SAM).get("/api/v1/serial-swaps").json["items"] == []
