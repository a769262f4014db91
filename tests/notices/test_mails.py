"""Mails as they leave, and mail servers that are down, slow or say no."""

import socket
from collections.abc import Callable
from threading import Thread

import pytest

from server.config import Smtp
from server.notices.mails import Letter, MailLine, message
from tests.live import free_port
from tests.notices.receivers import Mailbox
from tests.people import NOW

SENDER = "service@shop.example"


def letter(**changes: str) -> Letter:
    ordinary = {
        "its_id": "01980000-0000-7000-8000-000000000abc",
        "to_name": "Li Na",
        "to_address": "li.na@example.com",
        "shop": "Branch North",
        "subject": "Your appointment",
        "body": "Hello,\n\nsee https://shop.example/c/act/x?a=1&b=2 <now>",
        "language": "en",
    }
    return Letter(**{**ordinary, **changes})


def line_to(port: int, **changes: str) -> MailLine:
    return MailLine(Smtp("127.0.0.1", port, "none", SENDER, **changes), lambda: NOW)


def test_it_works(mailbox: Mailbox) -> None:
    line = line_to(mailbox.port)
    first, second = line.send(letter()), line.send(letter(its_id="two"))
    line.close()
    assert (first.kind, first.status, second.kind) == ("sent", 250, "sent")
    mail = mailbox.mails[0]
    assert mail["From"] == "Branch North <service@shop.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"]
    assert mailbox.ids() == [
        "<01980000-0000-7000-8000-000000000abc@shop.example>",
        "<two@shop.example>",
    ]
    html = mail.get_body(("html",))
    assert html is not None
    assert "&lt;now&gt;" in html.get_content()
    assert '<a href="https://shop.example/c/act/x?a=1&amp;b=2">' in html.get_content()


@pytest.mark.parametrize(
    "name", ["王小明", "Zoë 🌸", "لينا", "𠮷野家", 'O\'Neil, "Bob" <x@y>', "a" * 300]
)
def test_names_of_every_kind_arrive(mailbox: Mailbox, name: str) -> None:
    line = line_to(mailbox.port)
    assert line.send(letter(to_name=name, subject=f"Hello {name}")).kind == "sent"
    line.close()
    [mail] = mailbox.mails
    assert mail["To"].addresses[0].display_name == name
    assert mail["To"].addresses[0].addr_spec == "li.na@example.com"
    assert mail["Subject"] == f"Hello {name}"


def test_nobody_writes_headers_of_their_own() -> None:
    made = message(
        letter(to_name="Li\r\nBcc: all@example.com", subject="x\nBcc: y\x00\u2028z"),
        SENDER,
        lambda: NOW,
    )
    assert "Bcc" not in made
    assert made["To"].addresses[0].display_name == "Li Bcc: all@example.com"


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c", "a b@example.com", "a@example.com, b@example.com", "x@y\r\nBcc: z@q",
     "Li <li@example.com>", "@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused_for_good(mailbox: Mailbox, address: str) -> None:
    outcome = line_to(mailbox.port).send(letter(to_address=address))
    assert (outcome.kind, mailbox.mails) == ("refused", [])


def test_addresses_of_other_scripts(mailbox: Mailbox) -> None:
    line = line_to(mailbox.port)
    assert line.send(letter(to_address="li.na@例子.example")).kind == "sent"
    assert mailbox.mails[0]["To"].addresses[0].domain == "xn--fsqu00a.example"
    assert line.send(letter(to_address="李娜@example.com")).kind in ("sent", "refused")
    line.close()


def test_what_the_server_says_counts(mailbox: Mailbox) -> None:
    line = line_to(mailbox.port)
    assert line.send(letter(to_address="nobody@example.com")).kind == "refused"
    for answer, kind in (
        ("451 try later", "again"),
        ("554 spam", "refused"),
        ("250 OK", "sent"),
        ("421 closing", "again"),
        ("250 OK", "sent"),
    ):
        mailbox.answers.append(answer)
        assert line.send(letter()).kind == kind, answer
    line.close()
    assert len(mailbox.mails) == 2


def test_a_line_that_has_gone_is_opened_anew(mailbox: Mailbox) -> None:
    line = line_to(mailbox.port)
    assert line.send(letter()).kind == "sent"
    mailbox.hangs_up()
    assert line.send(letter()).kind == "sent"
    line.close()
    assert len(mailbox.mails) == 2


def test_who_is_down_took_nothing() -> None:
    assert line_to(free_port()).send(letter()).kind == "again"


def speaking(says: Callable[[socket.socket], None]) -> int:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _address = listener.accept()
        with listener, line:
            line.settimeout(5)
            says(line)

    Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])


def up_to_the_message(line: socket.socket, last_words: bytes) -> None:
    """Takes everything and is gone before it says so; or says something else."""
    line.sendall(b"220 here\r\n")
    with line.makefile("rb") as said:
        for words in said:
            verb = words[:4].upper()
            if verb == b"DATA":
                line.sendall(b"354 go on\r\n")
                for each in said:
                    if each == b".\r\n":
                        line.sendall(last_words)
                        return
            line.sendall(b"250 OK\r\n")


@pytest.mark.parametrize(
    ("last_words", "kind"), [(b"", "unsure"), (b"nonsense\r\n", "unsure"), (b"250 OK\r\n", "sent")]
)
def test_a_cut_while_the_answer_was_due_is_unsure(last_words: bytes, kind: str) -> None:
    port = speaking(lambda line: up_to_the_message(line, last_words))
    line = line_to(port)
    assert line.send(letter()).kind == kind
    line.close()


@pytest.mark.parametrize("greeting", [b"", b"nonsense\r\n", b"554 go away\r\n"])
def test_a_server_that_is_none_took_nothing(greeting: bytes) -> None:
    port = speaking(lambda line: line.sendall(greeting))
    assert line_to(port).send(letter()).kind in ("again", "refused")


def test_without_tls_no_password_goes_out_where_it_is_asked_for(mailbox: Mailbox) -> None:
    smtp = Smtp("127.0.0.1", mailbox.port, "starttls", SENDER, "shop", "secret")
    outcome = MailLine(smtp, lambda: NOW).send(letter())
    assert (outcome.kind, mailbox.mails) == ("again", [])
