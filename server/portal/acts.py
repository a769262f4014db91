"""What a customer does by a link to act: each is a form, done once however often it is sent."""

from collections.abc import Callable
from functools import partial

import marshmallow as ma
from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy.orm import Session

from server.actions import customer_acts, offers
from server.actions.customer_links import Opened
from server.auth import is_open
from server.db.jobs import Job
from server.domain import errors, slots
from server.house import house
from server.portal import stories, tickets, visitors

blp = Blueprint("acts", __name__)

ACT = "act"
MOST_WORDS = 2_000


def _words(name: str = "words", *, is_needed: bool = False) -> str:
    """What somebody typed. Raises `Invalid` for nothing where something is needed, and for too much."""
    said = request.form.get(name, "").replace("\r\n", "\n").replace("\x00", "").strip()
    if len(said) > MOST_WORDS or (is_needed and not said):
        raise errors.Invalid(errors={name: ["too_long" if said else "nothing_said"]})
    return said


def done(token: str, code: str) -> Response:
    """Back to the page, which says what was done: loading it again repeats nothing."""
    where = visitors.there("tickets.show", purpose=ACT, token=token, done=code)
    return redirect(where + f"#{code}", code=303)  # type: ignore[return-value]


def _does(token: str, code: str, do: Callable[[Session, Opened, Job], None]) -> Response:
    """One act about the job that is coming, or was the last; what is wrong with it stands on the page."""

    def act(session: Session, opened: Opened) -> Response:
        story = stories.of(session, opened, visitors.language())
        job = story.finished if code in ("rated", "broken") else story.job
        try:
            if job is None:
                raise errors.StepNotPossible(state=opened.ticket.state)
            with session.begin_nested():
                do(session, opened, job)
        except (errors.Invalid, errors.StepNotPossible, errors.SlotTaken) as failure:
            problem = _problem(failure)
            show = partial(tickets.page, purpose=ACT, token=token)
            return show(session, opened, problem=problem, of=code, status=_status(failure))
        return done(token, code)

    return visitors.act(ACT, token, act)


def _status(failure: errors.DoorstepError) -> int:
    return 422 if isinstance(failure, errors.Invalid) else 409


def _problem(failure: errors.DoorstepError) -> str:
    if isinstance(failure, errors.SlotTaken):
        return "slot_taken"
    if isinstance(failure, errors.StepNotPossible):
        return "too_late"
    told = next(iter(failure.details.get("errors", {}).values()), ["nothing_said"])
    return str(told[0])


@blp.post("/act/<token>/confirm")
@is_open
def confirm(token: str) -> Response:
    now = house().clock()
    return _does(token, "confirmed", lambda s, o, job: customer_acts.confirm(s, o, job, now))


@blp.post("/act/<token>/note")
@is_open
def note(token: str) -> Response:
    now = house().clock()

    def keep(session: Session, opened: Opened, job: Job) -> None:
        customer_acts.note(session, opened, job, _words(is_needed=True), now)

    return _does(token, "noted", keep)


@blp.post("/act/<token>/rate")
@is_open
def rate(token: str) -> Response:
    now = house().clock()

    def keep(session: Session, opened: Opened, job: Job) -> None:
        customer_acts.rate(session, opened, job, _stars(), _words(), now)

    return _does(token, "rated", keep)


def _stars() -> int:
    try:
        stars: int = ma.fields.Integer(validate=ma.validate.Range(1, 5)).deserialize(
            request.form.get("stars", "")
        )
    except ma.ValidationError:
        raise errors.Invalid(errors={"stars": ["no_stars"]}) from None
    return stars


@blp.post("/act/<token>/still-broken")
@is_open
def still_broken(token: str) -> Response:
    now = house().clock()

    def keep(session: Session, opened: Opened, job: Job) -> None:
        customer_acts.still_broken(session, opened, job, _words(is_needed=True), now)

    return _does(token, "broken", keep)


# Another appointment.


@blp.get("/act/<token>/move")
@is_open
def choose(token: str) -> Response:
    return visitors.look(ACT, token, partial(_choices, token=token), ACT)


def _choices(session: Session, opened: Opened, *, token: str, problem: str = "") -> Response:
    """What is on offer at this moment."""
    story = stories.of(session, opened, visitors.language())
    on_offer = offers.of_job(session, opened.ticket, story.job, story.now) if story.job else []
    told = {**tickets.frame(opened, ACT, token), "story": story, "problem": problem}
    html = render_template("portal/move.html", **told, days=slots.by_day(on_offer, story.zone))
    return visitors.answer(html, 409 if problem else 200)


@blp.post("/act/<token>/move")
@is_open
def move(token: str) -> Response:
    now = house().clock()

    def ask(session: Session, opened: Opened) -> Response:
        job = stories.of(session, opened, visitors.language()).job
        try:
            if job is None:
                raise errors.SlotTaken()
            with session.begin_nested():
                name, words = request.form.get("slot", ""), _words()
                customer_acts.ask_to_move(session, opened, job, name, words, now)
        except (errors.SlotTaken, errors.Invalid) as failure:
            problem = _problem(failure) if request.form.get("slot") else "no_slot"
            return _choices(session, opened, token=token, problem=problem)
        return done(token, "asked")

    return visitors.act(ACT, token, ask)


@blp.post("/act/<token>/keep")
@is_open
def withdraw(token: str) -> Response:
    now = house().clock()
    return _does(token, "kept", lambda s, o, _job: customer_acts.withdraw_move(s, o, now))
