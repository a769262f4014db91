"""Who may call what: every address of the app with the roles that may use it, written out by hand.

A new endpoint gets its line here; tests/test_permissions.py says so when it is forgotten. The roles stand
here a second time on purpose: a slip in the table of server/domain/people.py shows.

An address that names a thing (`<job_id>`) is tried by every role with its own, a colleague's, another
company's, one that never was, and one that is over; `SIGHTS` says who finds which. A line may go on:

    POST /office/jobs/<job_id>/cancel {"reason": "x"}       what is sent, where `{}` is not enough to get
                                                           as far as the thing
    GET  /api/v1/people/<person_id>/stock as van            the thing is seen otherwise than its noun

A noun that is new gets a line in `SIGHTS` and its things in tests/worlds.py.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from server.domain.people import Role

Roles = frozenset[Role]

INSTALLER, LEAD, ADVISOR, DISPATCHER = (
    frozenset({Role.INSTALLER}),
    frozenset({Role.LEAD_INSTALLER}),
    frozenset({Role.ADVISOR}),
    frozenset({Role.DISPATCHER}),
)
STOREKEEPER, MANAGER, SUPERVISOR = (
    frozenset({Role.STOREKEEPER}),
    frozenset({Role.CONTRACTOR_MANAGER}),
    frozenset({Role.SUPERVISOR}),
)

OPEN = None  # needs no sign-in
ALL = frozenset(Role)
FIELD = INSTALLER | LEAD
DESK = ADVISOR | DISPATCHER | SUPERVISOR
SHOP = DESK | STOREKEEPER
STOCKROOM = STOREKEEPER | SUPERVISOR
WITNESSES = ALL - STOREKEEPER  # who may look at what happened on a visit


@dataclass(frozen=True)
class Row:
    """One method of one address; `roles` is None where it is open to everybody."""

    method: str
    path: str
    roles: Roles | None
    sight: str = ""  # a line of SIGHTS; none where the address names no thing
    body: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _rows(table: str, roles: Roles | None) -> list[Row]:
    return [row for line in table.strip().splitlines() for row in _line(line.strip(), roles)]


def _line(line: str, roles: Roles | None) -> list[Row]:
    """One row for each of its methods."""
    line, brace, body = line.partition("{")
    methods, path, *sight = line.replace(" as ", " ").split()
    named = sight or [each for each in parameters(path) if each not in NO_THINGS][:1]
    said = json.loads(brace + body) if brace else {}
    return [
        Row(method, path, roles, "".join(named), said if method != "GET" else {})
        for method in methods.split(",")
    ]


def parameters(path: str) -> list[str]:
    """The nouns that an address names: `job` for `<job_id>`."""
    names = re.findall(r"<(?:\w+:)?(\w+)>", path)
    return [each.removesuffix("_id") for each in names]


# Parameters that name no thing of anybody's, with what is put in their place.
NO_THINGS = {"variant": "thumb", "anything": "x", "name": "x", "filename": "x", "mark": "x"}
NO_THINGS |= {"figure": "stars", "spreadsheet": "csv", "kind": "receive"}
NO_THINGS |= {"setting": "promises", "template": "repair.appliance"}
NO_THINGS |= {"listed": "steps", "code": "fault_seen"}
# The same, for addresses that know other words.
WORDS = {"/office/imports/template/<kind>": {"kind": "parts"}}

# Who finds which thing, by role: own, a colleague's, another company's, one that never was, one that is over.
# "+" it is found, "." for them there is nothing, "!" it is not theirs to change, "-" there is none. Whether the
# role may use the address at all stands in TABLE; who the things belong to, in tests/worlds.py.
_SIGHTS = """
#              installer lead      advisor   dispatcher storekeeper manager   supervisor
organisation   +++.+     +++.+     +++.+     +++.+      +++.+       ++..-     +++.+
person         ++..+     ++..+     +++.+     +++.+      +++.+       ++..+     +++.+
van            +....     ++..+     +++.+     +++.+      +++.+       .....     +++.+
staff          .....     .....     .....     .....      .....       !+..+     +++.+
absence        ++...     ++...     +++..     +++..      +++..       ++...     +++..
invitation     +++.+     +++.+     +++.+     +++.+      +++.+       ++..+     +++.+
certificate    ++...     ++...     +++..     +++..      +++..       ++...     +++..
product        +++.+     +++.+     +++.+     +++.+      +++.+       +++.+     +++.+
sku            +++.+     +++.+     +++.+     +++.+      +++.+       +++.+     +++.+
device         .....     .....     +++.+     +++.+      +++.+       .....     +++.+
customer       ....-     ....-     ++..-     ++..-      ....-       ....-     +++.-
merge          ....-     ....-     ++..-     ++..-      ....-       ....-     +++.-
site           ....-     ....-     ++..-     ++..-      ....-       ....-     +++.-
asset          ....-     ....-     ++..-     ++..-      ....-       ....-     +++.-
movement       +...-     ++..-     ++..-     ++..-      ++..-       ....-     +++.-
place          ....-     ....-     ++..-     ++..-      ++..-       ....-     +++.-
count          .....     .....     ++..+     ++..+      ++..+       .....     +++.+
import         .....     .....     ++..+     ++..+      ++..+       .....     +++.+
variance       .....     .....     ++..+     ++..+      ++..+       .....     +++.+
verdict        ....-     ....-     +...-     +...-      ....-       ....-     +...-
link           .....     .....     ++..+     ++..+      ++..+       .....     +++.+
move           .....     .....     ++..+     ++..+      ++..+       .....     +++.+
ticket         .....     .....     ++..+     ++..+      ++..+       .....     +++.+
request        .....     .....     ++..+     ++..+      ++..+       .....     +++.+
swap           .....     .....     ++..+     ++..+      ++..+       .....     +++.+
revisit        .....     .....     ++..+     ++..+      .....       .....     +++.+
exception      .....     .....     ++..+     ++..+      ++..+       .....     +++.+
job            +...+     ++..+     ++..+     ++..+      .....       ++..+     +++.+
visit          +...+     ++..+     ++..+     ++..+      .....       ++..+     +++.+
photo          +...+     ++..+     ++..+     ++..+      .....       ++..+     +++.+
receipt        +...+     ++..+     ++..+     ++..+      .....       ++..+     +++.+
notice         .....     .....     ++..+     ++..+      .....       .....     +++.+
endpoint       +++..     +++..     +++..     +++..      +++..       +++..     +++..
errand         +...+     ++..+     ++..+     ++..+      .....       ++..+     +++.+
customer_photo +....     ++...     ++..+     ++..+      .....       ++...     +++.+
photo_link     .....     .....     ++..+     ++..+      .....       .....     +++.+
export         +++..     +++..     +++..     +++..      +++..       +++..     +++..
upload         +...-     +...-     +...-     +...-      +...-       +...-     +...-
"""
RELATIONS = ("own", "colleague's", "other company's", "none", "over")
_COLUMNS = (
    (Role.INSTALLER, Role.LEAD_INSTALLER, Role.ADVISOR, Role.DISPATCHER)
    + (Role.STOREKEEPER, Role.CONTRACTOR_MANAGER, Role.SUPERVISOR)
)  # fmt: skip
SIGHTS: dict[str, dict[Role, str]] = {
    noun: dict(zip(_COLUMNS, marks, strict=True))
    for noun, *marks in (line.split() for line in _SIGHTS.strip().splitlines()[1:])
}


TABLE = [
    *_rows(
        """
        GET         /healthz
        GET         /readyz
        GET         /metrics
        GET         /api/v1/docs
        GET         /api/v1/docs/<path:name>
        GET         /api/v1/docs/house/<path:filename>
        GET         /api/v1/openapi.json
        GET         /tablet
        GET         /tablet/
        GET         /tablet/<path:name>
        GET         /office
        GET,POST    /office/sign-in
        GET,POST    /office/sign-in/code
        GET,POST    /office/sign-in/set-up
        GET         /office/sign-in/qr.svg
        GET,POST    /office/join/<token>
        POST        /office/language
        GET         /office/<path:anything>
        GET         /office/static/<mark>/<name>
        POST        /api/v1/auth/login
        POST        /api/v1/auth/refresh
        POST        /sync/v1/devices/state
        """,
        OPEN,
    ),
    *_rows(
        """
        GET         /api/v1/auth/me
        POST        /api/v1/auth/logout
        POST        /api/v1/people/me/password
        GET         /api/v1/organisations
        GET         /api/v1/organisations/<organisation_id>
        GET         /api/v1/people
        GET         /api/v1/people/<person_id>
        GET         /api/v1/certificates
        GET         /api/v1/certificates/<certificate_id>
        GET         /api/v1/products
        GET         /api/v1/products/<product_id>
        GET         /api/v1/parts
        GET         /api/v1/parts/<sku>
        """,
        ALL,
    ),
    *_rows(
        """
        POST        /api/v1/organisations
        PATCH       /api/v1/organisations/<organisation_id>
        POST        /api/v1/people
        PATCH       /api/v1/people/<person_id>
        """,
        SUPERVISOR,
    ),
    *_rows(
        """
        POST        /api/v1/certificates
        DELETE      /api/v1/certificates/<certificate_id>
        """,
        SUPERVISOR | MANAGER,
    ),
    *_rows(
        """
        GET         /api/v1/devices
        GET         /api/v1/devices/<device_id>
        GET,POST    /api/v1/customers
        GET,PATCH   /api/v1/customers/<customer_id>
        GET,POST    /api/v1/sites
        GET,PATCH   /api/v1/sites/<site_id>
        GET,POST    /api/v1/assets
        GET,PATCH   /api/v1/assets/<asset_id>
        """,
        DESK,
    ),
    *_rows(
        """POST /api/v1/devices/<device_id>/revoke {"mode": "collect"}""", DISPATCHER | SUPERVISOR
    ),
    *_rows(
        """
        POST        /api/v1/products
        PATCH       /api/v1/products/<product_id>
        POST        /api/v1/parts
        PATCH       /api/v1/parts/<sku>
        POST        /api/v1/movements
        POST        /api/v1/stock/counts
        POST        /api/v1/serial-swaps/<swap_id>/return
        """,
        STOCKROOM,
    ),
    *_rows(
        """
        GET         /api/v1/movements
        GET         /api/v1/movements/<movement_id>
        GET         /api/v1/stock
        GET         /api/v1/people/<person_id>/stock as van
        """,
        SHOP | FIELD,
    ),
    *_rows(
        """
        GET         /api/v1/part-requests
        GET         /api/v1/serial-swaps
        GET         /api/v1/serial-swaps/<swap_id>
        GET         /api/v1/part-requests/<request_id>
        """,
        SHOP,
    ),
    *_rows(
        """
        POST        /api/v1/part-requests
        PATCH       /api/v1/part-requests/<request_id>
        POST        /api/v1/part-requests/<request_id>/reserve
        POST        /api/v1/part-requests/<request_id>/ship
        POST        /api/v1/part-requests/<request_id>/arrive
        POST        /api/v1/part-requests/<request_id>/cancel {"reason": "x"}
        POST        /api/v1/part-requests/<request_id>/ask-again {"reason": "x"}
        """,
        ADVISOR | STOCKROOM,
    ),
    *_rows(
        """
        GET         /api/v1/jobs
        GET         /api/v1/jobs/<job_id>
        GET         /api/v1/visits
        GET         /api/v1/visits/<visit_id>
        GET         /api/v1/photos
        GET         /api/v1/photos/<photo_id>
        GET         /api/v1/photos/<photo_id>/file/<variant>
        GET         /api/v1/tickets/<ticket_id>/photos as errand
        GET         /api/v1/customer-photos/<customer_photo_id>/file/<variant>
        GET         /api/v1/receipts
        GET         /api/v1/receipts/<receipt_id>
        GET         /api/v1/receipts/<receipt_id>/canonical
        GET         /api/v1/receipts/<receipt_id>/pdf
        """,
        WITNESSES,
    ),
    *_rows(
        """
        POST        /api/v1/jobs
        POST        /api/v1/jobs/check
        PATCH       /api/v1/jobs/<job_id>
        POST        /api/v1/jobs/<job_id>/cancel {"reason": "x"}
        POST        /api/v1/revisits/<revisit_id>/issue {"assignee_id": "x"}
        """,
        DISPATCHER | SUPERVISOR,
    ),
    *_rows(
        """POST /api/v1/jobs/<job_id>/reassign {"assignee_id": "x"}""",
        DISPATCHER | SUPERVISOR | LEAD | MANAGER,
    ),
    *_rows(
        """
        GET         /api/v1/tickets
        GET         /api/v1/tickets/<ticket_id>
        GET         /api/v1/tickets/<ticket_id>/timeline
        GET         /api/v1/exceptions
        GET         /api/v1/exceptions/<exception_id>
        POST        /api/v1/exceptions/<exception_id>/decide {"decision": "apply", "reason": "x"}
        POST        /api/v1/exceptions/<exception_id>/owner {"owner_id": "x"}
        """,
        SHOP,
    ),
    *_rows(
        """
        POST        /api/v1/tickets
        PATCH       /api/v1/tickets/<ticket_id>
        POST        /api/v1/tickets/<ticket_id>/answer {"words": "x"}
        POST        /api/v1/tickets/<ticket_id>/photos {"sha256": "x"}
        POST        /api/v1/tickets/<ticket_id>/cancel {"reason": "x"}
        POST        /api/v1/tickets/<ticket_id>/reopen {"trigger": "customer_still_broken", "words": "x"}
        POST        /api/v1/jobs/<job_id>/verdict {"verdict": "accept"}
        POST        /api/v1/photos/<photo_id>/verdict {"verdict": "accept"}
        GET         /api/v1/revisits
        GET         /api/v1/revisits/<revisit_id>
        POST        /api/v1/revisits/<revisit_id>/decide {"to": "due"}
        """,
        DESK,
    ),
    *_rows("POST /api/v1/tickets/<ticket_id>/close", ADVISOR | SUPERVISOR),
    *_rows("GET /api/v1/audit", SUPERVISOR),
    *_rows(
        """
        GET         /office/audit
        GET         /office/audit.<spreadsheet>
        POST        /office/audit/prove
        GET,POST    /office/exports
        POST        /office/exports/<export_id>/file
        """,
        SUPERVISOR,
    ),
    # The office's pages.
    *_rows(
        """
        GET         /office/
        GET         /office/search
        POST        /office/sign-out
        GET         /office/second-factor
        POST        /office/second-factor/recovery
        GET         /office/people
        GET         /office/people/<person_id>
        GET         /office/organisations
        GET         /office/organisations/<organisation_id>
        """,
        SHOP | MANAGER,
    ),
    *_rows(
        """
        GET         /office/tickets
        GET         /office/tickets/<ticket_id>
        GET         /office/exceptions
        POST        /office/exceptions/<exception_id>/decide
        POST        /office/exceptions/<exception_id>/owner
        GET         /office/part-requests
        GET         /office/variances
        POST        /office/variances/<exception_id>/own as variance
        POST        /office/variances/<exception_id>/explain as variance {"reason": "x"}
        """,
        SHOP,
    ),
    *_rows(
        """
        GET         /office/parts
        GET         /office/parts/<sku>
        GET         /office/products
        GET         /office/products/<product_id>
        """,
        ALL,
    ),
    *_rows(
        """
        GET         /office/stock
        GET         /office/stock/<place>
        GET         /office/movements
        GET         /office/scan
        GET         /office/counts
        GET         /office/counts/<count_id>
        """,
        SHOP | FIELD,
    ),
    *_rows(
        """
        POST        /office/parts/<sku>
        POST        /office/parts/<sku>/minimum
        GET,POST    /office/new/part
        POST        /office/products/<product_id>
        GET,POST    /office/new/product
        GET,POST    /office/move/<kind>
        GET,POST    /office/stock/<place>/count
        POST        /office/counts/<count_id>/own
        POST        /office/counts/<count_id>/settle
        POST        /office/counts/<count_id>/drop
        GET,POST    /office/imports
        GET         /office/imports/template/<kind>
        GET         /office/imports/<import_id>
        GET         /office/imports/<import_id>/bad
        POST        /office/imports/<import_id>/apply
        POST        /office/imports/<import_id>/drop
        """,
        STOCKROOM,
    ),
    *_rows(
        """
        GET         /office/intake
        POST        /office/intake/customers
        GET,POST    /office/intake/<customer_id>
        GET         /office/intake/<customer_id>/promise
        POST        /office/intake/<customer_id>/photos
        POST        /office/tickets/<ticket_id>/customer-photos
        POST        /office/tickets/<ticket_id>/photo-link
        POST        /office/photo-links/<photo_link_id>/revoke
        POST        /office/customer-photos/<customer_photo_id>/note
        POST        /office/customer-photos/<customer_photo_id>/remove
        POST        /office/customer-photos/<customer_photo_id>/bring-back
        GET         /office/tickets/<ticket_id>/edit
        POST        /office/tickets/<ticket_id>/change
        POST        /office/tickets/<ticket_id>/answer
        POST        /office/tickets/<ticket_id>/cancel
        POST        /office/tickets/<ticket_id>/reopen
        POST        /office/tickets/<ticket_id>/links {"purpose": "look"}
        POST        /office/tickets/<ticket_id>/preview
        POST        /office/customer-links/<link_id>/revoke
        POST        /office/customer-links/<link_id>/renew
        GET         /office/move-requests
        GET         /office/revisits
        POST        /office/revisits/<revisit_id>/decide
        POST        /office/revisits/<revisit_id>/call
        GET         /office/devices
        GET         /office/settings
        GET         /office/settings/<setting>
        GET         /office/settings/<setting>/history
        GET         /office/settings/checklists/<template>
        GET         /office/settings/checklists/<template>/<listed>/<code>
        GET         /office/settings/checklists/<template>/tablet
        POST        /office/settings/notices/preview
        GET         /office/notices
        GET         /office/notices/<notice_id>
        GET         /office/devices/<device_id>
        GET         /office/figures
        GET         /office/figures/table.<spreadsheet>
        GET         /office/figures/<figure>
        GET         /office/figures/<figure>.<spreadsheet>
        GET         /office/verification
        GET         /office/verification/<job_id>
        POST        /office/verification/<job_id>/verdict
        POST        /office/photos/<photo_id>/verdict
        POST        /office/verdicts/<verdict_id>/undo
        GET         /office/customers
        GET,POST    /office/customers/new
        GET         /office/customers/<customer_id>
        GET,POST    /office/customers/<customer_id>/edit
        POST        /office/customers/<customer_id>/consents
        GET,POST    /office/customers/<customer_id>/sites/new
        GET         /office/sites/<site_id>
        GET,POST    /office/sites/<site_id>/edit
        GET,POST    /office/sites/<site_id>/assets/new
        GET         /office/assets/<asset_id>
        GET,POST    /office/assets/<asset_id>/edit
        """,
        DESK,
    ),
    *_rows("POST /office/tickets/<ticket_id>/close", ADVISOR | SUPERVISOR),
    *_rows(
        """
        POST        /office/notices/replay
        POST        /office/notices/<notice_id>/replay
        POST        /office/notices/<notice_id>/settle {"how": "arrived"}
        """,
        ADVISOR | SUPERVISOR,
    ),
    *_rows(
        """
        GET,POST    /office/webhooks
        GET,POST    /office/webhooks/<endpoint_id>
        POST        /office/webhooks/<endpoint_id>/ping
        POST        /office/webhooks/<endpoint_id>/secret
        POST        /office/webhooks/<endpoint_id>/rotate
        POST        /office/webhooks/<endpoint_id>/switch {"to": "off"}
        POST        /office/webhooks/<endpoint_id>/remove
        POST        /office/gateways
        """,
        SUPERVISOR,
    ),
    *_rows("POST /office/customers/<customer_id>/export", ADVISOR | SUPERVISOR),
    *_rows(
        """
        POST        /office/move-requests/<move_id>/grant
        POST        /office/move-requests/<move_id>/refuse {"answer": "x"}
        GET,POST    /office/tickets/<ticket_id>/plan
        GET,POST    /office/revisits/<revisit_id>/plan
        POST        /office/jobs/<job_id>/cancel
        GET,POST    /office/jobs/<job_id>/move
        GET,POST    /office/jobs/<job_id>/edit
        """,
        DISPATCHER | SUPERVISOR,
    ),
    *_rows(
        """
        GET         /office/jobs/<job_id>/hand-over
        POST        /office/jobs/<job_id>/reassign
        """,
        DISPATCHER | SUPERVISOR | LEAD | MANAGER,
    ),
    *_rows(
        """
        POST        /office/settings/<setting>
        POST        /office/settings/<setting>/follow
        POST        /office/settings/<setting>/revert
        POST        /office/settings/checklists
        POST        /office/settings/checklists/<template>/<listed>/<code>
        POST        /office/settings/checklists/<template>/order
        POST        /office/settings/checklists/<template>/take-out
        POST        /office/settings/checklists/<template>/publish
        POST        /office/settings/checklists/<template>/drop
        """,
        SUPERVISOR,
    ),
    *_rows(
        """
        POST        /office/devices/<device_id>/revoke {"mode": "collect"}
        POST        /office/devices/<device_id>/restore
        POST        /office/devices/<device_id>/give {"person_id": "x"}
        """,
        DISPATCHER | SUPERVISOR,
    ),
    *_rows(
        """
        GET,POST    /office/people/invite
        POST        /office/people/<person_id>/change as staff
        GET,POST    /office/people/<person_id>/leave as staff
        POST        /office/people/<person_id>/come-back as staff
        POST        /office/people/<person_id>/sign-out as staff
        POST        /office/people/<person_id>/password-link as staff
        POST        /office/people/<person_id>/certificates
        POST        /office/certificates/<certificate_id>/withdraw
        GET         /office/invitations/<invitation_id>
        POST        /office/invitations/<invitation_id>/again
        POST        /office/invitations/<invitation_id>/withdraw
        POST        /office/organisations/<organisation_id>/teams
        POST        /office/organisations/<organisation_id>/lead {"person_id": "x"}
        """,
        SUPERVISOR | MANAGER,
    ),
    *_rows(
        """
        POST        /office/people/<person_id>/absences
        POST        /office/absences/<absence_id>/withdraw
        """,
        DISPATCHER | SUPERVISOR | MANAGER,
    ),
    *_rows(
        """
        POST        /office/people/<person_id>/second-factor
        GET,POST    /office/organisations/new
        POST        /office/organisations/<organisation_id>/change
        POST        /office/organisations/<organisation_id>/grant
        POST        /office/organisations/<organisation_id>/holidays
        """,
        SUPERVISOR,
    ),
    *_rows(
        """
        POST        /office/customers/<customer_id>/hold
        POST        /office/customers/<customer_id>/release
        GET,POST    /office/customers/<customer_id>/merge
        POST        /office/merges/<merge_id>/undo
        GET,POST    /office/customers/<customer_id>/erase
        """,
        SUPERVISOR,
    ),
    *_rows(
        """
        POST        /office/part-requests/<request_id>/step
        POST        /office/part-requests/<request_id>/name
        """,
        ADVISOR | STOCKROOM,
    ),
    *_rows("GET /office/jobs", WITNESSES),
    *_rows("GET /office/board", WITNESSES),
    *_rows("GET /office/route-sheets", WITNESSES),
    *_rows("GET /office/photos/<photo_id>/<variant>", WITNESSES),
    *_rows("GET /office/customer-photos/<customer_photo_id>", WITNESSES),
    *_rows("GET /office/customer-photos/<customer_photo_id>/<variant>", WITNESSES),
    *_rows("GET /office/receipts/<receipt_id>/pdf", WITNESSES),
    *_rows("POST /office/receipts/<receipt_id>/evidence", WITNESSES),
    # A tablet belongs to whoever signed in on it; which device it is, is asked after the role.
    *_rows("GET /sync/v1/hello", OPEN),
    # The customer's pages: a signed link is all that they ask for.
    *_rows(
        """
        GET,POST    /c/<token>
        GET         /c/static/<mark>/<name>
        GET         /c/<purpose>/<token>
        GET         /c/<purpose>/<token>/news
        POST        /c/<purpose>/<token>/seen
        GET         /c/<purpose>/<token>/photos/<photo_id>/<variant>
        GET         /c/<purpose>/<token>/appointment.ics
        GET         /c/<purpose>/<token>/receipt
        GET         /c/<purpose>/<token>/receipt.pdf
        POST        /c/act/<token>/photo
        GET         /c/act/<token>/photo/<photo_id>
        POST        /c/act/<token>/confirm
        POST        /c/act/<token>/note
        POST        /c/act/<token>/rate
        POST        /c/act/<token>/still-broken
        GET,POST    /c/act/<token>/move
        POST        /c/act/<token>/keep
        GET,POST    /c/sign/<token>
        POST        /c/sign/<token>/reservation
        GET,POST    /c/receipts/<code>
        GET         /c/receipts/proof.css
        GET,POST    /c/photos/<token>
        GET         /c/photos/<token>/<photo_id>
        """,
        OPEN,
    ),
    *_rows(
        """
        POST        /sync/v1/devices
        POST        /sync/v1/hello
        GET         /sync/v1/pull
        GET         /sync/v1/snapshot
        POST        /sync/v1/push
        POST        /sync/v1/events/status
        POST        /sync/v1/quarantine
        POST        /sync/v1/media/check
        POST        /sync/v1/media/uploads
        GET,PATCH   /sync/v1/media/uploads/<upload_id>
        POST,DELETE /sync/v1/media/uploads/<upload_id>
        """,
        ALL,
    ),
]
