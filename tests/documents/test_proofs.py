"""What the code on a receipt opens: for anybody, without acting, and for nobody who guesses."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server import worker
from server.actions import documents
from server.db.receipts import Receipt
from server.domain import erasures
from server.house import House
from tests.documents.conftest import drawn
from tests.documents.test_evidence import done
from tests.papers import paper, visit
from tests.shop import Shop, asked

Page = tuple[int, str]


class Reader:
    """Somebody with the paper in hand."""

    def __init__(self, app: Flask, shop: Shop) -> None:
        self.house: House = app.extensions["doorstep"]
        self.client: FlaskClient = app.test_client()
        self.shop = shop
        self.trip = done(shop, self.house)
        query = {"ticket_id": self.trip.sheet["ticket"]["id"]}
        found = asked(shop.wei.get("/api/v1/receipts", query_string=query))["items"]
        self.shown, self.signed = found

    @property
    def path(self) -> str:
        return f"/c/receipts/{documents.code_of(self.signed['id'], self.house.config)}"

    def looks(self, path: str | None = None, **query: str) -> Page:
        answer = self.client.get(path or self.path, query_string=query)
        return answer.status_code, answer.get_data(as_text=True)

    def compares(self, content: bytes) -> Page:
        head = 'Content-Disposition: form-data; name="file"; filename="receipt.pdf"'
        answer = self.client.post(
            self.path,
            data=b"--x\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--x--\r\n",
            content_type="multipart/form-data; boundary=x",
            query_string={"language": "en"},
        )
        return answer.status_code, answer.get_data(as_text=True)

    def pdf(self) -> bytes:
        answer = self.shop.wei.get(f"/api/v1/receipts/{self.signed['id']}/pdf")
        assert answer.status_code == 200
        return answer.get_data()


@pytest.fixture
def reader(app: Flask, shop: Shop) -> Reader:
    return Reader(app, shop)


def test_it_works(reader: Reader) -> None:
    status, page = reader.looks(language="en")
    assert status == 200
    for line in ("Signed", "Nothing was changed since.", reader.signed["digest"],
                 reader.signed["short_code"], "L… N…", "Version 1: Shown to the customer, not signed",
                 "certificate is self-made"):  # fmt: skip
        assert line in page, line
    assert "Li Na" not in page, "whoever holds the paper knows the name; nobody learns it here"
    assert "Jade Lane" not in page
    status, page = reader.looks()
    assert "已签字" in page
    assert 'name="robots" content="noindex"' in page
    assert len(page.encode()) < 60_000
    assert reader.client.get("/c/receipts/proof.css").mimetype == "text/css"
    start, _, code = reader.path.rpartition("/")
    typed = f"{code[:4].lower()}-{code[4:8]} {code[8:]}"
    assert reader.looks(f"{start}/{typed}")[0] == 200, "as people type"


def test_a_file_is_compared_and_not_kept(reader: Reader) -> None:
    content, media = reader.pdf(), reader.house.config.media
    files = {each for each in media.rglob("*") if each.is_file()}
    status, page = reader.compares(content)
    assert (status, "belongs to this receipt" in page) == (200, True)
    assert {each for each in media.rglob("*") if each.is_file()} == files


def test_what_changed_since_is_told_and_the_old_paper_stays_genuine(reader: Reader) -> None:
    old = reader.pdf()
    reader.trip.does("note.added", text="The left door, too", audience="customer")
    reader.trip.sends_events()
    assert "There is a newer version: 3." in reader.looks(language="en")[1]
    status, page = reader.compares(old)
    assert (status, "This file is genuine" in page) == (200, True)
    assert "Version 3: Changed after the signature" in page


def test_altered_and_foreign_files_are_told(reader: Reader, thumbs: Any) -> None:
    content = reader.pdf()
    at = len(content) // 2
    altered = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    foreign = drawn(paper(visit(0), thumbs))
    for file, sentence in (
        (altered, "NOT as it was signed"),
        (foreign, "not with this shop&#39;s certificate"),
        (b"", "choose a file first"),
        (b"\x00" * 8_000_001, "too large"),
    ):
        status, page = reader.compares(file)
        assert (status, sentence in page) == (422, True), sentence


def test_who_guesses_is_stopped(app: Flask) -> None:
    client = app.test_client()
    for number in range(20):
        assert client.get(f"/c/receipts/{number:016}").status_code == 404
    assert client.get(f"/c/receipts/{20:016}").status_code == 429


def test_an_erased_customer_leaves_nothing_to_read(reader: Reader, save: Any) -> None:
    """Only that it was there, and its digest. There is no PDF of it any more."""

    def erase(session: Any) -> None:
        receipt = session.get_one(Receipt, reader.signed["id"])
        receipt.content, receipt.signer_name = erasures.receipt(receipt.content), erasures.GONE

    reader.house.database.write(erase)
    status, page = reader.looks(language="en")
    assert (status, "was erased" in page, "L…" in page) == (200, True, False)
    assert reader.shop.wei.get(f"/api/v1/receipts/{reader.signed['id']}/pdf").status_code == 404
    assert worker.run_once(reader.house) == 0
