"""Tickets on the office's pages: taken in, told, changed by two people at once, ended."""

from collections.abc import Callable

from tests import people
from tests.pages.desks import Desk
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
