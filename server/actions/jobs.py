"""Jobs: issued, changed, handed to somebody else, cancelled."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.actions import absences, calendars, promises, revisits, settings, settling
from server.clock import wire
from server.db import audit, feed, parts, people, sheets
from server.db.customers import Asset, Customer, Site
from server.db.jobs import Crew, Job, Visit, crew_of, current_visit
from server.db.people import Certificate, Person
from server.db.revisits import Revisit
from server.db.tickets import Ticket, next_number
from server.domain import checklists, errors
from server.domain import jobs as rules
from server.domain import tickets as ticket_rules
from server.domain import visits as visit_rules
from server.domain.parts import Place
from server.domain.people import FIELD_ROLES, Role
from server.domain.revisits import Trigger
from server.ids import new_id

Form = Mapping[str, Any]

CERTIFIED_KINDS = frozenset({"installation", "repair", "maintenance"})


def issue(
    session: Session,
    by: Person,
    ticket: Ticket,
    form: Form,
    now: datetime,
    *,
    revisit: Revisit | None = None,
) -> tuple[Job, list[rules.Warning]]:
    """Issues a job for a ticket; returns it with the warnings that a reason has overridden.

    What the form leaves out comes from the ticket, the product and the house's defaults; for a revisit
    from the job that it repairs. Raises `CertificateMissing`, `JobHasWarnings` without a reason,
    `ReferenceUnknown` for an assignee whom the branch cannot send, `DecidedByOthers` for a revisit that
    somebody else is to decide about.
    """
    if revisit is None or ticket.state == ticket_rules.State.CANCELLED:
        ticket_rules.must_be_open(ticket.state)
    if revisit is not None:
        revisits.must_be_theirs(session, by, revisit)
    job = _draft(session, by, ticket, form, now, revisit)
    warnings = _check(session, job, form.get("crew") or [], form.get("reason"), now)
    ticket.closed_by_hand = None  # a revisit may bring back what was closed by hand
    job.id = next_number(session, "J")
    visit = _begin_visit(session, job, now)
    job.visit_id = visit.id
    session.add(job)
    session.flush()
    session.add(visit)
    _set_crew(session, job, form.get("crew") or [])
    if revisit is not None:
        revisits.plan(session, revisit, job, by.id, now)
    audit.record(
        session, by.id, "job.issued", job.id, now, ticket=ticket.id, assignee=job.assignee_id,
        overridden=[each.code for each in warnings], reason=form.get("reason"),
    )  # fmt: skip
    _revise(session, job, now)
    settling.settle_job(session, job.id, now)
    return job, warnings


def _revise(session: Session, job: Job, now: datetime, reason: str | None = None) -> None:
    """The sheet has its next revision at once, so that the answer names it."""
    feed.touch_sheet(session, job.id, reason=reason)
    session.flush()
    sheets.revise(session, job, now)


def check(
    session: Session, by: Person, ticket: Ticket, form: Form, now: datetime
) -> list[rules.Warning]:
    """What speaks against issuing this job, barriers too; writes nothing.

    Raises `ReferenceUnknown`, `Invalid` and `StepNotPossible` as `issue` does.
    """
    ticket_rules.must_be_open(ticket.state)
    job = _draft(session, by, ticket, form, now, None)
    return _doubts(session, job, form.get("crew") or [], now)


def warnings_of(session: Session, job: Job, now: datetime) -> list[rules.Warning]:
    """What speaks against a job as it stands now; nothing once somebody has finished it."""
    if job.state not in rules.MOVABLE_STATES:
        return []
    return _doubts(session, job, crew_of(session, job.id), now)


def _draft(
    session: Session,
    by: Person,
    ticket: Ticket,
    form: Form,
    now: datetime,
    revisit: Revisit | None,
) -> Job:
    earlier = session.get(Job, revisit.job_id) if revisit else None
    site_id = form.get("site_id") or (earlier.site_id if earlier else ticket.site_id)
    asset_id = form.get("asset_id") or (earlier.asset_id if earlier else ticket.asset_id)
    if site_id is None:
        raise errors.ReferenceUnknown(field="site_id")
    site, asset = _of_customer(session, ticket, site_id, asset_id)
    assignee = _sendable(session, by, ticket.branch_id, form["assignee_id"], "assignee_id", now)
    for each in form.get("crew") or []:
        _sendable(session, by, ticket.branch_id, each, "crew", now)
    _must_be_sound(form)
    _parts_must_be_known(session, form)
    start, end = form.get("window_start"), form.get("window_end")
    category = asset.product.category if asset else ""
    slots, checklist = settings.template(session, ticket.branch_id, ticket.kind, category, now)
    return Job(
        ticket_id=ticket.id,
        branch_id=ticket.branch_id,
        site_id=site.id,
        asset_id=asset.id if asset else None,
        work=form.get("work") or (earlier.work if earlier else ticket.summary),
        priority=form.get("priority") or ticket.ticket_class,
        window_start=start,
        window_end=end,
        time_zone=site.time_zone,
        assignee_id=assignee.id,
        skills=_either(form.get("skills"), earlier and earlier.skills, _skills(asset)),
        certificates=_with_law(form.get("certificates") or [], ticket, asset),
        slots=_either(form.get("slots"), earlier and earlier.slots, slots),
        checklist=_either(form.get("checklist"), earlier and earlier.checklist, checklist),
        planned_parts=form.get("planned_parts") or _awaited_parts(session, revisit),
        notes=form.get("notes") or "",
        care_card=form.get("care_card") or _care_card(session, ticket, asset, now),
        revisit_of=earlier.id if earlier else None,
        revisit_id=revisit.id if revisit else None,
        cause=revisit.cause if revisit else None,
        issued_at=now,
        issued_by=by.id,
        cancelled_reason="",
        verdict_reason="",
        rev=0,
        edition=1,
        state="issued",
        received="none",
        missing={},
        document="{}",
    )


def _either(*choices: Any) -> Any:
    """The first that was said at all."""
    return next(each for each in choices if each is not None)


def _must_be_sound(form: Form) -> None:
    """Raises `Invalid`, field by field, for slots or a checklist that no tablet could show."""
    found: dict[str, list[str]] = {}
    if form.get("slots") is not None:
        _collect(found, "slots", checklists.problems_of_slots(form["slots"]))
    if form.get("checklist") is not None:
        _collect(found, "checklist", checklists.problems_of_checklist(form["checklist"]))
    start, end = form.get("window_start"), form.get("window_end")
    if (start is None) != (end is None):
        found["window_end"] = ["Start and end of the window go together."]
    elif start is not None and end is not None and end.astimezone(UTC) <= start.astimezone(UTC):
        found["window_end"] = ["The window ends before it begins."]
    elif start is not None and end is not None and end - start > rules.LONGEST_WINDOW:
        found["window_end"] = ["The window is longer than 14 days."]
    if found:
        raise errors.Invalid(errors=found)


def _collect(found: dict[str, list[str]], name: str, problems: list[checklists.Problem]) -> None:
    if problems:
        found[name] = [f"{each.code}: {each.where}" for each in problems]


def _of_customer(
    session: Session, ticket: Ticket, site_id: str, asset_id: str | None
) -> tuple[Site, Asset | None]:
    site = session.get(Site, site_id)
    if site is None or site.customer_id != ticket.customer_id:
        raise errors.ReferenceUnknown(field="site_id")
    asset = session.get(Asset, asset_id) if asset_id else None
    if asset_id and (asset is None or asset.site.customer_id != ticket.customer_id):
        raise errors.ReferenceUnknown(field="asset_id")
    return site, asset


def _sendable(
    session: Session, by: Person, branch_id: str, person_id: str, field: str, now: datetime
) -> Person:
    """Somebody in the field of this branch, or of a contractor with a grant, whom `by` may send."""
    person = session.get(Person, person_id)
    is_sendable = (
        person is not None
        and person.is_active
        and person.role in FIELD_ROLES
        and (person.organisation_id == branch_id or person.organisation.kind == "contractor")
        and people.is_granted(person.organisation, now)
        and may_send(by, person)
    )
    if person is None or not is_sendable:
        raise errors.ReferenceUnknown(field=field)
    return person


def may_send(by: Person, person: Person) -> bool:
    """A lead hands out within the team, a contractor's manager within the company."""
    if by.role == Role.LEAD_INSTALLER:
        return person.organisation_id == by.organisation_id and person.team == by.team
    if by.role == Role.CONTRACTOR_MANAGER:
        return person.organisation_id == by.organisation_id
    return True


