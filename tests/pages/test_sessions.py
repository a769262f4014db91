"""The office's door: who comes in, for how long, and who is kept out."""

from collections.abc import Callable

import pytest

from tests import people
from tests.conftest import HandClock
from tests.pages.desks import BROWSER, Desk, Page

AtDesk = Callable[[people.Character], Desk]


def test_wei_signs_in_and_is_where_the_work_is(stranger: Desk) -> None:
    page = stranger.follows(stranger.signs_in(people.WEI))
    assert page.status == 200
    assert "Today" in page.text
    assert "Wei" in page.text


def test_the_cookie_is_for_the_office_alone_and_no_script_reads_it(stranger: Desk) -> None:
    said = stranger.signs_in(people.WEI).headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert "Path=/office" in said


def test_a_wrong_password_says_so_and_keeps_the_name(stranger: Desk) -> None:
    page = stranger.types_in("wei", "not the right one")
    assert page.status == 401
    assert "Name and password do not fit" in page.text
    assert page.value("username") == "wei"
    assert stranger.opens("/office/").status == 303


def test_too_many_wrong_passwords_are_slowed_down(stranger: Desk) -> None:
    for _ in range(10):
        stranger.types_in("wei", "not the right one")
    page = stranger.types_in("wei", people.PASSWORD)
    assert page.status == 429
    assert int(page.headers["Retry-After"]) > 0


def test_an_installer_has_no_desk(stranger: Desk) -> None:
    page = stranger.types_in("alice", people.PASSWORD)
    assert page.status == 403
    assert "Your role does not include this" in page.text


def test_a_link_from_a_colleague_opens_after_the_door(stranger: Desk) -> None:
    page = stranger.opens("/office/tickets?show=all")
    assert page.status == 303
    door = stranger.opens(page.goes_to)
    assert door.value("next") == "/office/tickets?show=all"
    came_in = stranger.signs_in(people.WEI, next=door.value("next"))
    assert came_in.goes_to == "/office/tickets?show=all"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/api/v1/people",
        "/officer",
        "/office/\r\nX: y",
    ],
)
def test_the_door_leads_nowhere_else(stranger: Desk, elsewhere: str) -> None:
    assert stranger.signs_in(people.WEI, next=elsewhere).goes_to == "/office/"


def test_a_search_in_chinese_is_found_again_after_the_door(stranger: Desk) -> None:
    came_in = stranger.signs_in(people.WEI, next="/office/tickets?q=王小明")
    assert stranger.opens(came_in.goes_to).status == 200


def test_pages_stay_out_of_caches(wei: Desk) -> None:
    assert wei.opens("/office/tickets").headers["Cache-Control"] == "no-store"


def test_whoever_does_nothing_for_half_an_hour_is_asked_again(wei: Desk, clock: HandClock) -> None:
    clock.go_on(minutes=29)
    assert wei.opens("/office/").status == 200
    clock.go_on(minutes=29)
    assert wei.opens("/office/").status == 200
    clock.go_on(minutes=31)
    assert wei.opens("/office/").status == 303


def test_a_page_that_looks_for_news_keeps_nobody_in(wei: Desk, clock: HandClock) -> None:
    for _ in range(2):
        clock.go_on(minutes=11)
        wei.opens("/office/", X_By_Itself="1", HX_Request="true")
    clock.go_on(minutes=11)
    last = wei.opens("/office/", X_By_Itself="1", HX_Request="true")
    assert last.status == 401
    assert last.headers["HX-Redirect"].startswith("/office/sign-in")


def test_after_a_working_day_the_password_is_asked_for(wei: Desk, clock: HandClock) -> None:
    for _ in range(12 * 3):
        clock.go_on(minutes=20)
        wei.opens("/office/")
    assert wei.opens("/office/").status == 303


def test_signing_out_ends_it_also_for_a_stolen_cookie(wei: Desk) -> None:
    stolen = wei.client.get_cookie("doorstep_office", path="/office")
    assert stolen is not None
    assert wei.sends("/office/sign-out").status == 303
    wei.client.set_cookie("doorstep_office", stolen.value, path="/office")
    assert wei.opens("/office/").status == 303


def test_a_form_of_another_site_does_nothing(wei: Desk) -> None:
    forged = wei.client.post("/office/sign-out", data={}, headers=BROWSER)
    assert (forged.status_code, "did not come from a page" in Page(forged).text) == (403, True)
    token = wei.opens("/office/").value("csrf_token")
    elsewhere = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    crossed = wei.client.post("/office/sign-out", data={"csrf_token": token}, headers=elsewhere)
    assert crossed.status_code == 403
    assert wei.opens("/office/").status == 200


def test_the_token_of_somebody_else_does_not_fit(wei: Desk, at_desk: AtDesk) -> None:
    token = at_desk(people.BOB).opens("/office/").value("csrf_token")
    form = {"csrf_token": token}
    assert wei.client.post("/office/sign-out", data=form, headers=BROWSER).status_code == 403


def test_a_token_of_the_api_is_no_cookie(stranger: Desk) -> None:
    form = {"username": "wei", "password": people.PASSWORD}
    token = stranger.client.post("/api/v1/auth/login", json=form).json["access_token"]
    stranger.client.set_cookie("doorstep_office", token, path="/office")
    assert stranger.opens("/office/").status == 303


def test_bob_reads_chinese_from_now_on(bob: Desk) -> None:
    bob.sends("/office/language", language="zh", next="/office/")
    page = bob.opens("/office/")
    assert 'lang="zh-CN"' in page.html
    assert "待审核" in page.text


def test_what_is_not_there_is_said_on_a_page(wei: Desk) -> None:
    page = wei.opens("/office/nowhere")
    assert page.status == 404
    assert "nothing here that you can see" in page.text
    assert "/office/" in page.links()
