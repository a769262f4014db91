"""Mail servers that want a line nobody can read, and a name and a password over it."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from server.config import Smtp
from server.demo.papers import Papers, papers
from server.notices.mails import MailLine
from tests.notices.receivers import Mailbox
from tests.notices.test_mails import SENDER, letter
from tests.people import NOW

Opens = Callable[..., Mailbox]
SECURITIES = ("starttls", "tls")


def knows_the_shop(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: Any
) -> AuthResult:
    is_theirs = isinstance(said, LoginPassword) and said == LoginPassword(b"shop", b"secret")
    return AuthResult(success=is_theirs, handled=False)


@pytest.fixture
def theirs(tmp_path: Path) -> Papers:
    return papers(tmp_path / "tls", "127.0.0.1", datetime.now(UTC))


@pytest.fixture
def opens(theirs: Papers) -> Iterator[Opens]:
    """A mail server with these papers: at once, or once it is asked to (`starttls`)."""
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(theirs.certificate, theirs.key)
    with ExitStack() as boxes:

        def open_one(security: str) -> Mailbox:
            # Over a line that began with TLS aiosmtpd does not know that it is one.
            at_once = {"ssl_context": shown, "auth_require_tls": False}
            when_asked = {"tls_context": shown, "require_starttls": True, "auth_required": True}
            how = at_once if security == "tls" else when_asked
            return boxes.enter_context(Mailbox(**how, authenticator=knows_the_shop))

        yield open_one


def line_to(box: Mailbox, security: str, password: str = "secret") -> MailLine:
    return MailLine(Smtp("127.0.0.1", box.port, security, SENDER, "shop", password), lambda: NOW)


@pytest.mark.parametrize("security", SECURITIES)
def test_a_server_whose_papers_are_good_takes_mail(
    opens: Opens, theirs: Papers, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(theirs.authority))
    box = opens(security)
    line = line_to(box, security)
    first, second = line.send(letter()), line.send(letter(its_id="two"))
    line.close()
    assert (first.kind, second.kind, len(box.mails)) == ("sent", "sent", 2)


@pytest.mark.parametrize("security", SECURITIES)
def test_a_wrong_password_is_said_and_the_mail_waits(
    opens: Opens, theirs: Papers, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(theirs.authority))
    box = opens(security)
    outcome = line_to(box, security, "guessed").send(letter())
    assert (outcome.kind, outcome.status, box.mails) == ("again", 535, [])


@pytest.mark.parametrize("security", SECURITIES)
def test_whom_nobody_vouches_for_gets_neither_mail_nor_password(
    opens: Opens, security: str
) -> None:
    box = opens(security)
    outcome = line_to(box, security).send(letter())
    assert (outcome.kind, box.mails) == ("again", [])
    assert "certificate" in outcome.words.lower()
