"""The demo for a tablet in the same network: a certificate for one name, and a page that hands it over."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from flask import Flask

from server.config import ConfigError
from server.demo.landing import landing
from server.demo.papers import papers
from server.serving import serve
from tests.conftest import HandClock
from tests.live import LiveServer, free_port

HERE = "127.0.0.1"


def test_a_tablet_that_installed_the_authority_trusts_the_server(
    app: Flask, clock: HandClock, tmp_path: Path
) -> None:
    ours = papers(tmp_path / "tls", HERE, datetime.now(UTC))
    config = app.extensions["doorstep"].config
    told = {"TLS_CERT": str(ours.certificate), "TLS_KEY": str(ours.key)}
    with LiveServer(config, tmp_path / "server.log", ours.authority, **told) as server:
        trusting = ssl.create_default_context(cafile=str(ours.authority))
        page = httpx.get(f"{server.address}/tablet/", verify=trusting)
        assert page.status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.address}/tablet/")


def test_the_authority_vouches_for_this_address_only(tmp_path: Path) -> None:
    ours = papers(tmp_path, "192.168.1.5", datetime.now(UTC))
    authority = x509.load_pem_x509_certificate(ours.authority.read_bytes())
    constraint = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraint.critical
    assert [str(each.value) for each in constraint.value.permitted_subtrees or []] == [
        "192.168.1.5/32"
    ]
    assert sorted(each.name for each in ours.key.parent.iterdir()) == [
        "authority.crt",
        "server.crt",
        "server.key",
    ], "nobody can sign with the authority any more"


def test_they_are_kept_until_they_run_out(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    first = papers(tmp_path, "doorstep.local", now).certificate.read_bytes()
    assert (
        papers(tmp_path, "doorstep.local", now + timedelta(days=300)).certificate.read_bytes()
        == first
    )
    assert (
        papers(tmp_path, "doorstep.local", now + timedelta(days=380)).certificate.read_bytes()
        != first
    )


def test_the_page_hands_the_certificate_over(tmp_path: Path) -> None:
    ours, port = papers(tmp_path, HERE, datetime.now(UTC)), free_port()
    with landing(HERE, port, ours.authority, "<h1>Doorstep</h1>"):
        assert httpx.get(f"http://{HERE}:{port}/").text == "<h1>Doorstep</h1>"
        handed = httpx.get(f"http://{HERE}:{port}/authority.crt")
        assert handed.content == ours.authority.read_bytes()
        assert handed.headers["Content-Type"] == "application/x-x509-ca-cert"


def test_half_of_the_papers_is_refused(app: Flask, tmp_path: Path) -> None:
    ours = papers(tmp_path, HERE, datetime.now(UTC))
    config = app.extensions["doorstep"].config
    for half in ({"TLS_CERT": str(ours.certificate)}, {"TLS_CERT": "gone", "TLS_KEY": "gone"}):
        with pytest.raises(ConfigError):
            serve(config, {"PORT": str(free_port()), **half})
