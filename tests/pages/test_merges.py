"""Two files of one customer: seen side by side, made one, found under the old id, taken back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.db.merges import Merge
from tests import people
from tests.conftest import HandClock
from tests.pages.desks import Desk
from tests.pages.test_together import at_once, ready
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]
Write = Callable[..., None]


@pytest.fixture
def sun(at_desk: AtDesk) -> Desk:
    return at_desk(people.SUN)


def merges(sun: Desk, kept: Json, other: Json, **choices: str) -> str:
    where = f"/office/customers/{kept['customer_id']}/merge"
    page = sun.sends(where, merged_id=other["customer_id"], **choices)
    assert page.status == 303, page.text
    return page.goes_to


def undoes(sun: Desk, shop: Shop, kept: Json) -> int:
    page = sun.opens(f"/office/customers/{kept['customer_id']}")
    where = next(each for each in page.html.split('"') if each.endswith("/undo"))
    return sun.sends(where).status


def test_what_moves_is_seen_moves_and_is_found_under_the_old_id(sun: Desk, shop: Shop) -> None:
    kept = shop.takes_in_a_customer(notes="Rings twice.")
    other = shop.takes_in_a_customer(name="Lina", phone="+86 13800138000", notes="Has a dog.")
    job = shop.issues_a_job(shop.opens_a_ticket(**other))
    page = sun.opens(f"/office/customers/{kept['customer_id']}")
    assert "same phone number" in page.text
    (compare,) = [each for each in page.links() if "with=" in each]
    page = sun.opens(compare)
    assert "1 address with what stands there, 1 ticket" in page.text
    revs = {name: page.value(name) for name in ("kept_rev", "merged_rev")}
    file = sun.opens(merges(sun, kept, other, name="merged", notes="both", **revs))
    for words in ("Lina", "Rings twice. Has a dog.", job["ticket_id"], "Take the merge back"):
        assert words in file.text, words
    assert sun.opens(f"/office/customers/{other['customer_id']}").goes_to == (
        f"/office/customers/{kept['customer_id']}"
    )
    known = shop.wei.get(f"/api/v1/customers/{other['customer_id']}").json
    assert known["id"] == kept["customer_id"]
    assert len(shop.wei.get("/api/v1/customers").json["items"]) == 1


def test_the_tablet_shows_the_kept_customer(sun: Desk, shop: Shop) -> None:
    kept = shop.takes_in_a_customer(name="Li Nana", phone="139 0000 0000")
    other = shop.takes_in_a_customer()
    job = shop.issues_a_job(shop.opens_a_ticket(**other))
    trip = shop.sends(people.ALICE, job)
    assert trip.sheet["customer"]["name"] == "Li Na"
    trip.completes()  # under the name that the tablet has
    merges(sun, kept, other)
    again = trip.wire.pulls_job(job["id"])
    assert again["customer"]["id"] == kept["customer_id"]
    assert (again["customer"]["name"], again["rev"]) == ("Li Nana", trip.sheet["rev"] + 1)
    trip.comes_home()  # the receipt has the digest of what was signed
    found = shop.bob.get("/api/v1/exceptions", query_string={"job_id": job["id"]}).json["items"]
    assert found == []


def test_a_merge_is_taken_back_with_what_came_since(sun: Desk, shop: Shop) -> None:
    kept, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Lina")
    before = shop.opens_a_ticket(**other)
    merges(sun, kept, other, name="merged")
    since = shop.opens_a_ticket(customer_id=kept["customer_id"], asset_id=other["asset_id"])
    stays = shop.opens_a_ticket(**kept)
    assert undoes(sun, shop, kept) == 303
    whose = {each["id"]: shop.ticket(each)["customer_id"] for each in (before, since, stays)}
    assert whose == {
        before["id"]: other["customer_id"],
        since["id"]: other["customer_id"],
        stays["id"]: kept["customer_id"],
    }
    names = {each["name"] for each in shop.wei.get("/api/v1/customers").json["items"]}
    assert names == {"Li Na", "Lina"}


def test_what_was_changed_since_is_not_taken_back(sun: Desk, wei: Desk, shop: Shop) -> None:
    kept, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Lina")
    merges(sun, kept, other, name="merged")
    where = f"/office/customers/{kept['customer_id']}/edit"
    assert wei.sends(where, name="Li Na-Wang", was_name="Lina").status == 303
    assert undoes(sun, shop, kept) == 303
    known = shop.wei.get(f"/api/v1/customers/{kept['customer_id']}").json
    assert known["name"] == "Li Na-Wang"


def test_it_refuses_a_merge_that_makes_no_sense(
    sun: Desk, shop: Shop, sign_in: Callable[[people.Character], Json]
) -> None:
    kept, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Lina")
    where = f"/office/customers/{kept['customer_id']}/merge"
    itself = sun.sends(where, merged_id=kept["customer_id"])
    assert (itself.status, "one file already" in itself.text) == (409, True)
    form = {"name": "Far Away", "branch_id": people.SOUTH}
    south = shop.sun.post("/api/v1/customers", json=form).json
    page = sun.sends(where, merged_id=south["id"])
    assert (page.status, "two branches" in page.text) == (409, True)
    assert sun.sends(where, merged_id="nobody").status == 404
    merges(sun, kept, other)
    circle = f"/office/customers/{other['customer_id']}/merge"  # leads to the kept one
    assert sun.sends(circle, merged_id=kept["customer_id"]).status == 409
    third = shop.takes_in_a_customer(name="Third")
    taken = f"/office/customers/{third['customer_id']}/merge"
    page = sun.sends(taken, merged_id=other["customer_id"])
    assert (page.status, "merged meanwhile" in page.text) == (409, True)


def test_chains_lead_to_the_last_and_come_apart_in_order(sun: Desk, shop: Shop) -> None:
    one, two, three = (shop.takes_in_a_customer(name=name) for name in ("One", "Two", "Three"))
    ticket = shop.opens_a_ticket(**one)
    merges(sun, two, one)
    first = next(
        each
        for each in sun.opens(f"/office/customers/{two['customer_id']}").html.split('"')
        if each.endswith("/undo")
    )
    merges(sun, three, two)
    known = shop.wei.get(f"/api/v1/customers/{one['customer_id']}").json
    assert known["id"] == three["customer_id"]
    assert sun.sends(first).status == 404  # the file that it belongs to is inside another one
    assert undoes(sun, shop, three) == 303
    assert sun.sends(first).status == 303
    assert shop.ticket(ticket)["customer_id"] == one["customer_id"]


def test_two_merge_the_same_two_crosswise(sun: Desk, at_desk: AtDesk, shop: Shop) -> None:
    one, two = shop.takes_in_a_customer(name="One"), shop.takes_in_a_customer(name="Two")
    ticket = shop.opens_a_ticket(**one)
    here, there = (f"/office/customers/{each['customer_id']}/merge" for each in (one, two))
    told = at_once(
        ready(sun, here, merged_id=two["customer_id"]),
        ready(at_desk(people.SUN), there, merged_id=one["customer_id"]),
    )
    assert 303 in {page.status for page in told}
    assert {page.status for page in told} <= {303, 409}, [page.text for page in told]
    (left,) = shop.wei.get("/api/v1/customers").json["items"]
    assert shop.ticket(ticket)["customer_id"] == left["id"]


def test_a_ticket_that_is_opened_meanwhile_comes_along(sun: Desk, wei: Desk, shop: Shop) -> None:
    kept, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Lina")
    told = at_once(
        ready(
            sun, f"/office/customers/{kept['customer_id']}/merge", merged_id=other["customer_id"]
        ),
        ready(wei, f"/office/intake/{other['customer_id']}", summary="Rattles", kind="repair"),
    )
    assert [page.status for page in told] == [303, 303], [page.text for page in told]
    (ticket,) = shop.wei.get("/api/v1/tickets").json["items"]
    assert ticket["customer_id"] == kept["customer_id"]


def test_whoever_changed_one_of_them_meanwhile_has_it_looked_at_again(
    sun: Desk, wei: Desk, shop: Shop
) -> None:
    kept, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Lina")
    where = f"/office/customers/{kept['customer_id']}/merge"
    page = sun.opens(f"{where}?with={other['customer_id']}")
    revs = {name: page.value(name) for name in ("kept_rev", "merged_rev")}
    edit = f"/office/customers/{other['customer_id']}/edit"
    assert wei.sends(edit, notes="Has a dog.", was_notes="").status == 303
    page = sun.sends(where, merged_id=other["customer_id"], **revs)
    assert page.status == 409
    assert "Has a dog." in page.text
    assert len(shop.wei.get("/api/v1/customers").json["items"]) == 2


def test_it_is_safe_to_repeat_and_told_in_the_audit(sun: Desk, shop: Shop, write: Write) -> None:
    kept, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Lina")
    merges(sun, kept, other)
    merges(sun, kept, other)
    query = {"noun": "customer", "noun_id": kept["customer_id"]}
    lines = shop.sun.get("/api/v1/audit", query_string=query).json["items"]
    assert [each["act"] for each in lines].count("customer.merged") == 1


def test_after_its_time_a_merge_stays(
    sun: Desk, shop: Shop, clock: HandClock, write: Write
) -> None:
    kept, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Lina")
    merges(sun, kept, other)

    def age(session: object) -> None:
        merge = session.scalars(select(Merge)).one()  # type: ignore[attr-defined]
        merge.undo_until = clock.now - timedelta(seconds=1)

    where = next(
        each
        for each in sun.opens(f"/office/customers/{kept['customer_id']}").html.split('"')
        if each.endswith("/undo")
    )
    write(age)
    page = sun.sends(where)
    assert (page.status, "merge_not_undone" in page.text) == (409, True)
    assert "Take the merge back" not in sun.opens(f"/office/customers/{kept['customer_id']}").text
