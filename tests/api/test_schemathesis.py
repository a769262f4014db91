"""The whole of the API as its own description tells it, tried with what a machine thinks of.

For every operation: no server error, no status, no type and no body outside of what is written down, and
nothing taken that the description forbids. Half of the requests name things that are really there.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests import one_of_each, people
from tests.client import Client

load_all_checks()

REFERENCE = "/api/v1/openapi.json"
DEVICE = "01980000-0000-7000-8000-00000000d001"

SHAPE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

# Ends the sign-in that all other operations need; tests/api/test_sign_out.py tries it.
LEFT_OUT = {"POST /api/v1/auth/logout"}


@pytest.fixture
def reference(app: Flask) -> Any:
    signed_in_by_us = {"generation": {"with-security-parameters": False}}
    config = schemathesis.Config.from_dict(signed_in_by_us)
    return schemathesis.openapi.from_wsgi(REFERENCE, app, config=config)


def operations(reference: Any) -> Iterator[Any]:
    for result in reference.get_all_operations():
        operation = result.ok()
        if operation.label not in LEFT_OUT:
            yield operation


@pytest.fixture
def things(save: Callable[..., None]) -> dict[str, str]:
    return {**one_of_each.move_in(save), "If-Match": "*"}


def named(value: Any, things: dict[str, str]) -> Any:
    """The same document, where every field that names something names what is there."""
    if isinstance(value, dict):
        return {k: things[k] if k in things else named(v, things) for k, v in value.items()}
    if isinstance(value, list):
        return [named(each, things) for each in value]
    return value


def try_all(
    operation: Any,
    mode: GenerationMode,
    headers: dict[str, str],
    things: dict[str, str],
    checks: list[Any],
) -> None:
    @settings(EXAMPLES, max_examples=8 if mode.is_positive else 4)
    @given(
        case=operation.as_strategy(generation_mode=mode),
        is_there=st.booleans() if mode.is_positive else st.just(False),
    )
    def try_one(case: Any, is_there: bool) -> None:
        if is_there:
            case.path_parameters = named(dict(case.path_parameters or {}), things)
            case.body = named(case.body, things)
            for name in set(case.headers or {}) & things.keys():
                case.headers[name] = things[name]
        plain = {**headers, "Accept-Encoding": "identity"}  # without a server, nobody unpacks
        answer = case.call_and_validate(headers=plain, checks=checks)
        if mode.is_positive:
            assert answer.status_code != 428, "If-Match is not in the description"

    try_one()


def headers_of(client: Client) -> dict[str, str]:
    return {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}


@pytest.fixture
def supervisor(sign_in: Callable[..., Client]) -> dict[str, str]:
    return headers_of(sign_in(people.SUN))


@pytest.fixture
def installer(sign_in: Callable[..., Client]) -> dict[str, str]:
    """With a tablet of her own."""
    alice = sign_in(people.ALICE)
    form = {
        "device_id": DEVICE,
        "platform": "android",
        "name": "Alice's tablet",
        "install_secret": "made once when it was installed",
    }
    token = alice.post("/sync/v1/devices", json=form).json["access_token"]
    return {"Authorization": f"Bearer {token}", "Sync-Device": DEVICE}


def test_every_operation_answers_as_it_says(
    reference: Any,
    supervisor: dict[str, str],
    installer: dict[str, str],
    things: dict[str, str],
    subtests: pytest.Subtests,
) -> None:
    for operation in operations(reference):
        who = installer if operation.path.startswith("/sync/") else supervisor
        with subtests.test(operation.label):
            try_all(operation, GenerationMode.POSITIVE, who, things, SHAPE)


def test_nothing_is_taken_that_the_description_forbids(
    reference: Any,
    supervisor: dict[str, str],
    installer: dict[str, str],
    subtests: pytest.Subtests,
) -> None:
    forbidding = 0
    for operation in operations(reference):
        who = installer if operation.path.startswith("/sync/") else supervisor
        # Where only an id is asked for, nothing is forbidden: any text may be one.
        with subtests.test(operation.label), suppress(Unsatisfiable):
            checks = [*SHAPE, negative_data_rejection]
            try_all(operation, GenerationMode.NEGATIVE, who, {}, checks)
            forbidding += 1
    assert forbidding > 60
