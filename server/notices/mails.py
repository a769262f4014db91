"""E-mail: a message that every reader shows, and a conversation in which one point decides.

Until the server has answered the whole message nothing is taken (RFC 5321, 4.2.5). A line that is cut before
that is tried again; one that is cut while the answer was due leaves it unsure.
"""

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from html import escape

from server.clock import Clock
from server.config import Smtp
from server.notices.calls import deadline
from server.notices.outcomes import Outcome, words

TIMEOUT_S, WHOLE_S = 10.0, 30.0
KEPT_FOR = 100  # messages on one line
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\x00-\x1f\x7f]+@[^\s@<>\"(),:;\\\x00-\x1f\x7f]+")
_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to whom; `its_id` stays the same however often it is sent."""

    its_id: str
    to_name: str
    to_address: str
    shop: str
    subject: str
    body: str
    language: str


def message(letter: Letter, sender: str, clock: Clock) -> EmailMessage:
    """Raises `ValueError` for an address that is none."""
    made = EmailMessage(policy=SMTP_POLICY)
    made["From"] = Address(_line(letter.shop), addr_spec=sender)
    made["To"] = Address(_line(letter.to_name), addr_spec=_addr_spec(letter.to_address))
    made["Subject"] = _line(letter.subject)
    made["Date"] = format_datetime(clock())
    made["Message-ID"] = f"<{letter.its_id}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = "zh-CN" if letter.language == "zh" else "en"
    made["List-Unsubscribe"] = f"<mailto:{sender}?subject=unsubscribe>"
    made.set_content(letter.body + "\n", cte="base64")
    made.add_alternative(_html(letter), subtype="html", cte="base64")
    return made


def _line(text: str) -> str:
    """One line without what controls anything: nobody writes headers of their own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _addr_spec(text: str) -> str:
    """Domains of other scripts are written as the mail servers know them (RFC 5890)."""
    _name, address = parseaddr(text)
    if address != text.strip() or not _ADDRESS.fullmatch(address):
        raise ValueError("not an address")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}" if not domain.isascii() else address


def _html(letter: Letter) -> str:
    paragraphs = []
    for each in letter.body.split("\n\n"):
        text = _LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(each))
        paragraphs.append(f"<p>{text.replace(chr(10), '<br>')}</p>")
    language = "zh-CN" if letter.language == "zh" else "en"
    style = "font:16px/1.5 system-ui,sans-serif;max-width:40em"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'</head><body style="{style}">{"".join(paragraphs)}</body></html>\n'
    )


class MailLine:
    """A line to the mail server, kept from one message to the next."""

    def __init__(self, smtp: Smtp, clock: Clock) -> None:
        self._smtp, self._clock = smtp, clock
        self._line: smtplib.SMTP | None = None
        self._sent = 0

    def close(self) -> None:
        line, self._line, self._sent = self._line, None, 0
        if line is not None:
            line.close()

    def send(self, letter: Letter) -> Outcome:
        """Sends it once; an old line that has gone meanwhile is opened anew. Never raises for what the
        server does.
        """
        try:
            made = message(letter, self._smtp.sender, self._clock)
            recipient = made["To"].addresses[0].addr_spec
        except (ValueError, IndexError, UnicodeError) as wrong:
            return Outcome("refused", words=words(str(wrong)))
        was_open = self._line is not None
        outcome = self._spoken(recipient, made)
        if outcome.kind == "again" and outcome.status is None and was_open:
            outcome = self._spoken(recipient, made)
        return outcome

    def _spoken(self, recipient: str, made: EmailMessage) -> Outcome:
        is_offered = False
        try:
            line = self._opened()
            with deadline(WHOLE_S, lambda: line.sock):
                options = [] if recipient.isascii() else ["SMTPUTF8"]
                if options and not line.has_extn("smtputf8"):
                    return Outcome("refused", words="the mail server knows no such addresses")
                if refused := self._envelope(line, recipient, options):
                    return refused
                raw = made.as_bytes(policy=SMTP_POLICY.clone(utf8=bool(options)))
                is_offered = True
                status, said = line.data(raw)
        except smtplib.SMTPDataError as refused_data:  # before the message itself went
            self.close()
            return _refusal(refused_data.smtp_code, refused_data.smtp_error)
        except (
            smtplib.SMTPResponseException
        ) as failure:  # before any message: a sign-in, a greeting
            self.close()
            return Outcome("again", failure.smtp_code, words(failure.smtp_error))
        except (OSError, smtplib.SMTPException, ValueError) as failure:
            self.close()
            told = words(f"{type(failure).__name__}: {failure}")
            return Outcome("unsure" if is_offered else "again", words=told)
        self._sent += 1
        if status != 250 or self._sent >= KEPT_FOR:
            self.close()
        return Outcome("sent", status, words(said)) if status == 250 else _refusal(status, said)

    def _envelope(self, line: smtplib.SMTP, recipient: str, options: list[str]) -> Outcome | None:
        """Who writes to whom; what the server says where it does not want that."""
        status, said = line.mail(self._smtp.sender, options)
        if status == 250:
            status, said = line.rcpt(recipient)
            if status in (250, 251):
                return None
        line.rset()
        return _refusal(status, said)

    def _opened(self) -> smtplib.SMTP:
        if self._line is not None:
            return self._line
        smtp = self._smtp
        trust = ssl.create_default_context()
        line: smtplib.SMTP
        if smtp.security == "tls":
            line = smtplib.SMTP_SSL(timeout=TIMEOUT_S, context=trust)
        else:
            line = smtplib.SMTP(timeout=TIMEOUT_S)
        line._host = smtp.host  # type: ignore[attr-defined]  # against which a certificate is held
        try:
            status, said = line.connect(smtp.host, smtp.port)
            if status != 220:
                raise smtplib.SMTPConnectError(status, said)
            line.ehlo_or_helo_if_needed()
            if smtp.security == "starttls":
                line.starttls(context=trust)
                line.ehlo()
            if smtp.username:
                line.login(smtp.username, smtp.password)
        except BaseException:
            line.close()
            raise
        self._line = line
        return line


def _refusal(status: int, said: bytes | str) -> Outcome:
    """4xx: try later; 5xx: never (RFC 5321, 4.2.1). Nobody knows what an answer without a sense means."""
    if 500 <= status < 600:
        return Outcome("refused", status, words(said))
    if 400 <= status < 500:
        return Outcome("again", status, words(said))
    return Outcome("unsure", words=words(said))
