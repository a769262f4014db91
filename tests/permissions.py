"""Who may call what: every address of the app with the roles that may use it, written out by hand.

A new endpoint gets its line here; tests/test_permissions.py says so when it is forgotten. The roles stand
here a second time on purpose: a slip in the table of server/domain/people.py shows.
"""

from dataclasses import dataclass

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

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _rows(table: str, roles: Roles | None) -> list[Row]:
    lines = (line.split() for line in table.strip().splitlines())
    return [Row(method, path, roles) for methods, path in lines for method in methods.split(",")]


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
    *_rows("POST /api/v1/devices/<device_id>/revoke", DISPATCHER | SUPERVISOR),
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
        GET         /api/v1/people/<person_id>/stock
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
        POST        /api/v1/part-requests/<request_id>/cancel
        POST        /api/v1/part-requests/<request_id>/ask-again
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
        GET         /api/v1/receipts
        GET         /api/v1/receipts/<receipt_id>
        GET         /api/v1/receipts/<receipt_id>/canonical
        """,
        WITNESSES,
    ),
    *_rows(
        """
        POST        /api/v1/jobs
        POST        /api/v1/jobs/check
        PATCH       /api/v1/jobs/<job_id>
        POST        /api/v1/jobs/<job_id>/cancel
        POST        /api/v1/revisits/<revisit_id>/issue
        """,
        DISPATCHER | SUPERVISOR,
    ),
    *_rows(
        "POST /api/v1/jobs/<job_id>/reassign",
        DISPATCHER | SUPERVISOR | LEAD | MANAGER,
    ),
    *_rows(
        """
        GET         /api/v1/tickets
        GET         /api/v1/tickets/<ticket_id>
        GET         /api/v1/tickets/<ticket_id>/timeline
        GET         /api/v1/exceptions
        GET         /api/v1/exceptions/<exception_id>
        POST        /api/v1/exceptions/<exception_id>/decide
        POST        /api/v1/exceptions/<exception_id>/owner
        """,
        SHOP,
    ),
    *_rows(
        """
        POST        /api/v1/tickets
        PATCH       /api/v1/tickets/<ticket_id>
        POST        /api/v1/tickets/<ticket_id>/answer
        POST        /api/v1/tickets/<ticket_id>/cancel
        POST        /api/v1/tickets/<ticket_id>/reopen
        POST        /api/v1/jobs/<job_id>/verdict
        POST        /api/v1/photos/<photo_id>/verdict
        GET         /api/v1/revisits
        GET         /api/v1/revisits/<revisit_id>
        POST        /api/v1/revisits/<revisit_id>/decide
        """,
        DESK,
    ),
    *_rows("POST /api/v1/tickets/<ticket_id>/close", ADVISOR | SUPERVISOR),
    *_rows("GET /api/v1/audit", SUPERVISOR),
    # The office's pages.
    *_rows(
        """
        GET         /office/
        GET         /office/search
        POST        /office/sign-out
        """,
        SHOP | MANAGER,
    ),
    *_rows(
        """
        GET         /office/tickets
        GET         /office/tickets/<ticket_id>
        GET         /office/exceptions
        POST        /office/exceptions/<exception_id>/decide
        GET         /office/part-requests
        """,
        SHOP,
    ),
    *_rows(
        """
        GET         /office/intake
        POST        /office/intake/customers
        GET,POST    /office/intake/<customer_id>
        GET         /office/intake/<customer_id>/promise
        POST        /office/tickets/<ticket_id>/change
        POST        /office/tickets/<ticket_id>/answer
        POST        /office/tickets/<ticket_id>/cancel
        POST        /office/tickets/<ticket_id>/reopen
        GET         /office/revisits
        POST        /office/revisits/<revisit_id>/decide
        GET         /office/devices
        GET         /office/verification
        GET         /office/verification/<job_id>
        POST        /office/verification/<job_id>/verdict
        POST        /office/photos/<photo_id>/verdict
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
    *_rows("POST /office/customers/<customer_id>/export", ADVISOR | SUPERVISOR),
    *_rows(
        """
        GET,POST    /office/tickets/<ticket_id>/plan
        GET,POST    /office/revisits/<revisit_id>/plan
        POST        /office/jobs/<job_id>/cancel
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
        POST        /office/customers/<customer_id>/hold
        POST        /office/customers/<customer_id>/release
        GET,POST    /office/customers/<customer_id>/merge
        POST        /office/merges/<merge_id>/undo
        GET,POST    /office/customers/<customer_id>/erase
        """,
        SUPERVISOR,
    ),
    *_rows("POST /office/devices/<device_id>/revoke", DISPATCHER | SUPERVISOR),
    *_rows(
        """
        POST        /office/part-requests/<request_id>/step
        POST        /office/part-requests/<request_id>/name
        """,
        ADVISOR | STOCKROOM,
    ),
    *_rows("GET /office/jobs", WITNESSES),
    *_rows("GET /office/photos/<photo_id>/<variant>", WITNESSES),
    # A tablet belongs to whoever signed in on it; which device it is, is asked after the role.
    *_rows("GET /sync/v1/hello", OPEN),
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
