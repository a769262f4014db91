"""The sections of the office: what stands in the bar of every page, and under whose address.

The work of the day stands in the bar itself, the rest behind "More"; whoever sees only a few has them all in
the bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from server.domain.people import may

IN_THE_BAR = 8  # sections; more do not fit beside the search at 1366 pixels


@dataclass(frozen=True, slots=True)
class Section:
    """`pages` are the blueprints that belong to it beside the first page's own."""

    words: LazyString
    opens: str
    act: str = "office.enter"
    is_daily: bool = True
    pages: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return url_for(f"office.{self.opens}")

    @property
    def is_here(self) -> bool:
        """Whether the page of the moment is one of its pages."""
        here = (request.blueprint or "").removeprefix("office.")
        return here == self.opens.partition(".")[0] or here in self.pages


SECTIONS = (
    Section(_l("Today"), "today.show"),
    Section(_l("Tickets"), "tickets.find", "ticket.read", pages=("intake", "ticket_changes")),
    Section(
        _l("Board"), "board.show", "job.read", pages=("planning", "job_changes", "move_requests")
    ),
    Section(_l("Jobs"), "jobs.find", "job.read", pages=("route_sheets",)),
    Section(_l("Verification"), "verification.queue", "visit.verify"),
    Section(_l("Revisits"), "revisits.find", "revisit.read"),
    Section(_l("Exceptions"), "exceptions.find", "exception.read"),
    Section(
        _l("Parts"),
        "part_requests.find",
        "request.read",
        pages=("parts", "products", "stock", "movements", "counts", "variances", "imports"),
    ),
    Section(
        _l("Customers"),
        "customers.find",
        "customer.read",
        is_daily=False,
        pages=("sites", "assets", "merges", "erasures", "customer_exports"),
    ),
    Section(_l("People"), "people.find", is_daily=False, pages=("invitations", "absences")),
    Section(_l("Companies"), "organisations.find", is_daily=False),
    Section(_l("Tablets"), "devices.find", "device.read", is_daily=False),
    Section(_l("Figures"), "figures.show", "figure.read", is_daily=False, pages=("exports",)),
    Section(_l("Notices"), "notices.find", "notice.read", is_daily=False, pages=("webhooks",)),
    Section(_l("Settings"), "settings.show_all", "setting.read", is_daily=False),
    Section(_l("Audit"), "audit.find", "audit.read", is_daily=False),
)


def of(role: str) -> tuple[Sequence[Section], Sequence[Section]]:
    """What this role finds in the bar, and what behind "More"."""
    seen = [each for each in SECTIONS if may(role, each.act)]
    if len(seen) <= IN_THE_BAR:
        return seen, []
    return [each for each in seen if each.is_daily], [each for each in seen if not each.is_daily]
