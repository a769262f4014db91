"""The second factor: set up once, asked at every sign-in, good once; and no way around it."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from flask import Flask

from server import authenticators
from server.db.people import Chain, Person
from server.db.second_factors import SecondFactor
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.pages.desks import BROWSER, Desk, Page

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODE, SET_UP = "/office/sign-in/code", "/office/sign-in/set-up"


@pytest.fixture(autouse=True)
def asked_for(app: Flask) -> None:
    """This shop asks for the second factor, as every one but the demo does."""
    house = app.extensions["doorstep"]
    config = dataclasses.replace(house.config, second_factor=True)
    app.extensions["doorstep"] = dataclasses.replace(house, config=config)


@pytest.fixture
def app_on_the_phone(app: Flask, clock: HandClock, write: Callable[..., Any]) -> pyotp.TOTP:
    """Wei's, set up a while ago."""
    secret = app.extensions["doorstep"].config.secret
    sealed = authenticators.seal(secret, people.WEI.id, SECRET)
    write(
        lambda session: session.add(
            SecondFactor(
                person_id=people.WEI.id, secret=sealed, made_at=people.NOW, confirmed_at=people.NOW
            )
        )
    )
    return pyotp.TOTP(SECRET)


def code_at(phone: pyotp.TOTP, clock: HandClock, seconds: int = 0) -> str:
    return phone.at(int(clock().timestamp()) + seconds)


def types(desk: Desk, path: str, code: str) -> Page:
    return Page(desk.client.post(path, data={"code": code}, headers=BROWSER))


def test_it_is_set_up_before_anything_else(stranger: Desk, clock: HandClock) -> None:
    told = stranger.types_in("wei", people.PASSWORD, next="/office/tickets")
    assert told.goes_to == f"{SET_UP}?next=/office/tickets"
    assert stranger.opens("/office/tickets").goes_to.startswith("/office/sign-in?")
    page = stranger.follows(told)
    key = "".join(re.findall(r'<code class="key">([A-Z2-7 ]+)<', page.html)).replace(" ", "")
    picture = stranger.opens("/office/sign-in/qr.svg")
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert picture.headers["Cache-Control"] == "no-store"
    phone = pyotp.TOTP(key)
    assert types(stranger, SET_UP, "000000").status == 401
    done = types(stranger, SET_UP, code_at(phone, clock))
    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", done.html)
    assert len(set(codes)) == 10
    assert stranger.opens("/office/tickets").status == 200
    assert stranger.opens(SET_UP).goes_to.startswith("/office/sign-in"), "nobody sees it twice"


def test_a_code_is_asked_for_at_every_sign_in(
    stranger: Desk, app_on_the_phone: pyotp.TOTP, clock: HandClock
) -> None:
    assert stranger.types_in("wei", people.PASSWORD).goes_to == CODE
    assert "Signing in as Wei" in stranger.opens(CODE).text
    came = types(stranger, CODE, code_at(app_on_the_phone, clock))
    assert came.goes_to == "/office/"
    assert stranger.opens("/office/").status == 200
    clock.go_on(hours=13)
    assert stranger.types_in("wei", people.PASSWORD).goes_to == CODE


@pytest.mark.parametrize("drift", [-30, 0, 30])
def test_a_phone_may_be_half_a_minute_off(
    stranger: Desk, app_on_the_phone: pyotp.TOTP, clock: HandClock, drift: int
) -> None:
    stranger.types_in("wei", people.PASSWORD)
    assert types(stranger, CODE, code_at(app_on_the_phone, clock, drift)).status == 303


@pytest.mark.parametrize("drift", [-90, 90])
def test_but_not_more(
    stranger: Desk, app_on_the_phone: pyotp.TOTP, clock: HandClock, drift: int
) -> None:
    stranger.types_in("wei", people.PASSWORD)
    refused = types(stranger, CODE, code_at(app_on_the_phone, clock, drift))
    assert (refused.status, "wrong_code" in refused.text) == (401, True)


