"""The API's own description: OpenAPI 3.1 at /api/v1/openapi.json, a page to read it at /api/v1/docs.

The page is Swagger UI from the locked npm packages, served by us: it works without internet.
"""

from pathlib import Path

from flask import Blueprint, Response, render_template, send_from_directory
from flask_smorest import Api

from server.auth import is_open

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
