"""For the office: pages with Jinja and htmx under /office. Every act works as a plain form post."""

from flask import Blueprint, Flask

from server import errors
from server.office import (
    answers,
    devices,
    entrance,
    exceptions,
    intake,
    invitations,
    jobs,
    organisations,
    papers,
    part_requests,
    people,
    pictures,
    planning,
    revisits,
    second_steps,
    sessions,
    settings,
    static_files,
    tickets,
    today,
    told,
    verdicts,
    verification,
    wording,
)

PAGES: tuple[Blueprint, ...] = (
    static_files.blp,
    entrance.blp,
    second_steps.blp,
    today.blp,
    intake.blp,
    tickets.blp,
    planning.blp,
    jobs.blp,
    revisits.blp,
    exceptions.blp,
    part_requests.blp,
    devices.blp,
    people.blp,
    invitations.blp,
    papers.blp,
    organisations.blp,
    verification.blp,
    verdicts.blp,
    pictures.blp,
    settings.blp,
)


def register(app: Flask) -> None:
    wording.register(app)
    errors.tell_otherwise(app, "office", answers.problem)
    office = Blueprint("office", __name__, url_prefix="/office", template_folder="templates")
    office.before_request(sessions.resume)
    office.after_request(sessions.prolong)
    office.after_request(answers.keep_out_of_caches)
    office.after_request(answers.tell_our_own_pages)
    office.after_request(answers.tell_that_it_is_done)
    office.after_request(told.carry)
    office.app_context_processor(answers.what_every_page_knows)
    for page in PAGES:
        office.register_blueprint(page)
    app.register_blueprint(office)
