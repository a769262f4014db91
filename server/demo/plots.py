"""How cases go: each plot is a story that plays one ticket from the first call to where it stands now."""

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from field_client import Companion
from server.demo.camera import Camera, scene_of
from server.demo.cases import Case
from server.demo.customers import BY_KEY, Address, Household
from server.demo.days import Calendar, HandClock, Story, minutes
from server.demo.office import Office
from server.demo.people import ADVISOR, DISPATCHER, STOREKEEPER
from server.demo.pictures import Scene
from server.demo.shop import MODELS
from server.demo.tablets import Tablets, at_the_door
from server.domain.checklists import shown_steps, slot_of
from server.domain.default_checklists import DEFAULT_SLOTS

CATEGORY = {each.model: each.category for each in MODELS}
AGREED = "The customer chose this day. / 客户选定的时间。"  # where it is later than was promised
WINDOW = timedelta(hours=2)
TRIP = timedelta(minutes=35)
SENT_WITHIN_DAYS = 6
SENT_OF: dict[str, tuple[Scene, ...]] = {
    "WM-8PRO": ("washing_machine", "serial_label"),
    "HOOD-90": ("kitchen_before",),
}  # by model, what their customers show
TO_SEEN_FAULTS = {
    "hinge_or_runner",
    "surface",
    "leak",
    "electrical",
    "electronics",
    "network",
    "noise",
}

Told = Generator[datetime | timedelta, None, str]
"""A part of a story that comes to an id."""


@dataclass(frozen=True)
class Town:
    """Everything that a plot plays with. `things` is (household, number) -> (site id, asset id)."""

    office: Office
    tablets: Tablets
    camera: Camera
    calendar: Calendar
    clock: HandClock
    chance: random.Random
    customers: dict[str, str]
    things: dict[tuple[str, int], tuple[str, str]]
    folder: Path
    look_at_photos: Callable[[], None]


@dataclass(frozen=True)
class Visit:
    """How one trip goes on site."""

    installer: str
    window: datetime
    used: tuple[tuple[str, int, str], ...] = ()
    lacks: tuple[str, int] | None = None
    outcome: str = "completed"
    cause: str | None = None
    words: str | None = None
    stars: int | None = 5
    praise: str | None = None
    reservation: str | None = None
    unsigned: str | None = None
    dark_slot: str | None = None
    with_files: bool = True
    up_to: str = "finish"


def _household(case: Case) -> Household:
    return BY_KEY[case.household]


def _site(case: Case) -> Address:
    return _household(case).site


def _category(case: Case) -> str:
    return CATEGORY[_household(case).things[case.thing].model]


def _advisor(case: Case) -> str:
    return ADVISOR[_household(case).branch].username


def _dispatcher(case: Case) -> str:
    return DISPATCHER[_household(case).branch].username


def _storekeeper(case: Case) -> str:
    return STOREKEEPER[_household(case).branch].username


def _window(town: Town, case: Case) -> datetime:
    return town.calendar.at(case.days_ago, case.hour)


def _first_visit(town: Town, case: Case, **changes: Any) -> Visit:
    visit = Visit(
        case.installer, _window(town, case), used=case.used, stars=case.stars, praise=case.words
    )
    return replace(visit, **changes)


def _evening(town: Town, days_ago: int) -> datetime:
    return town.calendar.at(days_ago, 19, town.chance.randint(5, 50))


# In the office.


def _called(town: Town, case: Case, at: datetime | None = None) -> Told:
    """Somebody calls, writes or comes in, and an advisor takes it down and sorts it."""
    yield at or _before(town, case)
    ticket_id = town.office.opens_ticket(_advisor(case), _ticket_form(town, case))
    _send_photos(town, case, ticket_id)
    yield minutes(town.chance.uniform(1, 4))
    town.office.triages(_advisor(case), ticket_id, _triage_form(case))
    yield minutes(town.chance.uniform(4, 40))
    return ticket_id


def _send_photos(town: Town, case: Case, ticket_id: str) -> None:
    """Of the last days, what customers sent along when something was broken."""
    model = _household(case).things[case.thing].model
    if case.kind != "repair" or case.days_ago > SENT_WITHIN_DAYS or model not in SENT_OF:
        return
    for scene, words in zip(SENT_OF[model], (case.summary, ""), strict=False):
        content = town.camera.shoot(scene, taken_at=town.clock())
        town.office.gives_photo(_advisor(case), ticket_id, content, words)