def _skills(asset: Asset | None) -> list[str]:
    """What a product asks for is called as its category is."""
    return [asset.product.category] if asset and asset.product.category else []


def _certificates(ticket: Ticket, asset: Asset | None) -> list[str]:
    needed = asset.product.certificate if asset else None
    return [needed] if needed and ticket.kind in CERTIFIED_KINDS else []


def _with_law(certificates: list[str], ticket: Ticket, asset: Asset | None) -> list[str]:
    """Those that the office asks for and those that the product does: nobody talks them away."""
    return sorted({*certificates, *_certificates(ticket, asset)})


def _parts_must_be_known(session: Session, form: Form) -> None:
    for line in form.get("planned_parts") or []:
        if session.get(parts.Part, line["sku"]) is None:
            raise errors.ReferenceUnknown(field="planned_parts")


def _awaited_parts(session: Session, revisit: Revisit | None) -> list[dict[str, Any]]:
    """The parts that the earlier visit lacked, as far as somebody has named them, and those that it should
    have put in and did not. What is in its place already stays at home.
    """
    if revisit is None:
        return []
    wanted = Counter(_left_over(session, revisit))
    wanted |= _lacking(session, revisit)  # asked for because it was planned: needed once
    return [
        {"sku": sku, "quantity": quantity, "charge": "warranty"}
        for sku, quantity in wanted.items()
        if session.get(parts.Part, sku)
    ]


