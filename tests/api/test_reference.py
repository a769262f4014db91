"""The API's description of itself says what every caller needs to know."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from jsonschema_rs import Draft202012Validator

METHODS = ("get", "post", "put", "patch", "delete", "head")


@pytest.fixture
def reference(app: Flask) -> Any:
    return app.test_client().get("/api/v1/openapi.json").json


def operations(reference: Any) -> Iterator[tuple[str, Any]]:
    for path, item in reference["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method} {path}", item[method]


def test_it_works(reference: Any) -> None:
    assert reference["openapi"].startswith("3.1")
    shown = reference["paths"]["/api/v1/customers/{customer_id}"]
    assert shown["get"]["summary"] == "Show one customer."
    assert (
        "Permission `customer.read`: advisor, dispatcher, supervisor."
        in (shown["get"]["description"])
    )
    assert shown["get"]["responses"]["200"]["headers"]["ETag"]
    assert shown["patch"]["parameters"][0]["name"] == "If-Match"
    added = reference["paths"]["/api/v1/customers"]["post"]
    assert added["parameters"][0]["name"] == "Idempotency-Key"
    assert set(added["responses"]["201"]["headers"]) == {"Location", "ETag"}


def test_every_operation_says_what_it_does_and_how_it_fails(reference: Any) -> None:
    silent = [
        name
        for name, operation in operations(reference)
        if not operation.get("summary") or "default" not in operation["responses"]
    ]
    assert silent == []
    failure = reference["components"]["responses"]["DEFAULT_ERROR"]
    assert list(failure["content"]) == ["application/problem+json"]


def test_every_operation_has_a_name_of_its_own(reference: Any) -> None:
    names = [operation["operationId"] for _, operation in operations(reference)]
    assert len(names) == len(set(names))


def test_only_what_is_open_needs_no_token(reference: Any) -> None:
    opened = {name for name, operation in operations(reference) if operation.get("security") == []}
    assert opened == {
        "post /api/v1/auth/login",
        "post /sync/v1/devices/state",
        "get /sync/v1/hello",
    }
    assert reference["security"] == [{"access": []}]


def test_it_speaks_of_no_pages_in_headers(reference: Any) -> None:
    assert "PaginationMetadata" not in reference["components"]["schemas"]


def test_the_outgoing_events_are_described_with_an_example_each(reference: Any) -> None:
    heard = reference["webhooks"]
    assert {"ticket.closed", "job.moved", "visit.finished", "photo.judged"} <= set(heard)
    assert {"receipt.signed", "part.requested"} <= set(heard)
    for kind, item in heard.items():
        told = item["post"]["requestBody"]["content"]["application/json"]
        assert told["example"]["type"] == kind
        Draft202012Validator(told["schema"]).validate(told["example"])
