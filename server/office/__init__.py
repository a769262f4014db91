"""For the office: pages with Jinja and htmx under /office. Every act works as a plain form post."""

from flask import Blueprint, Flask

from server import errors
from server.office import (
    answers,
    assets,
    audit,
    board,
    counts,
    customer_exports,
    customer_pages,
    customer_photos,
    customers,
    devices,
    documents,
    entrance,
    erasures,
    exceptions,
    exports,
    figure_files,
    imports,
    intake,
    invitations,
    job_changes,
    jobs,
    merges,
    move_requests,
    movements,
    notices,
    organisations,
    papers,
    part_requests,
    parts,
    people,
    pictures,
    planning,
    products,
    revisits,
    route_sheets,
    search,
    second_steps,
    sessions,
    settings,
    sites,
    staffing,  # noqa: F401  its panels stand on Today
    static_files,
    stock,
    ticket_changes,
    tickets,
    today,
    told,
    variances,
    verdicts,
    verification,
    webhooks,
    wording,
)

PAGES: tuple[Blueprint, ...] = (
    static_files.blp,
    entrance.blp,
    second_steps.blp,
    today.blp,
    search.blp,
    intake.blp,
    tickets.blp,
    ticket_changes.blp,
    job_changes.blp,
    customers.blp,
    sites.blp,
    assets.blp,
    merges.blp,
    customer_exports.blp,
    customer_pages.blp,
    erasures.blp,
    planning.blp,
    board.blp,
    jobs.blp,
    route_sheets.blp,
    revisits.blp,
    move_requests.blp,
    exceptions.blp,
    part_requests.blp,
    parts.blp,
    products.blp,
    stock.blp,
    movements.blp,
    counts.blp,
    variances.blp,
    imports.blp,
    devices.blp,
    documents.blp,
    people.blp,
    invitations.blp,
    papers.blp,
    organisations.blp,
    verification.blp,
    verdicts.blp,
    pictures.blp,
    customer_photos.blp,
    settings.blp,
    notices.blp,
    webhooks.blp,
    figure_files.blp,
    audit.blp,
    exports.blp,
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