def parts_along(session: Session, revisit: Revisit) -> list[dict[str, Any]]:
    """What the job of this revisit plans by itself, as lines of its sheet."""
    return _awaited_parts(session, revisit)


def _left_over(session: Session, revisit: Revisit) -> Counter[str]:
    """What the earlier job planned and its visit, which did not complete it, did not use."""
    if revisit.trigger != Trigger.FINISHED_INCOMPLETE:
        return Counter()
    earlier = session.get_one(Job, revisit.job_id)
    planned: Counter[str] = Counter()
    for line in earlier.planned_parts:
        planned[line["sku"]] += line["quantity"]
    used: Counter[str] = Counter()
    for line in current_visit(session, earlier).content["parts"].values():
        if not line["voided"] and line.get("sku"):
            used[line["sku"]] += line.get("quantity") or 1
    return planned - used


def _lacking(session: Session, revisit: Revisit) -> Counter[str]:
    asked = select(parts.PartRequest).where(
        parts.PartRequest.job_id == revisit.job_id, parts.PartRequest.state != "cancelled"
    )
    lacking: Counter[str] = Counter()
    for each in session.scalars(asked.order_by(parts.PartRequest.requested_at)):
        if each.sku:
            lacking[each.sku] += each.quantity
    return lacking


def _care_card(session: Session, ticket: Ticket, asset: Asset | None, now: datetime) -> str:
    """The product's card in the customer's language, else what the branch says of care in general."""
    is_chinese = session.get_one(Customer, ticket.customer_id).language == "zh"
    card = ""
    if asset is not None:
        card = (is_chinese and asset.product.care_card_zh) or asset.product.care_card
    return card or settings.care_advice(
        session, ticket.branch_id, "zh" if is_chinese else "en", now
    )


