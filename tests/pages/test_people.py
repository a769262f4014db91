"""People and companies: found, invited by link, changed, let go; certificates, absences, teams, grants."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from server.db.invitations import Invitation
from server.db.people import Absence, Certificate, Device, Person
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.pages.desks import BROWSER, Desk, Page
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]
ALICE, CAROL = f"/office/people/{people.ALICE.id}", f"/office/people/{people.CAROL.id}"
NEW = {"name": "Nora Ning", "role": "installer", "organisation_id": people.NORTH, "team": "blue"}
ABOUT_ME = {
    "name": "Nora Ning",
    "username": "Nora",
    "password": "four lamps beside the river",
    "language": "zh",
}


def invited(desk: Desk, **changes: str) -> str:
    """The path of the link that somebody at a desk makes."""
    desk.opens("/office/people/invite")
    page = desk.follows(desk.sends("/office/people/invite", **{**NEW, **changes}))
    return link_on(page)


def link_on(page: Page) -> str:
    found = re.search(r'value="http://localhost(/office/join/[^"]+)"', page.html)
    assert found, page.text
    return found.group(1)


def joins(newcomer: Desk, link: str, **changes: str) -> Page:
    form = {**ABOUT_ME, **changes}
    return Page(newcomer.client.post(link, data=form, headers=BROWSER))


@pytest.fixture
def sun(at_desk: AtDesk) -> Desk:
    return at_desk(people.SUN)


@pytest.fixture
def mei(at_desk: AtDesk) -> Desk:
    return at_desk(people.MEI)


# The list and the page.


def test_it_works(sun: Desk) -> None:
    page = sun.opens("/office/people")
    assert all(each.name in page.text for each in people.CAST if each.is_active)
    assert "Dan" not in page.text
    assert "Dan" in sun.opens("/office/people?show=left").text
    page = sun.opens("/office/people?q=blue")
    assert ("Alice" in page.text, "Carol" in page.text) == (True, False)
    page = sun.opens(f"/office/people?role=installer&organisation_id={people.CONTRACTOR}")
    assert ("Carol" in page.text, "Alice" in page.text) == (True, False)
    assert "Alice" in sun.opens(ALICE).text


def test_it_hides_other_companies(mei: Desk) -> None:
    page = mei.opens("/office/people?show=all")
    assert ("Carol" in page.text, "Alice" in page.text, "Dan" in page.text) == (True, False, False)
    assert mei.opens(f"/office/people?organisation_id={people.NORTH}&show=all").text.count(
        "Alice"
    ) == (0)
    assert "Branch North" not in mei.opens("/office/organisations").text


# Invitations.


def test_somebody_is_invited_by_link(
    sun: Desk, stranger: Desk, load: Callable[..., Any], app: Flask
) -> None:
    link = invited(sun)
    assert "Invited, not here yet" in sun.opens("/office/people").text
    scanner = Client(app, app.response_class)
    for method in ("HEAD", "GET", "GET"):  # mail scanners look at every link, and use nothing up
        assert scanner.open(link, method=method).status_code == 200
    page = stranger.opens(link)
    assert "Branch North invites you as: Installer." in page.text
    assert page.value("name") == "Nora Ning"
    came = joins(stranger, link)
    assert came.goes_to == link
    assert "Open the app" in stranger.follows(came).text
    nora = load(lambda s: s.query(Person).filter_by(username="nora").one())
    assert (nora.role, nora.team, nora.language, nora.organisation_id) == (
        "installer",
        "blue",
        "zh",
        people.NORTH,
    )
    login = {"username": "nora", "password": ABOUT_ME["password"]}
    assert scanner.post("/api/v1/auth/login", json=login).status_code == 200
    assert joins(stranger, link, username="nora2").status == 410
    assert "invitation_over" in joins(stranger, link).text
    assert "Invited, not here yet" not in sun.opens("/office/people").text


@pytest.mark.parametrize(
    "change", ["x", "", "altered mark", "another's mark", "\x00", "é", "a.b.c"], ids=range(7)
)
def test_a_link_cannot_be_guessed(sun: Desk, stranger: Desk, change: str) -> None:
    link = invited(sun)
    its_id, mark = link.rsplit("/", 1)[1].split(".")
    other = invited(sun).rsplit("/", 1)[1].split(".")
    token = {
        "altered mark": f"{its_id}.{mark[:-2]}{'A' if mark[-2] != 'A' else 'B'}{mark[-1]}",
        "another's mark": f"{its_id}.{other[1]}",
    }.get(change, change + mark)
    page = stranger.opens(f"/office/join/{token}")
    assert (page.status, "not_found" in page.text) == (404, True)
    assert joins(stranger, f"/office/join/{token}").status == 404


def test_a_link_ends_by_time_by_another_one_and_by_hand(
    sun: Desk, stranger: Desk, clock: HandClock, app: Flask, load: Callable[..., Any]
) -> None:
    first = invited(sun)
    [made] = load(lambda s: s.query(Invitation).all())
    sun.opens(f"/office/invitations/{made.id}")
    again = sun.follows(sun.sends(f"/office/invitations/{made.id}/again"))
    second = link_on(again)
    assert [stranger.opens(each).status for each in (first, second)] == [410, 200]
    assert joins(stranger, first).status == 410
    clock.go_on(days=7)
    assert stranger.opens(second).status == 410
    assert joins(stranger, second).status == 410
    sun.signs_in(people.SUN)
    third = invited(sun, name="Otto")
    found = load(lambda s: s.query(Invitation).order_by(Invitation.made_at.desc()).first())
    sun.sends(f"/office/invitations/{found.id}/withdraw")
    assert joins(stranger, third).status == 410
    assert load(lambda s: s.query(Person).filter_by(name="Nora Ning").count()) == 0


def test_a_link_dies_with_the_rights_of_who_made_it(
    mei: Desk, stranger: Desk, write: Callable[..., Any]
) -> None:
    link = invited(mei, organisation_id=people.CONTRACTOR)
    write(lambda s: setattr(s.get_one(Person, people.MEI.id), "is_active", False))
    assert joins(stranger, link).status == 410


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"password": "short"}, "password_too_short"),
        ({"password": "passwordpassword"}, "password_too_common"),
        ({"username": "alice"}, "already_there"),
        ({"username": "a b"}, "invalid"),
        ({"name": ""}, "invalid"),
        ({"language": "xx"}, "invalid"),
    ],
)
def test_a_link_outlives_a_mistake(
    sun: Desk, stranger: Desk, change: dict[str, str], told: str
) -> None:
    link = invited(sun)
    page = joins(stranger, link, **change)
    assert page.status in (409, 422)
    assert 'aria-invalid="true"' in page.html or told == "invalid"
    assert ABOUT_ME["password"] not in page.html, "a password is never shown"
    assert joins(stranger, link).status == 303


def test_nobody_gives_what_is_not_theirs(mei: Desk, bob: Desk) -> None:
    mei.opens("/office/people/invite")
    ours = {**NEW, "organisation_id": people.CONTRACTOR}
    for change in ({"role": "contractor_manager"}, {"role": "supervisor"}):
        assert mei.sends("/office/people/invite", **{**ours, **change}).status == 403
    assert mei.sends("/office/people/invite", **NEW).status == 422, "another company's"
    assert bob.opens("/office/people/invite").status == 403


def test_a_new_password_by_link(
    sun: Desk, stranger: Desk, sign_in: Callable[..., Client], app: Flask
) -> None:
    alice = sign_in(people.ALICE)
    sun.opens(ALICE)
    first = link_on(sun.follows(sun.sends(f"{ALICE}/password-link")))
    second = link_on(sun.follows(sun.sends(f"{ALICE}/password-link")))
    assert alice.get("/api/v1/auth/me").status_code == 200, "until it is used"
    form = {"password": "a bridge over nine ponds"}
    told = [
        Page(stranger.client.post(each, data=form, headers=BROWSER)).status
        for each in (first, second, second)
    ]
    assert told == [410, 303, 410]
    assert alice.get("/api/v1/auth/me").json["code"] == "token_revoked"
    for password, status in ((people.PASSWORD, 401), (form["password"], 200)):
        login = {"username": "alice", "password": password}
        answer = Client(app, app.response_class).post("/api/v1/auth/login", json=login)
        assert answer.status_code == status


# Changes.


def test_a_role_counts_at_once(sun: Desk, sign_in: Callable[..., Client]) -> None:
    alice = sign_in(people.ALICE)
    assert alice.get("/api/v1/tickets").status_code == 403
    sun.opens(ALICE)
    changed = sun.sends(f"{ALICE}/change", role="advisor", was_role="installer")
    assert "Person changed: role" in sun.follows(changed).text
    assert alice.get("/api/v1/tickets").status_code == 200


def test_two_people_change_one_and_neither_loses_a_word(sun: Desk, at_desk: AtDesk) -> None:
    other = at_desk(people.SUN)
    for desk in (sun, other):
        desk.opens(ALICE)
    was = {"was_phone": "", "was_skills": "", "was_name": "Alice"}
    assert sun.sends(f"{ALICE}/change", phone="138 0013 8000", skills="", **was).status == 303
    assert (
        other.sends(
            f"{ALICE}/change", phone="", skills="gas, 厨房".replace("厨房", "kitchen"), **was
        ).status
        == 303
    )
    clash = other.sends(f"{ALICE}/change", phone="139 0000 0000", **was)
    assert (clash.status, "138 0013 8000" in clash.text) == (409, True)
    assert (clash.value("phone"), "Sun wrote" in clash.text) == ("139 0000 0000", True)
    page = sun.opens(ALICE)
    assert ("138 0013 8000" in page.text, "gas, kitchen" in page.text) == (True, True)


def test_two_people_change_a_company_and_one_takes_the_words_of_the_other(
    sun: Desk, at_desk: AtDesk
) -> None:
    other, where = at_desk(people.SUN), f"/office/organisations/{people.CONTRACTOR}"
    for desk in (sun, other):
        desk.opens(where)
    form = {"was_address": "", "was_phone": ""}
    assert sun.sends(f"{where}/change", address="3 Dock Road", **form).status == 303
    clash = other.sends(f"{where}/change", address="5 Dock Road", phone="110", **form)
    assert (clash.status, clash.value("address")) == (409, "5 Dock Road")
    assert "Sun wrote" in clash.text
    form |= {"address": "5 Dock Road", "was_address": clash.value("was_address"), "phone": "110"}
    assert other.sends(f"{where}/change", **form, keep_address="theirs").status == 303
    page = sun.opens(where)
    assert ("3 Dock Road" in page.text, page.value("phone")) == (True, "110")


def test_the_last_supervisor_stays(sun: Desk) -> None:
    me = f"/office/people/{people.SUN.id}"
    sun.opens(me)
    assert sun.sends(f"{me}/leave").status == 409
    assert sun.sends(f"{me}/change", role="advisor", was_role="supervisor").status == 409
    assert sun.opens("/office/").status == 200


def test_a_manager_changes_what_the_work_needs(mei: Desk, load: Callable[..., Any]) -> None:
    mei.opens(CAROL)
    form = {"team": "red", "was_team": "", "username": "queen", "was_username": "carol"}
    assert mei.sends(f"{CAROL}/change", **form).status == 303
    carol = load(lambda s: s.get_one(Person, people.CAROL.id))
    assert (carol.team, carol.username) == ("red", "carol")
    for change in ({"role": "contractor_manager"}, {"role": "supervisor"}):
        assert mei.sends(f"{CAROL}/change", **change, was_role="installer").status in (403, 422)
    assert load(lambda s: s.get_one(Person, people.CAROL.id)).role == "installer"


def test_who_leaves_hands_over(
    sun: Desk, shop: Shop, sign_in: Callable[..., Client], load: Callable[..., Any]
) -> None:
    job = shop.issues_a_job()
    shop.sends(people.ALICE, job)  # her tablet has it
    page = sun.opens(f"{ALICE}/leave")
    assert job["id"] in page.text
    assert "Tablets are collected" in page.text
    left = sun.sends(f"{ALICE}/leave", assignee_id=people.LENA.id)
    assert "left" in sun.follows(left).text
    assert shop.job(job)["assignee_id"] == people.LENA.id
    [tablet] = load(lambda s: s.query(Device).all())
    assert tablet.status == "draining"
    assert sign_in(people.ALICE).get("/api/v1/auth/me").json["code"] == "token_revoked"
    sun.opens(ALICE)
    assert sun.sends(f"{ALICE}/come-back").status == 303
    assert load(lambda s: s.get_one(Person, people.ALICE.id)).is_active


def test_jobs_that_nobody_may_take_stay_and_are_told(sun: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    sun.opens(f"{ALICE}/leave")
    page = sun.follows(sun.sends(f"{ALICE}/leave", assignee_id=people.DAN.id))
    assert "1 job is still in this name" in page.text
    assert shop.job(job)["assignee_id"] == people.ALICE.id


def test_signed_out_everywhere(sun: Desk, sign_in: Callable[..., Client]) -> None:
    alice = sign_in(people.ALICE)
    assert "A browser or program" in sun.opens(ALICE).text
    sun.sends(f"{ALICE}/sign-out")
    assert alice.get("/api/v1/auth/me").json["code"] == "token_revoked"


# Certificates and absences.


def test_certificates_are_kept_and_told_before_they_end(
    mei: Desk, sun: Desk, clock: HandClock, load: Callable[..., Any]
) -> None:
    mei.opens(CAROL)
    ends = (clock() + timedelta(days=20)).date().isoformat()
    form = {"kind": "gas", "number": "G-1", "valid_from": "2026-01-01", "valid_until": ends}
    assert mei.sends(f"{CAROL}/certificates", **form).status == 303
    for desk, path in ((mei, "/office/"), (sun, "/office/"), (sun, "/office/people?q=carol")):
        assert "gas" in desk.opens(path).text
    assert "Certificates that end" in mei.opens(f"/office/organisations/{people.CONTRACTOR}").text
    mei.opens(CAROL)
    wrong = mei.sends(f"{CAROL}/certificates", **{**form, "valid_until": "2025-01-01"})
    assert (wrong.status, "It ends before it begins." in wrong.text) == (422, True)
    assert wrong.value("number") == "G-1"
    assert mei.sends(f"{ALICE}/certificates", **form).status == 404
    [paper] = load(lambda s: s.query(Certificate).all())
    assert mei.sends(f"/office/certificates/{paper.id}/withdraw").status == 303
    assert load(lambda s: s.query(Certificate).count()) == 0


def test_who_is_away_is_not_sent_without_a_word(
    bob: Desk, shop: Shop, load: Callable[..., Any]
) -> None:
    planned = shop.issues_a_job()
    bob.opens(ALICE)
    form = {"begins_on": "2026-11-23", "ends_on": "2026-11-24", "reason": "ill"}
    assert bob.sends(f"{ALICE}/absences", **form).status == 303
    panel = bob.opens("/office/").html.split('id="panel-nobody"')[1].split("</section>")[0]
    assert planned["id"] in panel, "Today names the job that nobody goes to"
    ticket = shop.opens_a_ticket()
    path = f"/office/tickets/{ticket['id']}/plan"
    assert "away" in bob.opens(f"{path}?day=2026-11-24").text
    plan = {"assignee_id": people.ALICE.id, "day": "2026-11-24", "from_": "07:00", "to": "09:00"}
    warned = bob.sends(path, **plan)
    assert (warned.status, "Alice is away on that day" in warned.text) == (409, True)
    assert bob.sends(path, **plan, reason="She offered to come.").status == 303
    later = {**plan, "day": "2026-11-25", "reason": "The customer can wait."}
    assert bob.sends(path, **later).status == 303
    [absence] = load(lambda s: s.query(Absence).all())
    assert bob.sends(f"/office/absences/{absence.id}/withdraw").status == 303
    assert "away" not in bob.opens(f"{path}?day=2026-11-24").text


def test_why_somebody_is_away_is_not_everybodys_business(bob: Desk, wei: Desk) -> None:
    bob.opens(ALICE)
    form = {"begins_on": "2026-11-23", "reason": "ill", "words": "her back"}
    assert bob.sends(f"{ALICE}/absences", **form).status == 303
    assert "her back" in bob.opens(ALICE).text
    page = wei.opens(ALICE)
    assert ("away until today" in page.text, "her back" in page.text, "Ill" in page.text) == (
        True,
        False,
        False,
    )


# Companies.


def test_a_team_is_moved_and_led(sun: Desk, load: Callable[..., Any]) -> None:
    path = f"/office/organisations/{people.NORTH}"
    sun.opens(path)
    assert sun.sends(f"{path}/teams", person_id=people.ALICE.id, team="red").status == 303
    assert sun.sends(f"{path}/lead", person_id=people.ALICE.id).status == 303
    assert sun.sends(f"{path}/teams", person_id=people.LENA.id, team="red").status == 303
    assert sun.sends(f"{path}/lead", person_id=people.LENA.id).status == 303
    alice, lena = (
        load(lambda s, w=w: s.get_one(Person, w.id)) for w in (people.ALICE, people.LENA)
    )
    assert (alice.team, alice.role, lena.team, lena.role) == (
        "red",
        "installer",
        "red",
        "lead_installer",
    )
    assert sun.sends(f"{path}/teams", person_id=people.CAROL.id, team="red").status == 422


def test_a_grant_has_a_first_and_a_last_day(
    sun: Desk, mei: Desk, shop: Shop, sign_in: Callable[..., Client], clock: HandClock
) -> None:
    path = f"/office/organisations/{people.CONTRACTOR}"
    job = shop.issues_a_job(to=people.CAROL)
    carol = sign_in(people.CAROL)
    sun.opens(path)
    span = {"granted_from": "2026-11-25", "granted_until": "2026-11-30"}
    assert "The grant begins" in sun.follows(sun.sends(f"{path}/grant", **span)).text
    seen = []
    for day in range(9):
        seen.append(len(carol.get("/api/v1/jobs").json["items"]))
        clock.go_on(days=1)
        assert day < 9
    assert seen == [0, 0, 1, 1, 1, 1, 1, 1, 0], "in Shanghai, both days in full"
    mei.signs_in(people.MEI)
    page = mei.opens(path)
    assert ("The grant ended" in page.text, job["id"] in page.text) == (True, False)
    mei.opens("/office/")
    assert mei.sends(f"{CAROL}/sign-out").status == 403
    assert mei.sends(f"{CAROL}/absences", begins_on="2026-12-05", reason="ill").status == 403
    sun.signs_in(people.SUN)
    sun.opens(path)
    assert sun.sends(
        f"{path}/grant", granted_from="2026-12-02", granted_until="2026-12-01"
    ).status == (422)


def test_a_holiday_is_told_to_whoever_plans(sun: Desk, bob: Desk, shop: Shop) -> None:
    path = f"/office/organisations/{people.NORTH}"
    ticket = shop.opens_a_ticket()
    plan = {"assignee_id": people.ALICE.id, "day": "2027-01-01", "from_": "09:00", "to": "11:00"}
    assert "None are kept" in sun.opens(path).text
    assert sun.sends(f"{path}/holidays", country="XX").status == 422
    assert "New Year" in sun.follows(sun.sends(f"{path}/holidays", country="CN")).text
    bob.opens(f"/office/tickets/{ticket['id']}/plan")
    warned = bob.sends(f"/office/tickets/{ticket['id']}/plan", **plan)
    assert (warned.status, "The shop is closed on that day" in warned.text) == (409, True)
    sun.sends(f"{path}/holidays", country="")
    told = bob.sends(f"/office/tickets/{ticket['id']}/plan", **plan).text
    assert ("is closed on that day" in told, "promised to be closed" in told) == (False, True)