def test_no_code_is_taken_twice(
    app: Flask, stranger: Desk, app_on_the_phone: pyotp.TOTP, clock: HandClock
) -> None:
    stranger.types_in("wei", people.PASSWORD)
    code = code_at(app_on_the_phone, clock)
    assert types(stranger, CODE, code).status == 303
    elsewhere = Desk(Client(app, app.response_class, use_cookies=True))
    elsewhere.types_in("wei", people.PASSWORD)
    assert types(elsewhere, CODE, code).status == 401
    earlier = code_at(app_on_the_phone, clock, -30)
    assert types(elsewhere, CODE, earlier).status == 401, "nor one from before it"


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "²²²²²²", "١٢٣٤٥x", "\x00", "x" * 5_000, "-12345", "１２３"]
)
def test_what_is_no_code_is_told(stranger: Desk, app_on_the_phone: pyotp.TOTP, code: str) -> None:
    stranger.types_in("wei", people.PASSWORD)
    assert types(stranger, CODE, code).status == 401


def test_the_wide_digits_of_a_chinese_keyboard_count(
    stranger: Desk, app_on_the_phone: pyotp.TOTP, clock: HandClock
) -> None:
    stranger.types_in("wei", people.PASSWORD)
    wide = "".join(chr(ord("０") + int(each)) for each in code_at(app_on_the_phone, clock))
    assert types(stranger, CODE, f"{wide[:3]} {wide[3:]}").status == 303


def test_trying_codes_is_slowed_down_like_passwords(
    stranger: Desk, app_on_the_phone: pyotp.TOTP, clock: HandClock
) -> None:
    stranger.types_in("wei", people.PASSWORD)
    told = [types(stranger, CODE, f"{number:06}") for number in range(11)]
    assert {each.status for each in told[:10]} == {401}
    assert (told[10].status, "Retry-After" in told[10].headers) == (429, True)
    assert types(stranger, CODE, code_at(app_on_the_phone, clock)).status == 429
    clock.go_on(minutes=9)
    assert stranger.opens(CODE).status == 200
    clock.go_on(minutes=2)
    assert stranger.opens(CODE).goes_to.startswith("/office/sign-in?"), "ten minutes, then anew"


def test_a_recovery_code_lets_in_once(stranger: Desk, clock: HandClock, app: Flask) -> None:
    page = stranger.follows(stranger.types_in("wei", people.PASSWORD))
    key = "".join(re.findall(r'class="key">([A-Z2-7 ]+)<', page.html)).replace(" ", "")
    done = types(stranger, SET_UP, code_at(pyotp.TOTP(key), clock))
    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", done.html)

    def tried(code: str) -> tuple[Desk, int]:
        desk = Desk(Client(app, app.response_class, use_cookies=True))
        desk.types_in("wei", people.PASSWORD)
        return desk, types(desk, CODE, code).status

    assert tried(codes[0].upper())[1] == 303
    assert tried(codes[0])[1] == 401
    somewhere, status = tried(codes[1])
    assert status == 303
    assert "8 recovery codes are left" in somewhere.opens("/office/second-factor").text
    clock.go_on(minutes=1)
    code = code_at(pyotp.TOTP(key), clock)
    renewed = somewhere.sends("/office/second-factor/recovery", code=code)
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", renewed.html)) == 10
    assert somewhere.sends("/office/second-factor/recovery", code=codes[2]).status == 401


def test_the_half_way_cookie_opens_nothing(stranger: Desk, app_on_the_phone: pyotp.TOTP) -> None:
    stranger.types_in("wei", people.PASSWORD)
    half = stranger.client.get_cookie("doorstep_half", path="/office")
    assert half is not None
    stranger.client.set_cookie("doorstep_office", half.value, path="/office")
    assert stranger.opens("/office/").goes_to.startswith("/office/sign-in?")
    answer = stranger.client.get(
        "/api/v1/tickets", headers={"Authorization": f"Bearer {half.value}"}
    )
    assert answer.json["code"] == "token_invalid"


