"""The customer's page by its links: what each opens and does, and what it does not."""

import base64
from typing import Any

import pytest
from flask import Flask

from server.actions import customer_links
from server.db.tickets import Ticket
from tests.client import Client
from tests.pages.desks import Page
from tests.pictures import saved
from tests.shop import Json, Shop

from server.demo.pictures import draw  # isort: skip

PNG = (
    "data:image/png;base64,"
    + base64.b64encode(saved(draw("kitchen_after"), "PNG")[:60_000]).decode()
)


class Phone:
    """Of a customer: opens links and sends the forms that stand behind them."""

    def __init__(self, app: Flask) -> None:
        self.client = Client(app, app.response_class)
        self.page: Page | None = None

    def opens(self, path: str, **headers: str) -> Page:
        self.page = Page(self.client.get(path, headers=headers))
        return self.page

    def sends(self, path: str, **fields: str) -> Page:
        """A form of the page that is open, with the mark that it carries."""
        proof = self.page.value("proof") if self.page else ""
        answer = Page(self.client.post(path, data={"proof": proof, **fields}))
        return self.opens(answer.goes_to) if answer.status == 303 else answer


@pytest.fixture
def phone(app: Flask) -> Phone:
    return Phone(app)


@pytest.fixture
def link(app: Flask, write: Any, shop: Shop) -> Any:
    """The path of a link for the ticket of a job."""

    def made(job: Json, purpose: str) -> str:
        def make(session: Any) -> str:
            ticket = session.get_one(Ticket, job["ticket_id"])
            secret = app.extensions["doorstep"].config.secret
            return customer_links.link_for(session, secret, ticket, purpose, shop.clock())

        path: str = write(make)
        return path

    return made


def test_it_works(shop: Shop, phone: Phone, link: Any) -> None:
    job = shop.issues_a_job(notes="Ring twice.")
    look = link(job, "look")
    assert look == link(job, "look"), "the same is handed out again"
    page = phone.opens(look)
    assert page.status == 200
    assert "上门时间" in page.text
    assert "Alice" in page.text
    assert "确认该时间" not in page.text, "who looks cannot act"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Ring twice" not in page.text, "what the office notes for the installer is the office's"
    assert "Your appointment" in phone.opens(look + "?language=en").text
    assert "This time suits me" in phone.opens(link(job, "act") + "?language=en").text
