"""Customers, sites and assets on the office's pages: found, taken in, edited by two at once, agreed, held."""

from collections.abc import Callable
from datetime import timedelta

from tests import people
from tests.conftest import HandClock
from tests.pages.desks import Desk, Page
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]


def file_of(customer: Json) -> str:
    return f"/office/customers/{customer['customer_id']}"


def test_the_whole_file_stands_on_one_page(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer(notes="Rings twice.", email="li@example.com")
    job = shop.issues_a_job(shop.opens_a_ticket(**customer))
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.uses_part(charge="customer", unit_price=1250, currency="CNY", quantity=2)
    trip.works()
    trip.has_it_signed(stars=5)
    trip.finishes()
    trip.comes_home()
    page = wei.opens(file_of(customer))
    for words in ("Li Na", "138 0013 8000", "li@example.com", "Rings twice.", "12 Jade Lane"):
        assert words in page.text, words
    for words in ("Hood", "SN-1", job["ticket_id"], job["id"], "Alice", "5 of 5 stars", "¥25.00"):
        assert words in page.text, words


def test_the_list_goes_on_after_its_last_name(wei: Desk, shop: Shop) -> None:
    for number in range(51):
        form = {"name": f"Nr {number:02}"}
        assert shop.wei.post("/api/v1/customers", json=form).status_code == 201
    page = wei.opens("/office/customers")
    assert "Nr 49" in page.text
    assert "Nr 50" not in page.text
    (onward,) = [each for each in page.links() if "after=" in each]
    page = wei.opens(onward)
    assert "Nr 50" in page.text
    assert "Nr 49" not in page.text


def test_somebody_new_is_taken_in_once(wei: Desk, shop: Shop) -> None:
    known = shop.takes_in_a_customer()
    said = {"name": "Na Li", "phone": "+86 13800138000", "address": "Elsewhere 1"}
    page = wei.sends("/office/customers/new", **said)
    assert page.status == 409
    assert "same phone number" in page.text
    assert file_of(known) in page.links()
    assert page.value("address") == "Elsewhere 1"
    page = wei.follows(wei.sends("/office/customers/new", **said, is_new="yes"))
    assert "Na Li" in page.text
    assert "Elsewhere 1" in page.text


def test_a_caller_who_is_known_is_not_taken_in_twice(wei: Desk, shop: Shop) -> None:
    known = shop.takes_in_a_customer()
    said = {"name": "Li Na", "phone": "139 0000 0000", "address": "12 Jade Lane."}
    page = wei.sends("/office/intake/customers", **said)
    assert page.status == 409
    assert f"/office/intake/{known['customer_id']}" in page.links()
    assert page.value("phone") == "139 0000 0000"
    assert wei.sends("/office/intake/customers", **said, is_new="yes").status == 303


def was(page: Page, *names: str) -> dict[str, str]:
    """What a form carries of what stood there when it was opened."""
    return {f"was_{name}": page.value(f"was_{name}") for name in names}


def test_two_people_edit_one_customer_and_neither_loses_a_word(
    wei: Desk, at_desk: AtDesk, shop: Shop
) -> None:
    customer = shop.takes_in_a_customer(notes="")
    where = f"{file_of(customer)}/edit"
    opened = was(wei.opens(where), "name", "phone", "email", "notes")
    same = {"name": "Li Na", "phone": "138 0013 8000", "email": ""}
    sun = at_desk(people.SUN)
    sun.opens(where)
    told = sun.sends(where, **{**opened, **same, "phone": "139 0000 0000", "notes": "Has a dog."})
    assert told.status == 303
    page = wei.sends(where, **{**opened, **same, "name": "Li Nana", "notes": "Third floor."})
    assert page.status == 409
    assert "Sun wrote today" in page.text
    assert "Has a dog." in page.text
    assert page.value("notes") == "Third floor."
    again = was(page, "name", "phone", "email", "notes")
    said = {name: page.value(name) for name in ("name", "phone", "email", "notes")}
    page = wei.follows(wei.sends(where, **again, **said, keep_notes="both"))
    assert "Has a dog. Third floor." in page.text
    assert "Li Nana" in page.text
    assert "139 0000 0000" in page.text


def test_what_somebody_decided_counts_only_for_the_text_that_was_seen(
    wei: Desk, shop: Shop
) -> None:
    customer = shop.takes_in_a_customer(notes="one")
    where = f"{file_of(customer)}/edit"
    assert wei.sends(where, was_notes="one", notes="two").status == 303
    told = wei.sends(where, was_notes="one", notes="three", keep_notes="theirs")
    assert told.status == 409
    assert wei.sends(where, was_notes="two", notes="three", keep_notes="theirs").status == 303
    assert shop.wei.get(f"/api/v1/customers/{customer['customer_id']}").json["notes"] == "two"


def test_a_form_comes_as_a_fragment_where_htmx_asks_for_it(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    fragment = wei.opens(f"{file_of(customer)}/edit", HX_Request="true")
    assert fragment.html.strip().startswith("<form")
    assert wei.opens(f"{file_of(customer)}/edit").html.startswith("<!doctype html>")


def test_a_change_that_cannot_be_keeps_what_was_typed(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    page = wei.sends(f"{file_of(customer)}/edit", name="", email="no address", was_name="Li Na")
    assert page.status == 422
    assert page.value("email") == "no address"
    page = wei.sends(f"/office/assets/{customer['asset_id']}/edit", sold_on="0001-01-01")
    assert page.status == 422
    assert "This cannot be read" in page.text


def test_a_site_and_what_stands_there(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    page = wei.sends(
        f"{file_of(customer)}/sites/new", address="3 Pear Road", time_zone="Asia/Singapore"
    )
    assert "3 Pear Road" in wei.follows(page).text
    where = f"/office/sites/{customer['site_id']}"
    product = shop.wei.get(f"/api/v1/assets/{customer['asset_id']}").json["product_id"]
    taken = wei.sends(f"{where}/assets/new", product_id=product, serial="sn-1")
    assert taken.status == 422
    page = wei.follows(
        wei.sends(f"{where}/assets/new", product_id=product, serial="SN-2", sold_on="2026-11-01")
    )
    assert "SN-2" in page.text
    assert "in warranty" in page.text
    told = wei.sends(f"{where}/edit", access_notes="Gate code 12", was_access_notes="")
    assert "Gate code 12" in wei.follows(told).text


def test_a_tablet_sees_the_new_address(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    job = shop.issues_a_job(shop.opens_a_ticket(**customer))
    where = f"/office/sites/{customer['site_id']}/edit"
    assert wei.sends(where, address="13 Jade Lane", was_address="12 Jade Lane").status == 303
    trip = shop.sends(people.ALICE, job)
    assert trip.sheet["site"]["address"] == "13 Jade Lane"


def test_consent_is_given_and_withdrawn(wei: Desk, shop: Shop, clock: HandClock) -> None:
    customer = shop.takes_in_a_customer()
    said = {"purpose": "marketing", "channel": "sms", "how": "phone"}
    where = f"{file_of(customer)}/consents"
    wei.sends(where, **said, word="given", words="Yes, please.")
    page = wei.opens(file_of(customer))
    assert "offers and news (text message): agreed" in page.text
    clock.now += timedelta(minutes=5)
    wei.sends(where, **said, word="withdrawn")
    page = wei.opens(file_of(customer))
    assert "offers and news (text message): withdrawn" in page.text
    assert "All that was said" in page.text
    assert wei.sends(where, **{**said, "purpose": "anything"}, word="given").status == 422


def test_a_hold_keeps_the_file_until_it_is_lifted(at_desk: AtDesk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    sun = at_desk(people.SUN)
    assert "Kept until 23 Nov 2036" in sun.opens(file_of(customer)).text
    sun.sends(f"{file_of(customer)}/hold", reason="A claim is before the court.")
    assert "A claim is before the court." in sun.opens(file_of(customer)).text
    sun.sends(f"{file_of(customer)}/release")
    assert "before the court" not in sun.opens(file_of(customer)).text


def test_files_whose_time_is_up_are_listed(at_desk: AtDesk, shop: Shop, clock: HandClock) -> None:
    old, held, busy = (shop.takes_in_a_customer(name=each) for each in ("Old", "Held", "Busy"))
    shop.opens_a_ticket(**busy)
    sun = at_desk(people.SUN)
    sun.sends(f"{file_of(held)}/hold", reason="A claim.")
    where = "/office/customers?show=time_is_up"
    assert "No file is older" in sun.opens(where).text
    clock.now += timedelta(days=11 * 365)
    sun = at_desk(people.SUN)
    page = sun.opens(where)
    links = [each for each in page.links() if each in (file_of(old), file_of(held), file_of(busy))]
    assert links == [file_of(old)]
    assert "time is up" in sun.opens(file_of(old)).text


def test_another_branch_and_a_contractor_see_no_customer(at_desk: AtDesk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    sam = at_desk(people.SAM)
    assert "Li Na" not in sam.opens("/office/customers").text
    for where in (
        file_of(customer),
        f"/office/sites/{customer['site_id']}",
        f"/office/assets/{customer['asset_id']}",
    ):
        assert sam.opens(where).status == 404
        assert sam.sends(f"{where}/edit", name="x", address="x", serial="x").status == 404
    assert at_desk(people.MEI).opens(file_of(customer)).status == 403
