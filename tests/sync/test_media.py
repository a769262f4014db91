"""What the server says of files: stored, partial, absent; and how files and events meet."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import people
from tests.client import Client
from tests.uploads import Tablet, enrol, noise, sha256

SignIn = Callable[[people.Character], Client]

PHOTO = noise(50_000)


@pytest.fixture
def alice(sign_in: SignIn) -> Tablet:
    return enrol(sign_in(people.ALICE))


def test_it_works(alice: Tablet) -> None:
    begun, unknown = noise(2_000, seed=2), noise(2_000, seed=3)
    alice.upload(PHOTO)
    where = alice.begin(begun)
    alice.send(where, 0, begun[:700])
    stored, partial, absent = alice.check(PHOTO, begun, unknown)
    assert stored == {"sha256": sha256(PHOTO), "state": "stored"}
    assert partial.pop("expires_at").endswith("Z")
    assert partial == {
        "sha256": sha256(begun),
        "state": "partial",
        "upload": where,
        "offset": 700,
    }
    assert absent == {"sha256": sha256(unknown), "state": "absent"}


def test_the_offset_is_the_length_on_the_disk(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:40_000], promised=len(PHOTO))
    assert alice.check(PHOTO)[0]["offset"] == 40_000


def test_it_hides_files_of_others(sign_in: SignIn, alice: Tablet) -> None:
    alice.upload(PHOTO)
    carol = enrol(sign_in(people.CAROL), "01980000-0000-7000-8000-00000000d002")
    assert carol.check(PHOTO) == [{"sha256": sha256(PHOTO), "state": "absent"}]


def test_it_is_safe_to_repeat(alice: Tablet) -> None:
    alice.upload(PHOTO)
    assert alice.check(PHOTO, PHOTO) == alice.check(PHOTO)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"blobs": [{"sha256": "beef", "size": 1}]},
        {"blobs": [{"sha256": "0" * 64}]},
        {"blobs": [{"sha256": "0" * 64, "size": -1}]},
        {"blobs": [{"sha256": "0" * 64, "size": 1}] * 501},
        {"blobs": [], "everything": True},
    ],
)
def test_it_refuses_nonsense(alice: Tablet, body: Any) -> None:
    assert alice.client.post("/sync/v1/media/check", json=body).status_code == 422


def test_it_refuses_who_is_no_tablet(sign_in: SignIn) -> None:
    refused = sign_in(people.ALICE).post("/sync/v1/media/check", json={"blobs": []})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "device_unknown")
