"""Search from every page: everything that one may see, found by how it begins."""

import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from server.db.people import Person
from tests import make, people
from tests.pages.desks import Desk
from tests.shop import Shop


@pytest.fixture
def ticket(shop: Shop) -> Any:
    whom = shop.takes_in_a_customer(name="王小明")
    return shop.opens_a_ticket(**whom)


def found(desk: Desk, words: str) -> str:
    """What the results say, without the words that were typed."""
    page = desk.opens(f"/office/search?q={words}", HX_Request="true")
    assert page.status == 200
    return " ".join(re.findall(r'<span class="(?:found-title|quiet)">([^<]*)', page.html))


def test_it_works(wei: Desk, ticket: Any) -> None:
    for words in ("小明", "8000", "138-0013", "jade lane", "hood rattles", "SN-1 王"):
        assert "王小明" in found(wei, words), words
    page = wei.opens("/office/search?q=小明", HX_Request="true")
    assert f"/office/tickets/{ticket['id']}" in page.links()
    assert "<html" not in page.html


def test_it_is_a_page_of_its_own_without_a_script(wei: Desk, ticket: Any) -> None:
    page = wei.opens("/office/search?q=小明")
    assert "<html" in page.html
    assert "Customers" in page.text
    assert f"/office/tickets/{ticket['id']}" in page.links()


def test_the_number_of_a_ticket_leads_straight_to_it(wei: Desk, ticket: Any) -> None:
    assert wei.opens(f"/office/search?q={ticket['id'].lower()}").goes_to.endswith(ticket["id"])
    assert wei.opens("/office/search?q=T-999999").status == 200


def test_pages_and_acts_are_found_by_their_names(wei: Desk, bob: Desk) -> None:
    page = wei.opens("/office/search?q=new+ti", HX_Request="true")
    assert "/office/intake" in page.links()
    assert "/office/verification" in wei.opens("/office/search", HX_Request="true").links()


def test_it_speaks_chinese(wei: Desk, write: Any) -> None:
    def speak(session: Session) -> None:
        session.get_one(Person, people.WEI.id).language = "zh"

    write(speak)
    assert "新建工单" in found(wei, "工单")


def test_nobody_finds_what_they_may_not_see(at_desk: Any, shop: Shop, ticket: Any) -> None:
    job = shop.issues_a_job(ticket)
    theirs = shop.issues_a_job(shop.opens_a_ticket(), to=people.CAROL)
    assert "王小明" not in found(at_desk(people.SAM), "小明")
    stock, mei = at_desk(people.STOCK), at_desk(people.MEI)
    assert "王小明" not in found(stock, "小明")
    assert job["id"] not in found(mei, job["id"])
    assert job["id"] not in found(mei, "小明")
    assert theirs["id"] in found(mei, theirs["id"])
    assert theirs["id"] in found(mei, "Li Na")
    assert "Alice" not in found(mei, "alice")
    assert "Carol" in found(mei, "carol")
    assert "Alice" in found(stock, "alice")


def test_what_was_opened_last_comes_first_and_only_what_may_be_seen(
    at_desk: Any, ticket: Any
) -> None:
    address = f"/office/tickets/{ticket['id']}"
    asked = f"/office/search?recent={address}&recent=/office/tickets/T-1%00&recent=//x"
    page = at_desk(people.WEI).opens(asked, HX_Request="true")
    assert page.links()[0] == address
    assert address not in at_desk(people.SAM).opens(asked, HX_Request="true").links()


def test_parts_products_and_tablets(at_desk: Any, save: Any) -> None:
    save(make.make_part(sku="SEAL-1", name_zh="密封条"), make.make_product(model="OVEN-60"))
    sun = at_desk(people.SUN)
    assert "SEAL-1" in found(sun, "密封")
    assert "OVEN-60" in found(sun, "oven 60")


@pytest.mark.parametrize(
    "words",
    ["%25", "_", "'", "%00", "x" * 5000, "%F0%9F%98%80", "%E2%80%AE", "%ED%A0%80", "+", "*"],
)
def test_nothing_that_is_typed_breaks_it(wei: Desk, ticket: Any, words: str) -> None:
    assert "王小明" not in found(wei, words)
