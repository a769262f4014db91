"""Today: each role sees what needs it, and counts open into work."""

from collections.abc import Callable

import pytest

from tests import people
from tests.pages.desks import Desk
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]

PANELS = {
    people.WEI: {"verify", "promises", "revisits", "exceptions", "road", "parts", "tablets"},
    people.BOB: {"verify", "promises", "revisits", "exceptions", "road", "parts", "tablets"},
    people.SUN: {"verify", "promises", "revisits", "exceptions", "road", "parts", "tablets"},
    people.STOCK: {"promises", "exceptions", "parts"},
    people.MEI: {"road"},
}


@pytest.mark.parametrize("who", PANELS, ids=lambda who: who.name)
def test_each_role_sees_its_own_work(at_desk: AtDesk, who: people.Character) -> None:
    page = at_desk(who).opens("/office/")
    shown = {name for name in PANELS[people.SUN] if f'id="panel-{name}"' in page.html}
    assert shown == PANELS[who]


def test_every_link_of_today_opens(at_desk: AtDesk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    for who in PANELS:
        desk = at_desk(who)
        links = {each.split("#")[0] for each in desk.opens("/office/").links()}
        ours = sorted(
            each for each in links if each.startswith("/office/") and "static" not in each
        )
        told = {each: desk.opens(each).status for each in ours}
        assert set(told.values()) == {200}, told


def test_the_panels_come_alone_for_htmx(wei: Desk) -> None:
    page = wei.opens("/office/", HX_Request="true")
    assert "panel-verify" in page.html
    assert "<html" not in page.html


def test_a_broken_promise_stands_on_top(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    shop.clock.go_on(hours=3)
    wei.signs_in(people.WEI)
    assert ticket["id"] in wei.opens("/office/").text


def test_a_storekeeper_sends_the_part(at_desk: AtDesk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part(words="the seal of the door")
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    stock = at_desk(people.STOCK)
    assert "the seal of the door" in stock.opens("/office/part-requests").text
    asked = shop.sun.get("/api/v1/part-requests").json["items"][0]
    stock.sends(f"/office/part-requests/{asked['id']}/step", step="arrive")
    assert "No part is waited for." in stock.opens("/office/part-requests").text


def test_work_on_a_cancelled_job_is_decided_with_a_reason(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    bob.sends(f"/office/jobs/{job['id']}/cancel", reason="Not needed.")
    trip.completes()
    trip.sends_events()
    trip.sends_files()
    page = bob.opens("/office/exceptions")
    assert "Work arrived for a job that had been cancelled." in page.text
    where = f"/office/exceptions/{shop.exception(job)['id']}/decide"
    assert bob.sends(where, decision="apply").status == 422
    assert bob.sends(where, decision="apply", reason="She was there already.").status == 303
    assert shop.job(job)["state"] == "finished"


def test_a_lost_tablet_is_taken_out_of_service(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    shop.sends(people.ALICE, job)
    assert "Alice" in bob.opens("/office/devices").text
    device = shop.bob.get("/api/v1/devices").json["items"][0]
    bob.sends(f"/office/devices/{device['id']}/revoke", mode="lost")
    assert "out of service" in bob.opens("/office/devices").text