def test_the_api_is_no_way_around(
    app: Flask, app_on_the_phone: pyotp.TOTP, clock: HandClock, sign_in: Callable[..., Client]
) -> None:
    program = Client(app, app.response_class)
    login = {"username": "wei", "password": people.PASSWORD}
    told = program.post("/api/v1/auth/login", json=login)
    assert (told.status_code, told.json["code"]) == (401, "second_factor_required")
    assert program.post("/api/v1/auth/login", json={**login, "code": "000000"}).json["code"] == (
        "wrong_code"
    )
    code = code_at(app_on_the_phone, clock)
    came = program.post("/api/v1/auth/login", json={**login, "code": code})
    assert came.status_code == 200
    bearer = {"Authorization": f"Bearer {came.json['access_token']}"}
    assert program.get("/api/v1/tickets", headers=bearer).status_code == 200
    renewed = program.post(
        "/api/v1/auth/refresh", headers={"Authorization": f"Bearer {came.json['refresh_token']}"}
    )
    bearer = {"Authorization": f"Bearer {renewed.json['access_token']}"}
    assert program.get("/api/v1/tickets", headers=bearer).status_code == 200
    of_before = sign_in(people.WEI)  # a sign-in from before there was a second factor
    assert of_before.get("/api/v1/tickets").json["code"] == "second_factor_required"
    assert of_before.get("/api/v1/auth/me").status_code == 200
    assert sign_in(people.WEI).post("/api/v1/auth/logout").status_code == 204


def test_who_has_become_a_dispatcher_delivers_and_does_no_more(
    sign_in: Callable[..., Client], write: Callable[..., Any], load: Callable[..., Any]
) -> None:
    alice = sign_in(people.ALICE)
    assert alice.get("/api/v1/jobs").status_code == 200, "installers have none"
    write(lambda session: setattr(session.get_one(Person, people.ALICE.id), "role", "dispatcher"))
    assert alice.get("/api/v1/jobs").json["code"] == "second_factor_required"
    assert alice.get("/api/v1/auth/me").status_code == 200
    assert load(lambda session: session.get(Chain, people.ALICE.chain_id)).ended_at is None


def test_a_supervisor_has_it_set_up_anew(
    app: Flask, app_on_the_phone: pyotp.TOTP, clock: HandClock, stranger: Desk, load: Any
) -> None:
    stranger.types_in("wei", people.PASSWORD)
    types(stranger, CODE, code_at(app_on_the_phone, clock))
    house = app.extensions["doorstep"]
    sun = Desk(Client(app, app.response_class, use_cookies=True))
    page = sun.follows(sun.types_in("sun", people.PASSWORD))
    key = "".join(re.findall(r'class="key">([A-Z2-7 ]+)<', page.html)).replace(" ", "")
    types(sun, SET_UP, code_at(pyotp.TOTP(key), clock))
    sun.opens(f"/office/people/{people.WEI.id}")
    reset = sun.sends(f"/office/people/{people.WEI.id}/second-factor")
    assert "Second factor to be set up anew" in sun.follows(reset).text
    assert stranger.opens("/office/").goes_to.startswith("/office/sign-in")
    assert stranger.types_in("wei", people.PASSWORD).goes_to == SET_UP
    assert house.database.read(lambda s: s.get(SecondFactor, people.WEI.id)) is None


def test_what_is_kept_opens_nothing_by_itself(
    app_on_the_phone: pyotp.TOTP, load: Callable[..., Any], app: Flask
) -> None:
    kept = load(lambda session: session.get_one(SecondFactor, people.WEI.id).secret)
    assert SECRET not in kept
    secret = app.extensions["doorstep"].config.secret
    assert authenticators.unseal(secret, people.WEI.id, kept) == SECRET
    assert authenticators.unseal("another server's secret", people.WEI.id, kept) is None
    assert authenticators.unseal(secret, people.BOB.id, kept) is None