def _check(
    session: Session,
    job: Job,
    crew: list[str],
    reason: str | None,
    now: datetime,
    *,
    is_rescheduled: bool = True,
) -> list[rules.Warning]:
    """The warnings that a reason overrides. Raises `CertificateMissing`, `JobHasWarnings`.

    Where the time stays as it is, nobody is asked once more why it is past the promise.
    """
    pairs = _pairs(session, job, crew, now)
    warnings = [
        each
        for pair in pairs
        for each in rules.check_issue(*pair)
        if is_rescheduled or each.code != "past_promise"
    ]
    rules.must_be_reasoned(warnings, reason)
    job.override_reason = reason if warnings else None
    return warnings


def _doubts(session: Session, job: Job, crew: list[str], now: datetime) -> list[rules.Warning]:
    return [each for pair in _pairs(session, job, crew, now) for each in rules.doubts(*pair)]


def _pairs(
    session: Session, job: Job, crew: list[str], now: datetime
) -> list[tuple[rules.Needs, rules.Assignee]]:
    """What the job asks of everybody who goes along, and what they have; the van is the assignee's."""
    going = dict.fromkeys([job.assignee_id, *crew])
    return [
        (
            _needs(session, job, now, with_parts=person_id == job.assignee_id),
            _assignee(session, session.get_one(Person, person_id), job, _day(job, now)),
        )
        for person_id in going
    ]


def _day(job: Job, now: datetime) -> date:
    """The day of the trip, at its site; the present one where nothing is agreed."""
    return (job.window_start or now).astimezone(ZoneInfo(job.time_zone)).date()


def _needs(session: Session, job: Job, now: datetime, *, with_parts: bool) -> rules.Needs:
    wanted: Counter[str] = Counter()
    for line in job.planned_parts if with_parts else []:
        wanted[line["sku"]] += line["quantity"]
    return rules.Needs(
        skills=frozenset(job.skills),
        certificates=frozenset(job.certificates),
        window=_window(job),
        parts=wanted,
        day=_day(job, now),
        closed=calendars.closed_on(session, job.branch_id, _day(job, now)) if with_parts else None,
        place=_place(session.get(Site, job.site_id)),
        promised_until=_promised_until(session, job, now) if with_parts else None,
    )


def _promised_until(session: Session, job: Job, now: datetime) -> datetime | None:
    """When the ticket is to be closed, by the clocks of the site; None where that is met or broken."""
    ticket = session.get_one(Ticket, job.ticket_id)
    due = promises.still_to_keep(session, ticket, now)
    return due.astimezone(ZoneInfo(job.time_zone)) if due else None


def _place(site: Site | None) -> rules.Position | None:
    if site is None or site.lat is None or site.lon is None:
        return None
    return site.lat, site.lon


def _window(job: Job) -> rules.Window | None:
    if job.window_start is None or job.window_end is None:
        return None
    return rules.Window(job.window_start, job.window_end)


def _assignee(session: Session, person: Person, job: Job, day: date) -> rules.Assignee:
    is_away = bool(absences.between(session, [person.id], day, day)[person.id])
    papers = session.scalars(select(Certificate).where(Certificate.person_id == person.id))
    others = list(_other_windows(session, person, job))
    return rules.Assignee(
        name=person.name,
        skills=frozenset(person.skills),
        certificates=tuple(
            rules.Certificate(each.kind, each.valid_from, each.valid_until) for each in papers
        ),
        windows=tuple((job_id, window) for job_id, window, _place in others),
        van=parts.stock_at(session, str(Place("van", person.id))),
        away=frozenset({day} if is_away else ()),
        places={job_id: place for job_id, _window, place in others if place is not None},
    )


