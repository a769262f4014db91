"""Settings on the office's pages: they are kept as versions, and what they say is done."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from server.actions import setting_drafts, settings
from server.db.people import Person
from tests import people
from tests.conftest import HandClock
from tests.pages.desks import Desk, Page
from tests.pages.visits import judges, visited
from tests.shop import Json, Shop, asked

AtDesk = Callable[[people.Character], Desk]
PROMISES = "/office/settings/promises"
REPAIR = "/office/settings/checklists/repair"


@pytest.fixture
def sun(at_desk: AtDesk) -> Desk:
    return at_desk(people.SUN)


def fields_of(page: Page) -> dict[str, str]:
    """A form of settings as a browser would send it, without its token."""
    found: dict[str, str] = {}
    form = page.html.split('class="form', 1)[1].split("</form>", 1)[0]
    for tag in re.findall(r"<input[^>]*>", form):
        of = {name: unescape(said) for name, said in re.findall(r'([a-z]+)="([^"]*)"', tag)}
        is_off = of.get("type") in ("checkbox", "radio") and " checked" not in tag
        if "name" in of and not is_off:
            found[of["name"]] = of.get("value", "")
    for name, inner in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        found[name] = unescape(chosen.group(1)) if chosen else ""
    for name, inner in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = unescape(inner)
    found.pop("csrf_token", None)
    return found


def saves(desk: Desk, path: str, **changes: str) -> Page:
    """Opens the form, changes these fields and sends all of it."""
    return desk.sends(path.partition("?")[0], **{**fields_of(desk.opens(path)), **changes})


def test_a_changed_promise_is_for_new_tickets_and_breaks_no_old_one(
    sun: Desk, shop: Shop, clock: HandClock
) -> None:
    old = shop.opens_a_ticket()
    clock.go_on(minutes=20)
    saved = saves(sun, PROMISES, **{"policies.repair.ordinary.plan": "30"}, note="We are faster")
    told = sun.follows(saved)
    assert "Version 2" in told.text
    assert "We are faster" in told.text
    new = shop.opens_a_ticket()
    assert minutes(shop.ticket(new), "plan") == 30
    assert minutes(shop.ticket(old), "plan") == 100
    assert shop.ticket(old)["promises"]["plan"]["state"] == "running"


def minutes(ticket: Json, clock: str) -> int:
    left: int = ticket["promises"][clock]["left_minutes"]
    return left


def test_a_promise_can_begin_on_a_later_day(sun: Desk, shop: Shop, clock: HandClock) -> None:
    saves(sun, PROMISES, **{"policies.repair.ordinary.plan": "30"}, valid_on="2026-11-25")
    assert "Version 2 from" in sun.opens(PROMISES).text
    assert minutes(shop.ticket(shop.opens_a_ticket()), "plan") == 120
    clock.go_on(days=2)
    assert minutes(shop.ticket(shop.opens_a_ticket()), "plan") == 30


def test_hours_of_business_hold_the_clocks(sun: Desk, shop: Shop) -> None:
    week = {f"hours.{day}.0.{end}": "" for day in range(7) for end in ("from", "to")}
    saves(
        sun, PROMISES, hours="business", **{**week, "hours.1.0.from": "09:00", "hours.1.0.to": "18:00"}
    )  # fmt: skip
    due_at = shop.ticket(shop.opens_a_ticket())["promises"]["plan"]["due_at"]
    assert due_at == "2026-11-24T03:00:00.000Z"  # Tuesday at eleven in the site's zone


def test_a_branch_has_its_own_and_follows_the_house_again(sun: Desk, shop: Shop) -> None:
    of_south = f"{PROMISES}?branch={people.SOUTH}"
    saves(sun, of_south, **{"policies.repair.ordinary.plan": "30"})
    assert minutes(shop.ticket(shop.opens_a_ticket()), "plan") == 120  # North's
    saves(sun, f"{PROMISES}?branch={people.NORTH}", **{"policies.repair.ordinary.plan": "45"})
    assert minutes(shop.ticket(shop.opens_a_ticket()), "plan") == 45
    was = sun.opens(f"{PROMISES}?branch={people.NORTH}").value("was")
    followed = sun.sends(f"{PROMISES}/follow", branch=people.NORTH, was=was)
    assert "follows what is set for all branches" in sun.follows(followed).text
    assert minutes(shop.ticket(shop.opens_a_ticket()), "plan") == 120


BAD_PROMISES = [
    ("policies.repair.ordinary.plan", "0", "This is too little."),
    ("policies.repair.ordinary.close", "1000000000", "This is too much."),
    ("policies.repair.ordinary.plan", "2", "This comes before"),
    ("policies.repair.ordinary.plan", "soon", "This cannot be used here."),
    ("policies.repair.ordinary.plan", "", "Please fill this in."),
    ("vip_percent", "101", "This is too much."),
    ("hours.0.0.from", "25:00", "This comes before"),
    ("note", "x\x00", "This cannot be used here."),
]


def test_what_cannot_hold_comes_back_with_what_was_typed(sun: Desk) -> None:
    good = {**fields_of(sun.opens(PROMISES)), "hours": "business", "hours.0.0.to": "18:00"}
    for field, value, told in BAD_PROMISES:
        page = sun.sends(PROMISES, **{**good, field: value})
        assert (page.status, told in page.html) == (422, True), (field, value)
        assert fields_of(page)["hours.0.0.to"] == "18:00"
    assert "Version 2" not in sun.opens(PROMISES).text


def test_two_people_change_one_setting_and_neither_loses_a_word(sun: Desk, at_desk: AtDesk) -> None:
    mine = fields_of(sun.opens(PROMISES))
    other = at_desk(people.SUN)
    saves(other, PROMISES, **{"policies.repair.urgent.plan": "60", "vip_percent": "40"})
    clashing = {**mine, "vip_percent": "60", "policies.repair.special.plan": "90"}
    page = sun.sends(PROMISES, **clashing)
    assert page.status == 409, page.text
    assert "Sun changed the same field" in page.text
    again = fields_of(page)
    assert again["vip_percent"] == "60"  # mine
    assert again["policies.repair.urgent.plan"] == "60"  # theirs, which I had not touched
    sun.page = page
    kept = fields_of(sun.follows(sun.sends(PROMISES, **again)))
    assert (kept["vip_percent"], kept["policies.repair.urgent.plan"]) == ("60", "60")
    assert kept["policies.repair.special.plan"] == "90"


def test_an_earlier_version_is_put_back_and_the_history_tells_it(sun: Desk) -> None:
    saves(sun, PROMISES, vip_percent="40")
    saves(sun, PROMISES, vip_percent="30")
    page = sun.opens(f"{PROMISES}/history")
    assert "Share of the time for VIP customers 40 30" in page.text
    sun.sends(f"{PROMISES}/revert", branch="all", to="2", was="3")
    assert fields_of(sun.opens(PROMISES))["vip_percent"] == "40"
    assert sun.sends(f"{PROMISES}/revert", branch="all", to="1", was="3").status == 412
    assert "Version 4" in sun.opens(f"{PROMISES}/history").text


def test_every_change_is_in_the_audit(sun: Desk, shop: Shop) -> None:
    saves(sun, PROMISES, vip_percent="40")
    lines = shop.sun.get("/api/v1/audit?noun=setting").json["items"]
    assert [(each["act"], each["noun_id"]) for each in lines] == [("setting.changed", "promises")]
    assert lines[0]["details"]["changed"] == ["vip_percent"]


def test_a_changed_rule_opens_another_revisit(sun: Desk, shop: Shop) -> None:
    at = "rules.finished_incomplete"
    changes = {f"{at}.mode": "call_first", f"{at}.decides": "supervisor"}
    saves(sun, "/office/settings/revisits", **changes)
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    revisit = shop.revisit(shop.ticket(job))
    assert (revisit["state"], revisit["decides"]) == ("call_first", "supervisor")


def test_care_advice_is_what_a_job_says_whose_product_says_nothing(sun: Desk, shop: Shop) -> None:
    page = saves(sun, "/office/settings/texts", **{"care_advice.en": "Keep it dry."})
    assert page.status == 422  # and in Chinese?
    saves(
        sun, "/office/settings/texts", **{"care_advice.en": "Keep it dry.", "care_advice.zh": "保持干燥。"}
    )  # fmt: skip
    assert shop.job(shop.issues_a_job())["care_card"] == "保持干燥。"


def test_a_reason_of_ones_own_is_chosen_on_the_bench(sun: Desk, shop: Shop) -> None:
    said = {"rework.0.en": "The plinth is missing.", "rework.0.zh": "缺少踢脚板。"}
    saves(sun, "/office/settings/texts", **said)
    job = visited(shop)
    page = sun.opens(f"/office/verification/{job['id']}")
    assert "The plinth is missing." in page.text
    assert judges(sun, job, "rework", choice="not_level").status == 303
    assert shop.job(job)["verdict_reason"] in ("The plinth is missing.", "缺少踢脚板。")


def test_visits_of_other_kinds_wait_for_eyes(sun: Desk, shop: Shop) -> None:
    where = f"/office/settings/auto_accept?branch={people.NORTH}"
    said = {"is_on": "on", "sample": "0", "kinds.repair": ""}
    page = saves(sun, where, **said)
    assert page.status == 303
    assert shop.job(visited(shop, slots=[]))["is_auto_accepted"] is False
    saves(sun, where, **{"kinds.repair": "on"})
    assert shop.job(visited(shop, slots=[]))["is_auto_accepted"] is True
    assert saves(sun, where, sample="101").status == 422
    assert sun.opens("/office/settings/auto_accept?branch=all").status == 200


def test_limits_of_goodwill_are_kept_in_cents(sun: Desk, write: Callable[..., Any]) -> None:
    saves(sun, "/office/settings/goodwill", advisor="800.50", dispatcher="")
    limits = write(
        lambda session: [
            settings.goodwill_limit(session, people.NORTH, role, people.NOW + timedelta(days=1))
            for role in ("advisor", "dispatcher", "supervisor", "installer")
        ]
    )
    assert limits == [80_050, 0, None, 0]
    assert "Advisor ¥500.00 ¥800.50" in sun.opens("/office/settings/goodwill/history").text


# Checklists.


def adds(desk: Desk, listed: str, kind: str = "", **said: str) -> Page:
    where = f"{REPAIR}/{listed}/new"
    desk.opens(f"{where}?branch=all&kind={kind}")
    return desk.sends(where, branch="all", kind=kind, **said)


def publishes(desk: Desk, path: str = REPAIR, branch: str = "all") -> Page:
    page = desk.opens(f"{path}?branch={branch}")
    said = {name: page.value(name) for name in ("rev", "was")}
    return desk.sends(f"{path}/publish", branch=branch, **said)


def issued(shop: Shop) -> Json:
    form = {"ticket_id": shop.opens_a_ticket()["id"], "assignee_id": people.ALICE.id}
    return asked(shop.bob.post("/api/v1/jobs", json=form), 201)


PH = {"label": "Is the pH right?", "label_zh": "酸碱度正常吗？", "required": "on"}


def test_a_published_checklist_reaches_new_jobs_and_old_ones_keep_theirs(
    sun: Desk, shop: Shop
) -> None:
    before = issued(shop)
    assert adds(sun, "steps", "yes_no", **PH).status == 303
    adds(sun, "slots", label="The pump", label_zh="水泵", minimum="2")
    assert "The pump" not in str(issued(shop)["slots"])  # a draft is nobody's yet
    assert publishes(sun).status == 303
    job = issued(shop)
    assert job["checklist"]["version"] == 2
    assert job["checklist"]["steps"][-1]["step_id"] == "is_the_ph_right"
    assert job["slots"][-1] == {"slot": "the_pump", "label": "The pump", "label_zh": "水泵", "minimum": 2}  # fmt: skip
    trip = shop.sends(people.ALICE, job)
    assert trip.sheet["checklist"] == job["checklist"]
    assert shop.job(before)["checklist"] == before["checklist"]


def test_a_category_of_products_has_its_own(sun: Desk, shop: Shop) -> None:
    begun = sun.sends("/office/settings/checklists", branch="all", kind="repair", category="hood")
    own = f"{REPAIR}.hood"
    assert sun.follows(begun).status == 200
    sun.sends(f"{own}/take-out", branch="all", listed="steps", code="fault_seen")
    assert publishes(sun, own).status == 303
    ticket = shop.opens_a_ticket()
    product = asked(shop.sun.get("/api/v1/products"))["items"][0]
    shop.sun.patch(
        f"/api/v1/products/{product['id']}", json={"category": "hood"}, headers={"If-Match": "*"}
    )
    form = {"ticket_id": ticket["id"], "assignee_id": people.ALICE.id, "reason": "She can."}
    job = asked(shop.bob.post("/api/v1/jobs", json=form), 201)
    assert "fault_seen" not in [each["step_id"] for each in job["checklist"]["steps"]]
    assert issued(shop)["checklist"]["steps"][0]["step_id"] == "fault_seen"


def test_order_is_changed_once_however_often_the_button_is_pressed(sun: Desk) -> None:
    sun.opens(f"{REPAIR}?branch=all")
    said = {"branch": "all", "listed": "steps", "code": "made_safe", "at": "3", "to": "0"}
    sun.sends(f"{REPAIR}/order", **said)
    page = sun.follows(sun.sends(f"{REPAIR}/order", **said))
    assert page.html.index("steps-made_safe") < page.html.index("steps-fault_seen")


def test_a_checklist_that_nobody_could_finish_is_not_published(sun: Desk, shop: Shop) -> None:
    """Its condition comes after it: so is what depends on itself, in a circle."""
    sun.opens(f"{REPAIR}?branch=all")
    said = {"listed": "steps", "code": "fault_words", "at": "2", "to": "0"}
    page = sun.follows(sun.sends(f"{REPAIR}/order", branch="all", **said))
    assert "It depends on a step that does not stand before it." in page.text
    assert publishes(sun).status == 422
    assert issued(shop)["checklist"]["version"] == 1


BAD_STEPS = [
    ("yes_no", {"label_zh": ""}, "Please fill this in."),
    ("number", {"minimum": "9", "maximum": "1"}, "The least is more than the most."),
    ("number", {"minimum": "a lot"}, "This cannot be used here."),
    ("text", {"maximum": "0"}, "This cannot be used here."),
    ("choice", {}, "Please fill this in."),
    ("choice", {"choices.0.label": "Red"}, "Please fill this in."),
    ("photo", {"slot": "nowhere"}, "It names a photo slot that is not in the list."),
    ("yes_no", {"only_if": '["solved_later", true]'}, "that does not stand before it."),
    ("yes_no", {"only_if": '["fault", "ghosts"]'}, "an answer that nobody can give."),
    ("yes_no", {"only_if": "[["}, "This"),
    ("yes_no", {"label": "x" * 201}, "This cannot be used here."),
    ("yes_no", {"label": "x\x00"}, "This cannot be used here."),
]


def test_a_step_that_cannot_be_comes_back(sun: Desk) -> None:
    for kind, said, told in BAD_STEPS:
        page = adds(sun, "steps", kind, **{**PH, **said})
        assert (page.status, told in page.text) == (422, True), (said, page.text)


def test_markup_in_texts_stays_text(sun: Desk) -> None:
    adds(sun, "steps", "yes_no", label="<script>alert(1)</script>", label_zh="<b>粗</b>")
    for page in (sun.opens(REPAIR), sun.opens(f"{REPAIR}/tablet"), sun.opens("/office/settings")):
        assert page.status == 200
        assert "<script>alert" not in page.html
    assert "<b>" not in sun.opens(f"{REPAIR}/tablet?language=zh").html


def test_the_tablets_own_screens_are_handed_the_draft(sun: Desk) -> None:
    """What they make of it is seen in a browser (tests/browser/test_office_settings.py)."""
    adds(sun, "steps", "yes_no", **PH)
    preview = f"{REPAIR}/tablet?branch=all"
    page = sun.opens(preview)
    shown = json.loads(unescape(page.html.split('data-shown="')[1].split('"')[0]))
    assert shown["language"] == "en"
    assert shown["checklist"]["steps"][-1]["label"] == PH["label"]
    assert shown["slots"]
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    script = page.html.split('<script src="')[1].split('"')[0]
    assert sun.client.get(script).status_code == 200
    assert "旧件" in sun.opens(f"{preview}&language=zh").text


def test_two_people_write_one_step(sun: Desk, at_desk: AtDesk) -> None:
    other = at_desk(people.SUN)
    where = f"{REPAIR}/steps/solved"
    mine = fields_of(sun.opens(where))
    theirs = fields_of(other.opens(where))
    other.sends(where, **{**theirs, "label": "Is the fault gone?"})
    page = sun.sends(where, **{**mine, "label": "Solved?"})
    assert page.status == 409
    assert "Is the fault gone?" in page.text
    sun.page = page
    assert sun.sends(where, **fields_of(page)).status == 303
    assert "Solved?" in sun.opens(REPAIR).text


def test_a_draft_is_published_once(sun: Desk, at_desk: AtDesk) -> None:
    adds(sun, "steps", "yes_no", **PH)
    other = at_desk(people.SUN)
    seen = {name: other.opens(REPAIR).value(name) for name in ("rev", "was")}
    assert publishes(sun).status == 303
    page = other.sends(f"{REPAIR}/publish", branch="all", **seen)
    assert page.status == 409
    assert "nothing was published" in page.text
    assert (
        "Version 3" not in sun.opens(f"{REPAIR.replace('checklists/', 'checklist.')}/history").text
    )


def test_a_hundred_steps_are_the_most(sun: Desk, write: Callable[..., Any]) -> None:
    def fill(session: Any) -> None:
        steps = [
            {"step_id": f"s{n}", "kind": "yes_no", "label": f"Step {n}", "label_zh": f"步骤 {n}", "required": True}
            for n in range(100)
        ]  # fmt: skip
        sun_ = session.get_one(Person, people.SUN.id)
        setting_drafts.change(
            session, sun_, "checklist.repair", None, lambda doc: {**doc, "steps": steps}, people.NOW
        )

    write(fill)
    assert "more than that nobody reads on site" in sun.opens(REPAIR).text
    page = adds(sun, "steps", "yes_no", **PH)
    assert (page.status, "These are too many." in page.text) == (422, True)
    assert publishes(sun).status == 303


def test_readers_see_their_branch_and_no_button(wei: Desk) -> None:
    page = wei.opens("/office/settings")
    assert page.status == 200
    for path in (PROMISES, "/office/settings/revisits", REPAIR, f"{REPAIR}/steps/solved"):
        page = wei.opens(path)
        assert (page.status, "Save for" in page.text, "Publish" in page.text) == (200, False, False)
    assert wei.sends(PROMISES, was="1").status == 403


NOWHERE = [
    "nothing",
    "retention?branch=" + people.NORTH,
    "promises?branch=nowhere",
    "promises?branch=" + people.CONTRACTOR,
    "checklists/nothing",
    "checklists/repair/steps/nothing",
    "checklists/repair/nothing/new",
    "checklist.nothing/history",
]


def test_what_is_not_there_is_not_there(sun: Desk) -> None:
    assert {
        path: sun.opens(f"/office/settings/{path}").status for path in NOWHERE
    } == dict.fromkeys(NOWHERE, 404)


def test_the_words_of_a_page_are_those_of_who_reads_it_not_of_who_read_it_first(sun: Desk) -> None:
    assert "linked and counted" in sun.opens("/office/settings/revisits").text
    sun.sends("/office/language", language="zh", next="/office/")
    later = sun.opens("/office/settings/revisits").text
    assert "关联并计数" in later
    assert "linked and counted" not in later
