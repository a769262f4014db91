"""The API's own description: OpenAPI 3.1 at /api/v1/openapi.json, a page to read it at /api/v1/docs.

The page is Swagger UI from the locked npm packages, served by us: it works without internet.
"""

from pathlib import Path
from typing import Any

from apispec import BasePlugin
from flask import Blueprint, Flask, Response, render_template, send_from_directory
from flask_smorest import Api
from werkzeug.routing import Rule

from server.auth import NEEDS, is_open
from server.domain.people import PERMISSIONS
from server.notices import catalogue

SWAGGER_UI = Path(__file__).resolve().parents[2] / "node_modules" / "swagger-ui-dist"
SWAGGER_FILES = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})

SETTINGS = {
    "API_TITLE": "Doorstep",
    "API_VERSION": "1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
}

ABOUT = """
Field service for what is delivered, installed and repaired in people's homes. The office opens a
**ticket** (case, service request), issues a **job** (work order) to an **installer** (technician); the
tablet carries it to a home without signal and sends back **field events** and photos; the ticket closes
on proof, and what is not solved becomes a **revisit** with a cause.

Sign in with `POST /api/v1/auth/login` and send the access token as `Authorization: Bearer …`. Failures
are problem details (RFC 9457) with a stable `code`. Lists are paged by `limit` and `after`. What the
office edits answers an `ETag`; a PATCH sends it back as `If-Match`. A creating POST may carry an
`Idempotency-Key`: the same request sent again gets the same answer and does nothing twice.
"""

blp = Blueprint("reference", __name__, template_folder="templates", static_folder="static",
                static_url_path="/api/v1/docs/house")  # fmt: skip


@blp.get("/api/v1/docs")
@is_open
def docs() -> str:
    return render_template("docs.html")


@blp.get("/api/v1/docs/<path:name>")
@is_open
def swagger(name: str) -> Response:
    if name not in SWAGGER_FILES:
        return Response(status=404)
    return send_from_directory(SWAGGER_UI, name)


def describe(api: Api) -> None:
    """Adds what no single endpoint says: how to sign in, and that any answer may be a problem."""
    api.spec.options["info"] = {"title": "Doorstep", "version": "1", "description": ABOUT.strip()}
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    api.spec.components.security_scheme("access", bearer)
    api.spec.components.security_scheme(
        "refresh", {**bearer, "description": "the refresh token, only to renew the sign-in"}
    )
    api.spec.options["security"] = [{"access": []}]
    api.spec.options["webhooks"] = {kind: _webhook(kind) for kind in catalogue.KINDS}


HEARD = """Sent to the endpoints that the office has set up, after Standard Webhooks: signed with the endpoint's
secret (`webhook-signature`, HMAC-SHA256 over id, moment and body), with an id that stays the same however often
it is sent (`webhook-id`). Answer any 2xx within 15 seconds; 410 ends the messages, anything else is tried again
for three days. Data are as they stood when the event left; read more by the API."""


def _webhook(kind: str) -> dict[str, Any]:
    """One outgoing event, as OpenAPI 3.1 describes it."""
    headers = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ]
    body = {"schema": catalogue.schema_of(kind), "example": catalogue.example_of(kind)}
    return {
        "post": {
            "operationId": f"on_{kind.replace('.', '_')}",
            "tags": ["webhooks"],
            "summary": catalogue.SUMMARIES[kind],
            "description": HEARD,
            "security": [],
            "parameters": headers,
            "requestBody": {"required": True, "content": {"application/json": body}},
            "responses": {"204": {"description": "Taken."}},
        }
    }


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "example": '"1"',
    "description": "The `ETag` of the version that you saw. Another one answers 412, none 428.",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "0197f3d0-7d3e-7cc1-a7a4-0d8b5a1f2c33",
    "description": "Your own name for this request: sent again, it gets the same answer.",
}
ETAG = {"description": "The version of what is shown.", "schema": {"type": "string"}}
LOCATION = {"description": "Where the new one is read.", "schema": {"type": "string"}}


class HouseRules(BasePlugin):
    """Says of every operation what holds for all of its kind, so that no view repeats it."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.app = app

    def path_helper(
        self, path: Any = None, operations: Any = None, parameters: Any = None, **options: Any
    ) -> None:
        for parameter in parameters or ():
            noun = parameter["name"].removesuffix("_id").replace("_", " ")
            parameter.setdefault("description", f"Which {noun}.")

    def operation_helper(self, path: Any = None, operations: Any = None, **options: Any) -> None:
        rule: Rule = options["rule"]
        for method, operation in operations.items():
            operation.setdefault("operationId", f"{method}_{rule.endpoint}".replace(".", "_"))
            self._say_who_may(rule, operation)
            _say_headers(method, path, operation)

    def _say_who_may(self, rule: Rule, operation: dict[str, Any]) -> None:
        needed = getattr(self.app.view_functions[rule.endpoint], NEEDS, None)
        if needed is None:
            operation.setdefault("security", [])
            return
        roles = ", ".join(sorted(PERMISSIONS[needed]))
        words = [operation.get("description"), f"Permission `{needed}`: {roles}."]
        operation["description"] = "\n\n".join(each for each in words if each)


def _say_headers(method: str, path: str, operation: dict[str, Any]) -> None:
    answers = {str(status): answer for status, answer in operation["responses"].items()}
    parameters = operation.setdefault("parameters", [])
    if method == "patch":
        parameters.append(IF_MATCH)
    if method == "post" and "201" in answers:
        parameters.append(IDEMPOTENCY_KEY)
        answers["201"].setdefault("headers", {}).update(Location=LOCATION, ETag=ETAG)
    if "200" in answers and (method == "patch" or (method == "get" and path.endswith("}"))):
        answers["200"].setdefault("headers", {}).update(ETag=ETAG)
