"""Canonical forms and the digests over them: the same bytes on every side, or none."""

import hashlib
import json
from typing import Any

import pytest
import rfc8785

from server.domain import receipts, sync
from tests.golden import vectors

VECTORS = vectors("canonical")


def name(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", VECTORS["canonical"], ids=name)
def test_it_is_written_as_the_vectors_say(case: dict[str, Any]) -> None:
    value, expected = json.loads(case["given"]["json"]), case["expect"]
    if "refused" in expected:
        with pytest.raises((TypeError, ValueError)):
            receipts.canonical(value)
        return
    assert receipts.canonical(value).decode("utf-8") == expected["canonical"]
    assert receipts.digest(value) == expected["sha256"]


@pytest.mark.parametrize("case", VECTORS["canonical"], ids=name)
def test_the_standard_writes_the_same(case: dict[str, Any]) -> None:
    """RFC 8785 by another hand; it refuses half characters, we replace them."""
    if "canonical" in case["expect"] and "\ufffd" not in case["expect"]["canonical"]:
        written = rfc8785.dumps(json.loads(case["given"]["json"]))
        assert written.decode("utf-8") == case["expect"]["canonical"]


@pytest.mark.parametrize("case", VECTORS["fingerprints"], ids=name)
def test_a_fingerprint_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    assert sync.fingerprint(case["given"]["event"]) == case["expect"]["sha256"]


@pytest.mark.parametrize("case", VECTORS["manifests"], ids=name)
def test_a_manifest_digest_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    digest = sync.manifest_digest(case["given"]["events"], case["given"]["blobs"])
    assert digest == case["expect"]["sha256"]


def test_the_digests_are_of_the_texts_beside_them() -> None:
    """So that somebody with a pencil, or another program, can check the vectors themselves."""
    for case in VECTORS["canonical"]:
        if "canonical" in case["expect"]:
            assert sha256(case["expect"]["canonical"]) == case["expect"]["sha256"], case["name"]
    for case in VECTORS["fingerprints"]:
        assert sha256(case["expect"]["over"]) == case["expect"]["sha256"], case["name"]
    for case in VECTORS["manifests"]:
        assert sha256("\n".join(case["expect"]["over"])) == case["expect"]["sha256"], case["name"]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