def _before(town: Town, case: Case) -> datetime:
    """One to three days before the first trip, and never today."""
    lead = town.chance.randint(1, 3)
    return town.calendar.at(max(case.days_ago, 0) + lead, town.chance.randint(9, 16), 7)


def _ticket_form(town: Town, case: Case) -> dict[str, Any]:
    site_id, asset_id = town.things[case.household, case.thing]
    return {
        "customer_id": town.customers[case.household],
        "site_id": site_id,
        "asset_id": asset_id,
        "kind": case.kind,
        "channel": case.channel,
        "fault": case.fault,
        "summary": case.summary,
    }


def _triage_form(case: Case) -> dict[str, Any]:
    return {"category": case.category or "usage_question", "ticket_class": case.ticket_class}


def _sent(
    town: Town, case: Case, ticket_id: str, start: datetime | None = None, **form: Any
) -> str:
    start = start or _window(town, case)
    return town.office.issues(
        _dispatcher(case),
        ticket_id,
        {
            "assignee_id": town.office.id_of(case.installer),
            "window_start": start,
            "window_end": start + WINDOW,
            "planned_parts": [
                {"sku": sku, "quantity": quantity, "charge": charge}
                for sku, quantity, charge in case.used
                if not case.lacks
            ],
            "slots": _slots(case),
            "reason": AGREED,
            **form,
        },
    )


def _slots(case: Case) -> list[dict[str, Any]]:
    """What the house asks for by itself, less what makes no sense for this thing."""
    needless = set()
    if _household(case).things[case.thing].serial is None:
        needless.add("serial_label")
    if _category(case) != "kitchen":
        needless.add("area_clean")
    return [each for each in DEFAULT_SLOTS[case.kind] if each["slot"] not in needless]


def _accepted(town: Town, case: Case, job_id: str, days_ago: int) -> Story:
    """In the evening a dispatcher looks at the photos and accepts the work."""
    yield _evening(town, days_ago)
    town.office.gives_verdict(_dispatcher(case), job_id, "accept")


def _sent_again(town: Town, case: Case, ticket_id: str, whom: str, reason: str | None) -> str:
    start = town.calendar.at(case.again_days_ago, case.hour)
    form = {"window_start": start, "window_end": start + WINDOW, "reason": reason or AGREED}
    assignee = {"assignee_id": town.office.id_of(whom)}
    return town.office.issues_revisit(_dispatcher(case), ticket_id, {**assignee, **form})


# On site.


def _visited(town: Town, case: Case, job_id: str, visit: Visit) -> Story:
    """A whole trip: from the morning's sync to the one after the work."""
    tablet = town.tablets.of(visit.installer)
    yield visit.window - TRIP
    tablet.sync()
    tablet.accept(job_id)
    yield minutes(3)
    tablet.travel(job_id)
    if visit.up_to == "travel":
        tablet.sync()
        return
    yield visit.window + minutes(town.chance.uniform(-6, 9))
    tablet.position = at_the_door(_site(case))
    tablet.arrive(job_id)
    yield from _worked(town, case, job_id, visit, tablet)
    if visit.up_to == "work":
        tablet.sync()
        return
    yield from _handed_over(town, case, job_id, visit, tablet)
    yield minutes(town.chance.uniform(8, 25))
    tablet.sync(with_media=visit.with_files)
    town.look_at_photos()


def _worked(town: Town, case: Case, job_id: str, visit: Visit, tablet: Companion) -> Story:
    if case.kind == "repair":
        yield minutes(3)
        finding = case.fault or "other"
        tablet.assess(job_id, town.chance.choice(("minor", "major")), [finding])
    slots = [each["slot"] for each in tablet.show(job_id).sheet["slots"]]
    for slot in slots[:1]:
        yield minutes(town.chance.uniform(1, 4))
        _photograph(town, case, job_id, slot, visit, tablet)
    if visit.up_to == "work":
        return
    for sku, quantity, charge in visit.used:
        yield minutes(town.chance.uniform(5, 20))
        tablet.part(job_id, sku, quantity, charge=charge)
    if visit.outcome != "completed":
        return
    for slot in slots[1:]:
        yield minutes(town.chance.uniform(3, 15))
        _photograph(town, case, job_id, slot, visit, tablet)
    yield from _checked(town, case, job_id, visit, tablet)