def _other_windows(
    session: Session, person: Person, job: Job
) -> Iterable[tuple[str, rules.Window, rules.Position | None]]:
    """What else somebody has to do, with the place where it is."""
    crewed = select(Crew.job_id).where(Crew.person_id == person.id)
    others = (
        select(Job.id, Job.window_start, Job.window_end, Site.lat, Site.lon)
        .join(Site, Site.id == Job.site_id)
        .where(
            (Job.assignee_id == person.id) | Job.id.in_(crewed),
            Job.id != (job.id or ""),
            Job.state.in_(rules.MOVABLE_STATES - {rules.State.DECLINED}),
            Job.window_start.is_not(None),
        )
    )
    for its_id, start, end, lat, lon in session.execute(others.order_by(Job.window_start, Job.id)):
        place = None if lat is None or lon is None else (lat, lon)
        if start is not None and end is not None:
            yield its_id, rules.Window(start, end), place


def _begin_visit(session: Session, job: Job, now: datetime) -> Visit:
    return Visit(
        id=new_id(),
        job_id=job.id,
        person_id=job.assignee_id,
        assigned_at=now,
        content=visit_rules.empty(),
    )


def _set_crew(session: Session, job: Job, crew: list[str]) -> None:
    session.execute(delete(Crew).where(Crew.job_id == job.id))
    people = [each for each in dict.fromkeys(crew) if each != job.assignee_id]
    session.add_all(Crew(job_id=job.id, person_id=each) for each in people)
    session.flush()


CHANGEABLE = (
    ("work", "priority", "window_start", "window_end", "slots", "checklist")
    + ("planned_parts", "notes", "care_card", "skills", "certificates")
)  # fmt: skip


# What speaks for or against an assignment: a change of one of these is weighed again.
WEIGHED = frozenset(
    {"window_start", "window_end", "crew", "skills", "certificates", "planned_parts"}
)


def change(
    session: Session, by: Person, job: Job, form: Form, now: datetime
) -> list[rules.Warning]:
    """Changes what the office wrote; tablets get the new sheet, receipts keep the one they had.

    A reason that was given once is asked for again only where something changes that is weighed.
    """
    rules.must_be_movable(job.state)
    window = {name: form.get(name, getattr(job, name)) for name in ("window_start", "window_end")}
    _must_be_sound({**form, **window})
    _parts_must_be_known(session, form)
    before = _told_window(job)
    for name in set(CHANGEABLE) & set(form):
        setattr(job, name, form[name])
    job.certificates = _with_law(job.certificates, *_subject(session, job))
    crew = _crew_after(session, by, job, form, now)
    warnings: list[rules.Warning] = []
    if WEIGHED & set(form):
        is_rescheduled = bool(set(WINDOW) & set(form))
        warnings = _check(
            session, job, crew, form.get("reason"), now, is_rescheduled=is_rescheduled
        )
    _set_crew(session, job, crew)
    job.edition += 1
    changed = sorted(set(form) - {"reason"})
    moved = {} if before == _told_window(job) else {"before": before, "after": _told_window(job)}
    audit.record(
        session, by.id, "job.changed", job.id, now,
        changed=changed, reason=form.get("reason"), **moved,
    )  # fmt: skip
    _revise(session, job, now)
    settling.settle_job(session, job.id, now)
    return warnings


def _crew_after(session: Session, by: Person, job: Job, form: Form, now: datetime) -> list[str]:
    """Who goes along from now on; raises `ReferenceUnknown` for somebody who cannot be sent."""
    if "crew" not in form:
        return crew_of(session, job.id)
    for each in form["crew"]:
        _sendable(session, by, job.branch_id, each, "crew", now)
    return list(form["crew"])


def _subject(session: Session, job: Job) -> tuple[Ticket, Asset | None]:
    asset = session.get(Asset, job.asset_id) if job.asset_id else None
    return session.get_one(Ticket, job.ticket_id), asset


