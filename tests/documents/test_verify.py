"""`doorstep verify` and poppler's `pdfsig` on the same files: they agree, and ours says what it is."""

import json
import subprocess
from pathlib import Path

import pytest

from server import cli
from server.documents import bundles, certificates, checking, identities
from tests import papers
from tests.documents.conftest import IDENTITY, drawn


def pdfsig(file: Path) -> bool:
    """Whether poppler finds the signature valid and over the whole document."""
    told = subprocess.run(["pdfsig", file], capture_output=True, text=True).stdout
    return "Signature is Valid." in told and "Total document signed" in told


def verify(file: Path, *options: str) -> int:
    return cli.main(["verify", str(file), *options])


@pytest.fixture
def file(receipt: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "receipt.pdf"
    file.write_bytes(receipt)
    return file


def test_it_works(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pdfsig(file)
    assert verify(file, "--lang", "en") == 0
    told = capsys.readouterr().out
    assert (
        "Receipt J-8841, version 1: signed on 2026-11-23T01:00:00.000Z on “Alice's tablet”" in told
    )
    assert "The certificate is self-made" in told
    assert told.endswith("Nothing was changed since it was signed.\n")
    assert verify(file, "--lang", "zh") == 0
    assert "自签名以来未被改动。" in capsys.readouterr().out


def test_machines_read_it_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(file, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["unchanged"], told["findings"]) == ("pdf", True, [])
    assert told["facts"]["state"] == "signed"
    assert told["facts"]["certificate"]["fingerprint"] == identities.fingerprint(
        IDENTITY.certificate
    )


@pytest.mark.parametrize("where", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_one_changed_byte_is_found(where: float, file: Path, receipt: bytes) -> None:
    at = int(len(receipt) * where)
    file.write_bytes(receipt[:at] + bytes([receipt[at] ^ 1]) + receipt[at + 1 :])
    assert not pdfsig(file)
    assert verify(file) == 1


def test_what_was_added_behind_is_found(
    file: Path, receipt: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(receipt + b"\n1 0 obj\n<<>>\nendobj\n")
    assert not pdfsig(file)
    assert verify(file, "--lang", "en") == 1
    assert "something was added behind the signature" in capsys.readouterr().out


def test_the_certificate_may_be_asked_for(file: Path) -> None:
    ours = identities.fingerprint(IDENTITY.certificate)
    assert verify(file, "--certificate", ours.upper()) == 0
    assert verify(file, "--certificate", "0" * 64) == 1


def test_another_text_than_the_signed_one_is_told(thumbs: Path, tmp_path: Path) -> None:
    paper = papers.paper(papers.visit(0), thumbs, signed_digest="f" * 64)
    file = tmp_path / "other.pdf"
    file.write_bytes(drawn(paper))
    assert [each.code for each in checking.check(file).findings] == ["signed_other"]


@pytest.mark.parametrize("content", [None, b"", b"%PDF-1.7\n%%EOF", b"PK nothing", b"\x00" * 50])
def test_what_is_not_ours_is_said_to_be(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    assert verify(file) == 2
    assert capsys.readouterr().err.startswith("doorstep: ")


# The shop's own certificate.


@pytest.mark.parametrize("form", ["pem", "pkcs12"])
def test_a_shop_brings_its_certificate(form: str, thumbs: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    from server.config import Config

    own, passphrase = (
        identities.self_made("the shop's own key, as an authority gave it"),
        b"sesame",
    )
    locked = serialization.BestAvailableEncryption(passphrase)
    if form == "pem":
        key = own.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked
        )
        content = key + identities.pem(own.certificate)
    else:
        content = pkcs12.serialize_key_and_certificates(
            b"shop", own.key, own.certificate, None, locked
        )  # fmt: skip
    file, words = tmp_path / "shop", tmp_path / "passphrase"
    file.write_bytes(content)
    words.write_bytes(passphrase)
    env = {"DOORSTEP_SECRET": "Qz7-kLw0_pXs9VtRb2NcYh4JmDf8GaEu", "DOORSTEP_CERTIFICATE": str(file),
           "DOORSTEP_CERTIFICATE_PASSPHRASE_FILE": str(words)}  # fmt: skip
    found = certificates.of_house(Config.from_env(env))
    assert found.certificate == own.certificate
    assert not found.is_self_made
    words.write_bytes(b"wrong")
    with pytest.raises(certificates.ConfigError, match=r"^DOORSTEP_CERTIFICATE cannot be read"):
        certificates.of_house(Config.from_env(env))


def test_the_command_makes_a_bundle_that_verifies(tmp_path: Path) -> None:
    """Of nothing but an index: what a shop's bundle holds, its own tests alter part by part."""
    index = {"format": bundles.FORMAT, "events": [], "receipts": [], "photos": []}
    file = tmp_path / "evidence.zip"
    with file.open("wb") as out:
        bundles.write(out, bundles.Bundle(index, {}), IDENTITY)
    assert verify(file) == 0