def _photograph(
    town: Town, case: Case, job_id: str, slot: str, visit: Visit, tablet: Companion
) -> None:
    site, scene = _site(case), scene_of(slot, _category(case))
    shot = town.camera.shoot(scene, is_dark=slot == visit.dark_slot, taken_at=town.clock())
    file = town.folder / f"{job_id}-{slot}.jpg"
    file.write_bytes(shot)
    tablet.position = at_the_door(site)
    tablet.photo(job_id, slot, file)


def _checked(town: Town, case: Case, job_id: str, visit: Visit, tablet: Companion) -> Story:
    """Answers every required step that the answers before it call for."""
    checklist = tablet.show(job_id).sheet["checklist"]
    answers: dict[str, Any] = {}
    while step := _next_step(checklist, answers):
        yield minutes(town.chance.uniform(0.5, 3))
        if step["kind"] == "photo":
            _photograph(town, case, job_id, slot_of(step), visit, tablet)
            answers[step["step_id"]] = []
        else:
            answers[step["step_id"]] = _answer(case, visit, step)
            tablet.check(job_id, step["step_id"], answers[step["step_id"]])


def _next_step(
    checklist: Mapping[str, Any], answers: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    asked = (step for step in shown_steps(checklist, answers) if step["required"])
    return next((step for step in asked if step["step_id"] not in answers), None)


def _answer(case: Case, visit: Visit, step: Mapping[str, Any]) -> Any:
    """What an installer would answer on a good day."""
    known = {
        "trade": _category(case),
        "wall": "concrete",
        "voltage": 228,
        "fault": case.fault if case.fault in TO_SEEN_FAULTS else "other",
        "fault_words": case.summary,
        "fault_cause": "use",
        "part_replaced": bool(visit.used),
        "old_part_goes": "returned",
        "filter": "cleaned",
        "firmware": "updated",
        "topic": "usage",
    }
    if step["step_id"] in known:
        return known[step["step_id"]]
    if step["kind"] == "yes_no":
        return True
    if step["kind"] == "choice":
        return step["choices"][0]["value"]
    return step.get("minimum", 1) if step["kind"] == "number" else case.summary


def _handed_over(town: Town, case: Case, job_id: str, visit: Visit, tablet: Companion) -> Story:
    """What is missing is asked for, the customer signs, the visit ends."""
    if visit.lacks:
        yield minutes(4)
        sku, quantity = visit.lacks
        reason = "wrong" if visit.cause == "wrong_part" else "missing"
        reason = "damaged" if visit.cause == "goods_damaged" else reason
        tablet.request(job_id, sku, quantity, reason, visit.words)
    yield minutes(town.chance.uniform(3, 9))
    if visit.unsigned:
        tablet.unsigned(job_id, visit.unsigned, visit.words)
    else:
        tablet.sign(
            job_id,
            _household(case).name,
            stars=visit.stars if visit.outcome == "completed" else None,
            words=visit.praise if visit.outcome == "completed" else None,
            reservation=visit.reservation,
        )
    yield minutes(1)
    tablet.finish(job_id, visit.outcome, cause=visit.cause, words=visit.words)


# The plots.


def fixed_at_once(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield from _visited(town, case, job_id, _first_visit(town, case))
    yield from _accepted(town, case, job_id, case.days_ago)


def _incomplete(town: Town, case: Case) -> Told:
    """A first trip that could not do it. Returns the ticket."""
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    visit = _first_visit(
        town,
        case,
        used=(),
        lacks=case.lacks,
        outcome="incomplete",
        cause=case.cause,
        words=case.words,
        praise=None,
    )
    if case.cause == "customer_absent":
        visit = replace(visit, unsigned="absent")
    yield from _visited(town, case, job_id, visit)
    return ticket_id


def incomplete(town: Town, case: Case) -> Story:
    yield from _incomplete(town, case)


nobody_home = incomplete


def _reserved(town: Town, case: Case, ticket_id: str) -> Story:
    yield _evening(town, case.days_ago)
    town.office.handles_requests(_storekeeper(case), ticket_id, "reserve")


def incomplete_reserved(town: Town, case: Case) -> Story:
    ticket_id = yield from _incomplete(town, case)
    yield from _reserved(town, case, ticket_id)


def incomplete_shipped(town: Town, case: Case) -> Story:
    ticket_id = yield from _incomplete(town, case)
    yield from _reserved(town, case, ticket_id)
    yield town.calendar.at(case.days_ago - 1, 10, 15)
    town.office.handles_requests(
        _storekeeper(case),
        ticket_id,
        "ship",
        tracking="SF 1432 0077 6126",
        expected_at=town.calendar.at(case.days_ago - 3, 18),
    )


def _part_in_van(town: Town, case: Case, ticket_id: str, whose: str) -> Story:
    yield from _reserved(town, case, ticket_id)
    yield town.calendar.at(case.days_ago - 1, 8, 40)
    town.office.takes_along(_storekeeper(case), ticket_id, whose)
    yield minutes(20)


def incomplete_planned(town: Town, case: Case) -> Story:
    ticket_id = yield from _incomplete(town, case)
    yield from _part_in_van(town, case, ticket_id, case.installer)
    _sent_again(town, case, ticket_id, case.installer, None)


def fixed_by_revisit(town: Town, case: Case) -> Story:
    ticket_id = yield from _incomplete(town, case)
    yield from _part_in_van(town, case, ticket_id, case.installer)
    job_id = _sent_again(town, case, ticket_id, case.installer, None)
    yield from _fixed_now(town, case, job_id, case.installer)


def _fixed_now(town: Town, case: Case, job_id: str, whose: str) -> Story:
    window = town.calendar.at(case.again_days_ago, case.hour)
    yield from _visited(town, case, job_id, Visit(whose, window, used=case.used))
    yield from _accepted(town, case, job_id, case.again_days_ago)


def rework(town: Town, case: Case) -> Story:
    """The work is not what it should be: sent back with a reason."""
    yield from _sent_back(town, case)


def _sent_back(town: Town, case: Case) -> Told:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield from _visited(town, case, job_id, _first_visit(town, case, praise=None))
    yield _evening(town, case.days_ago)
    town.office.gives_verdict(_dispatcher(case), job_id, "rework", case.words)
    return ticket_id


def fixed_after_rework(town: Town, case: Case) -> Story:
    ticket_id = yield from _sent_back(town, case)
    yield town.calendar.at(case.days_ago - 1, 10, 30)
    assert case.to, "somebody else puts it right"
    job_id = _sent_again(town, case, ticket_id, case.to, None)
    yield from _fixed_now(town, case, job_id, case.to)


def unhappy(town: Town, case: Case) -> Story:
    """Signed with two stars: a call comes first."""
    yield from fixed_at_once(town, case)


def answered(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case, town.calendar.at(case.days_ago, case.hour, 12))
    yield minutes(town.chance.uniform(5, 90))
    town.office.answers(_advisor(case), ticket_id, case.words or "")


def retaken(town: Town, case: Case) -> Story:
    """One picture was too dark: asked for again, and sent from the next place with signal."""
    job_id = yield from _asked_again(town, case)
    yield minutes(50)
    tablet = town.tablets.of(case.installer)
    tablet.sync()
    yield minutes(5)
    visit = _first_visit(town, case)
    _photograph(town, case, job_id, "after", visit, tablet)
    tablet.sync()
    town.look_at_photos()
    yield minutes(30)
    town.office.gives_verdict(_dispatcher(case), job_id, "accept")


def _asked_again(town: Town, case: Case) -> Told:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield from _visited(town, case, job_id, _first_visit(town, case, dark_slot="after"))
    yield minutes(35)
    reason = "Too dark to see the result: please once more with light. / 画面太暗，请开灯重拍。"
    town.office.asks_again(_advisor(case), job_id, "after", reason)
    return job_id


def retake_unanswered(town: Town, case: Case) -> Story:
    """Nobody answered in time; the house proposes a revisit by itself."""
    yield from _asked_again(town, case)


def waiting_in_the_dark(town: Town, case: Case) -> Story:
    """Finished, with a picture that the house calls too dark; nobody has looked yet."""
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield from _visited(town, case, job_id, _first_visit(town, case, dark_slot="after"))


def waiting_for_verdict(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield from _visited(town, case, job_id, _first_visit(town, case))


def photos_on_the_way(town: Town, case: Case) -> Story:
    """The events are here, the photos still on the tablet."""
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield from _visited(town, case, job_id, _first_visit(town, case, with_files=False))


def reopened(town: Town, case: Case) -> Story:
    yield from _opened_again(town, case, "follow_up_not_fixed")


def reopened_by_link(town: Town, case: Case) -> Story:
    yield from _opened_again(town, case, "customer_still_broken")


def _opened_again(town: Town, case: Case, trigger: str) -> Told:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    visit = _first_visit(town, case, praise=None, used=())
    yield from _visited(town, case, job_id, visit)
    yield from _accepted(town, case, job_id, case.days_ago)
    yield town.calendar.at(case.days_ago - 2, 11, 20)
    town.office.reopens(_advisor(case), ticket_id, trigger, case.words or "")
    return ticket_id


def reopened_and_fixed(town: Town, case: Case) -> Story:
    ticket_id = yield from _opened_again(town, replace(case, used=()), "follow_up_not_fixed")
    yield minutes(45)
    job_id = _sent_again(town, case, ticket_id, case.installer, None)
    yield from _fixed_now(town, case, job_id, case.installer)


def cancelled_early(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case, town.calendar.at(case.days_ago, case.hour, 40))
    yield minutes(35)
    town.office.cancels_ticket(_advisor(case), ticket_id, case.words or "")


def cancelled_late(town: Town, case: Case) -> Story:
    """A job was planned already; it is called off with its ticket."""
    ticket_id = yield from _called(town, case)
    _sent(town, case, ticket_id)
    yield _window(town, case) - timedelta(hours=4)
    town.office.cancels_ticket(_advisor(case), ticket_id, case.words or "")


def closed_by_hand(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case, town.calendar.at(case.days_ago, case.hour, 5))
    yield minutes(100)
    town.office.closes(_advisor(case), ticket_id, case.words or "")


def reservation_open(town: Town, case: Case) -> Story:
    """Signed with a reservation, accepted: an advisor has yet to decide about the revisit."""
    yield from _with_reservation(town, case)


def _with_reservation(town: Town, case: Case) -> Told:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    visit = _first_visit(town, case, praise=None, reservation=case.reservation)
    yield from _visited(town, case, job_id, visit)
    yield from _accepted(town, case, job_id, case.days_ago)
    return ticket_id


def reservation_dismissed(town: Town, case: Case) -> Story:
    ticket_id = yield from _with_reservation(town, case)
    yield town.calendar.at(case.days_ago - 1, 9, 35)
    town.office.decides_revisit(_advisor(case), ticket_id, "dismissed", case.words or "")


def same_photo_again(town: Town, case: Case) -> Story:
    """The picture of an earlier job is handed in once more, from the gallery."""
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    visit = _first_visit(town, case)
    earlier = sorted(town.folder.glob("*-serial_label.jpg"))[0]
    tablet = town.tablets.of(case.installer)
    yield from _visited(town, case, job_id, replace(visit, up_to="work"))
    yield minutes(12)
    tablet.photo(job_id, "serial_label", earlier, reason="标签在柜内拍不到")
    yield minutes(4)
    _photograph(town, case, job_id, "after", visit, tablet)
    yield from _checked(town, case, job_id, visit, tablet)
    yield from _handed_over(town, case, job_id, visit, tablet)
    tablet.sync()
    town.look_at_photos()


def work_after_cancel(town: Town, case: Case) -> Story:
    """Called off while the tablet had no signal; the work was done all the same."""
    yield from _worked_in_vain(town, case)


def work_after_cancel_counts(town: Town, case: Case) -> Story:
    job_id = yield from _worked_in_vain(town, case)
    yield _evening(town, case.days_ago)
    why = "客户确认已安装完成，按完成计。"
    town.office.decides_exceptions(_dispatcher(case), job_id, "apply", why)
    yield minutes(3)
    town.office.gives_verdict(_dispatcher(case), job_id, "accept")


def _worked_in_vain(town: Town, case: Case) -> Told:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    tablet, visit = town.tablets.of(case.installer), _first_visit(town, case)
    yield from _on_the_doorstep(town, case, job_id, visit, tablet)
    reason = "Customer asked for another day. / 客户要求改期。"
    town.office.cancels_job(_dispatcher(case), job_id, reason)
    yield from _worked(town, case, job_id, visit, tablet)
    yield from _handed_over(town, case, job_id, visit, tablet)
    yield minutes(40)
    tablet.sync()
    town.look_at_photos()
    return job_id


def _on_the_doorstep(town: Town, case: Case, job_id: str, visit: Visit, tablet: Companion) -> Story:
    """At the customer's door, and from here on without signal."""
    yield visit.window - TRIP
    tablet.sync()
    tablet.accept(job_id)
    tablet.travel(job_id)
    tablet.sync()
    yield visit.window + minutes(2)
    tablet.position = at_the_door(_site(case))
    tablet.arrive(job_id)
    yield minutes(1)


def work_after_reassign(town: Town, case: Case) -> Story:
    """Given to somebody else meanwhile: what the first one did is kept apart."""
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    tablet, visit = town.tablets.of(case.installer), _first_visit(town, case)
    yield from _on_the_doorstep(town, case, job_id, visit, tablet)
    assert case.to, "the job goes to somebody"
    reason = "Alice is late, Lena is next door. / 就近改派。"
    town.office.reassigns(_dispatcher(case), job_id, case.to, reason)
    yield from _worked(town, case, job_id, replace(visit, up_to="work"), tablet)
    yield minutes(25)
    tablet.sync()
    town.look_at_photos()


def more_than_the_van_had(town: Town, case: Case) -> Story:
    """Parts were borrowed on the way, and the ledger does not know yet."""
    ticket_id = yield from _called(town, case)
    planned = [{"sku": sku, "quantity": 2, "charge": charge} for sku, _, charge in case.used]
    job_id = _sent(town, case, ticket_id, planned_parts=planned)
    yield from _visited(town, case, job_id, _first_visit(town, case))
    yield from _accepted(town, case, job_id, case.days_ago)


def clock_was_wrong(town: Town, case: Case) -> Story:
    """The tablet's clock was three hours ahead; its times are shown corrected."""
    yield _window(town, case) - timedelta(hours=2)
    town.tablets.set_wrong(case.installer, timedelta(hours=3))
    yield from fixed_at_once(town, case)
    town.tablets.set_wrong(case.installer, timedelta())


def on_site_now(town: Town, case: Case) -> Story:
    yield from _today(town, case, "work")


def on_the_way_now(town: Town, case: Case) -> Story:
    yield from _today(town, case, "travel")


def _today(town: Town, case: Case, up_to: str) -> Story:
    start = town.calendar.minutes_ago(case.hour)
    ticket_id = yield from _called(town, replace(case, days_ago=1))
    job_id = _sent(town, case, ticket_id, start)
    visit = Visit(case.installer, start, up_to=up_to)
    yield from _visited(town, case, job_id, visit)


def planned(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case)
    _sent(town, case, ticket_id)


def planned_and_taken(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield minutes(90)
    tablet = town.tablets.of(case.installer)
    tablet.sync()
    tablet.accept(job_id)
    tablet.sync()


def declined(town: Town, case: Case) -> Story:
    ticket_id = yield from _called(town, case)
    job_id = _sent(town, case, ticket_id)
    yield minutes(60)
    tablet = town.tablets.of(case.installer)
    tablet.sync()
    tablet.decline(job_id, case.words or "")
    tablet.sync()


def triaged(town: Town, case: Case) -> Story:
    yield from _called(town, case, town.calendar.minutes_ago(case.hour))


def just_called(town: Town, case: Case) -> Story:
    yield town.calendar.minutes_ago(case.hour)
    town.office.opens_ticket(_advisor(case), _ticket_form(town, case))


PLOTS: Mapping[str, Callable[[Town, Case], Generator[Any, None, Any]]] = {
    plot.__name__: plot
    for plot in (
        fixed_at_once,
        fixed_by_revisit,
        fixed_after_rework,
        answered,
        retaken,
        reopened,
        reopened_by_link,
        reopened_and_fixed,
        cancelled_early,
        cancelled_late,
        closed_by_hand,
        reservation_dismissed,
        reservation_open,
        incomplete,
        incomplete_reserved,
        incomplete_shipped,
        incomplete_planned,
        rework,
        unhappy,
        waiting_for_verdict,
        waiting_in_the_dark,
        photos_on_the_way,
        retake_unanswered,
        same_photo_again,
        work_after_cancel,
        work_after_cancel_counts,
        work_after_reassign,
        more_than_the_van_had,
        clock_was_wrong,
        on_site_now,
        on_the_way_now,
        planned,
        planned_and_taken,
        declined,
        triaged,
        just_called,
    )
} | {"nobody_home": incomplete}
