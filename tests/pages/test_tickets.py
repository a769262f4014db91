"""Tickets on the office's pages: taken in, told, changed by two people at once, ended."""

from collections.abc import Callable

from tests import people
from tests.pages.desks import Desk
from tests.pages.visits import visited
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]


def test_a_first_call_becomes_a_ticket(wei: Desk) -> None:
    page = wei.opens("/office/intake?q=%E7%8E%8B")
    assert "Nobody is known" in page.text
    page = wei.sends(
        "/office/intake/customers",
        name="王小明",
        phone="138 0013 8000",
        language="zh",
        city="成都市",
        address="玉林路 12 号",
    )
    form = wei.follows(page)
    assert "王小明" in form.text
    assert "138 0013 8000" in form.text
    opened = wei.sends(
        page.goes_to, summary="吊柜门关不上", kind="repair", class_="urgent", channel="phone"
    )
    ticket = wei.follows(opened)
    assert "吊柜门关不上" in ticket.text
    assert "Urgent" in ticket.text
    assert "A job to be planned" in ticket.text


def test_an_incomplete_form_comes_back_as_it_was(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    page = wei.sends(
        f"/office/intake/{customer['customer_id']}", summary="", description="half a sentence"
    )
    assert page.status == 422
    assert page.value("description") == "half a sentence"
    assert "Please fill this in." in page.text


def test_the_customer_is_found_by_the_phone_number_as_it_is_typed(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    page = wei.opens("/office/intake?q=13800138")
    assert f"/office/intake/{customer['customer_id']}" in page.links()


def test_nobody_opens_the_same_ticket_twice_unknowing(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    page = wei.opens(f"/office/intake/{ticket['customer_id']}")
    assert "Still open for this customer" in page.text
    assert f"/office/tickets/{ticket['id']}" in page.links()


def test_the_list_finds_by_words_whatever_the_state(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket(summary="The drawer is stuck")
    assert ticket["id"] in wei.opens("/office/tickets").text
    assert ticket["id"] not in wei.opens("/office/tickets?show=closed").text
    assert ticket["id"] in wei.opens("/office/tickets?q=drawer&show=closed").text
    assert "No ticket fits" in wei.opens("/office/tickets?q=nothing+like+it").text


def test_two_people_change_different_things_and_both_stay(wei: Desk, bob: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket(summary="The hood rattles")
    where = f"/office/tickets/{ticket['id']}/change"
    was = {"was_summary": "The hood rattles", "was_class": "ordinary"}
    bob.sends(where, summary="The hood rattles", class_="urgent", **was)
    saved = wei.sends(where, summary="The hood rattles at night", class_="ordinary", **was)
    assert saved.status == 303
    now = shop.ticket(ticket)
    assert (now["summary"], now["class"]) == ("The hood rattles at night", "urgent")


def test_two_people_change_the_same_thing_and_neither_loses_a_word(
    wei: Desk, bob: Desk, shop: Shop
) -> None:
    ticket = shop.opens_a_ticket(summary="The hood rattles")
    where = f"/office/tickets/{ticket['id']}/change"
    was = {"was_summary": "The hood rattles"}
    bob.sends(where, summary="The hood rattles at night", **was)
    page = wei.sends(where, summary="The hood is loud", **was)
    assert "Somebody else changed the same field" in page.text
    assert "The hood rattles at night" in page.text
    assert page.value("summary") == "The hood is loud"
    assert shop.ticket(ticket)["summary"] == "The hood rattles at night"


def test_fields_that_were_emptied_are_empty(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket(category="installation", fault="hinge")
    page = wei.sends(
        f"/office/tickets/{ticket['id']}/change",
        category="",
        was_category="installation",
        fault="",
        was_fault="hinge",
    )
    assert page.status == 303
    now = shop.ticket(ticket)
    assert (now["category"], now["fault"]) == (None, None)


def test_a_change_that_cannot_be_keeps_what_was_typed(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    page = wei.sends(
        f"/office/tickets/{ticket['id']}/change", summary="Loud", fault="two words", was_fault=""
    )
    assert page.status == 422
    assert page.value("fault") == "two words"
    assert page.value("summary") == "Loud"


def test_a_ticket_that_still_waits_closes_only_with_a_reason(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    where = f"/office/tickets/{ticket['id']}/close"
    refused = wei.sends(where)
    assert refused.status == 409
    assert shop.ticket(ticket)["state"] == "new"
    page = wei.follows(wei.sends(where, reason="The customer moved abroad."))
    assert "Closed by hand" in page.text
    assert "The customer moved abroad." in page.text


def test_it_is_not_fixed_opens_it_again(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket(kind="consultation")
    wei.follows(wei.sends(f"/office/tickets/{ticket['id']}/answer", words="Descale it."))
    assert shop.ticket(ticket)["state"] == "closed"
    page = wei.sends(
        f"/office/tickets/{ticket['id']}/reopen",
        trigger="customer_still_broken",
        words="It still smells.",
    )
    assert page.status == 303
    assert shop.ticket(ticket)["state"] == "reopened"


def test_another_branch_sees_nothing_of_it(at_desk: AtDesk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    sam = at_desk(people.SAM)
    assert sam.opens(f"/office/tickets/{ticket['id']}").status == 404
    assert ticket["id"] not in sam.opens("/office/tickets?show=all").text
    assert sam.sends(f"/office/tickets/{ticket['id']}/cancel", reason="mine").status == 404


def test_a_storekeeper_sees_the_parts_and_not_the_people(at_desk: AtDesk, shop: Shop) -> None:
    job = shop.issues_a_job()
    stock = at_desk(people.STOCK)
    for where in ("/office/", "/office/tickets", f"/office/tickets/{job['ticket_id']}"):
        page = stock.opens(where)
        assert page.status == 200
        assert "Li Na" not in page.text
        assert "138 0013 8000" not in page.text


def test_words_of_the_field_are_never_markup(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket(summary="<script>alert(1)</script>", description="<b>loud</b>")
    page = wei.opens(f"/office/tickets/{ticket['id']}")
    assert "<script>alert" not in page.html
    assert "<b>loud" not in page.html


# The story.


def test_the_story_is_a_chain_with_its_causes_and_its_money(wei: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.uses_part(sku="HINGE-110", quantity=2, charge="customer", unit_price=1250, currency="CNY")
    trip.uses_part(sku="SEAL-1", quantity=1, charge="warranty", unit_price=900, currency="CNY")
    trip.requests_part()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    again = shop.issues_the_revisit(shop.revisit(shop.ticket(job)))
    page = wei.opens(f"/office/tickets/{job['ticket_id']}")
    assert f"{job['id']} finished → Part missing → {again['id']} issued" in page.text
    assert "paid by the customer ¥25.00 under warranty ¥9.00" in page.text
    assert "Parts asked for" in page.text
    assert f"Job issued : Alice {job['id']} · Bob" in page.text.replace("issued:", "issued :")


def test_the_stream_shows_the_part_that_the_address_names(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    where = f"/office/tickets/{job['ticket_id']}"
    shown = {
        only: wei.opens(f"{where}?only={only}").text.split("What happened")[1]
        for only in ("", "acts", "events", "photos", "money", "messages", "nonsense")
    }
    has = {
        only: tuple(words in text for words in ("Job issued", "Photo taken", "Receipt signed"))
        for only, text in shown.items()
    }
    assert has == {
        "": (True, True, True),
        "acts": (True, False, False),
        "events": (False, True, True),
        "photos": (False, True, False),
        "money": (False, False, True),
        "messages": (False, False, False),
        "nonsense": (True, True, True),
    }


def test_what_was_known_when(wei: Desk, shop: Shop) -> None:
    """Alice was there at nine, and her tablet delivered at noon."""
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    shop.clock.go_on(hours=3)
    trip.wire.renews()
    trip.comes_home()
    wei.signs_in(people.WEI)
    where = f"/office/tickets/{job['ticket_id']}"
    assert "known to the office today 12:0" in wei.opens(where).text
    then = wei.opens(f"{where}?known=2026-11-23T10:00").text.split("What happened")
    assert "Visit finished" not in then[1]
    assert "Job issued" in then[1]
    assert "then:" in then[1]
    for odd in ("0001-01-01T00:00", "9999-12-31T23:59", "x", "2026-11-23T10:00%00"):
        assert wei.opens(f"{where}?known={odd}").status == 200


def test_the_receipt_is_readable_and_its_signature_checked(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    page = wei.opens(f"/office/tickets/{job['ticket_id']}")
    assert "the signature covers exactly this" in page.text
    assert "12 Jade Lane" in page.text.split("What it says")[1]