def reassign(
    session: Session, by: Person, job: Job, to: str, reason: str | None, now: datetime
) -> list[rules.Warning]:
    """Hands a job to somebody else: it is issued anew, and the earlier visit is kept as it stands."""
    return move(session, by, job, {"assignee_id": to, "reason": reason}, now)


WINDOW = ("window_start", "window_end")


def move(session: Session, by: Person, job: Job, form: Form, now: datetime) -> list[rules.Warning]:
    """Gives a job another window, another assignee, or both at once, weighed as it will stand then.

    With its own window and assignee it is left alone. Raises as `issue` does, and `StepNotPossible`
    for a job that is over.
    """
    rules.must_be_movable(job.state)
    _must_be_sound({name: form.get(name, getattr(job, name)) for name in WINDOW})
    to, was = form.get("assignee_id", job.assignee_id), job.assignee_id
    is_handed_over = to != was or (job.state == rules.State.DECLINED and "assignee_id" in form)
    moved = {n: form[n] for n in WINDOW if n in form and form[n] != getattr(job, n)}
    if is_handed_over:
        job.assignee_id = _sendable(session, by, job.branch_id, to, "assignee_id", now).id
    elif not moved:
        return []
    before = _told_window(job) if moved else {}
    for name, value in moved.items():
        setattr(job, name, value)
    crew = [each for each in crew_of(session, job.id) if each != job.assignee_id]
    reason = form.get("reason")
    warnings = _check(session, job, crew, reason, now, is_rescheduled=bool(moved))
    _set_crew(session, job, crew)
    job.edition += 1
    _note_move(session, by, job, was if is_handed_over else None, before, form.get("reason"), now)
    if is_handed_over:
        _begin_anew(session, job, now)
    _revise(session, job, now, reason="reassigned" if is_handed_over else None)
    settling.settle_job(session, job.id, now)
    return warnings


def _begin_anew(session: Session, job: Job, now: datetime) -> None:
    current_visit(session, job).ended_at = now
    visit = _begin_visit(session, job, now)
    session.add(visit)
    job.visit_id = visit.id


def _note_move(
    session: Session, by: Person, job: Job, was: str | None, before: Form,
    reason: str | None, now: datetime,
) -> None:  # fmt: skip
    """A line for each thing that changed: who goes, and when."""
    if was is not None:
        audit.record(
            session, by.id, "job.reassigned", job.id, now,
            was=was, to=job.assignee_id, reason=reason,
        )  # fmt: skip
    if before:
        audit.record(
            session, by.id, "job.moved", job.id, now,
            before=dict(before), after=_told_window(job), reason=reason,
        )  # fmt: skip


def _told_window(job: Job) -> dict[str, str | None]:
    return {name: wire(getattr(job, name)) for name in WINDOW}


def cancel(session: Session, by: Person, job: Job, reason: str, now: datetime) -> None:
    """Calls a job off. Work that is done meanwhile is kept and put before the office."""
    if job.cancelled_at is not None:
        return
    rules.must_be_movable(job.state)
    job.cancelled_at, job.cancelled_reason = now, reason
    job.edition += 1
    revisits.is_called_off(session, job, by.id, now)
    audit.record(session, by.id, "job.cancelled", job.id, now, reason=reason)
    feed.touch_job(session, job.id, reason="cancelled")
    settling.settle_job(session, job.id, now)


def bring_back(session: Session, job: Job, by: str, now: datetime) -> None:
    """A cancelled job whose work counts after all is not cancelled any more, nor is its ticket."""
    if job.cancelled_at is None:
        return
    job.cancelled_at, job.cancelled_reason = None, ""
    job.edition += 1
    audit.record(session, by, "job.brought_back", job.id, now)
    revisits.is_taken_up(session, job, by, now)
    ticket = session.get_one(Ticket, job.ticket_id)
    if ticket.cancelled_at is not None:
        ticket.cancelled_at, ticket.cancelled_reason = None, ""
        ticket.rev += 1
        audit.record(session, by, "ticket.brought_back", ticket.id, now)
