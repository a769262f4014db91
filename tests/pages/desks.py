"""Somebody at a desk: opens pages and sends their forms, with the cookie and the token that a page carries."""

import re
from html import unescape
from typing import Any

from tests import people
from tests.client import Client

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


class Page:
    """What came back, as somebody reads it."""

    def __init__(self, answer: Any) -> None:
        self.status: int = answer.status_code
        self.goes_to: str = answer.headers.get("Location", "")
        self.headers = answer.headers
        self.html: str = answer.get_data().decode("utf-8", "replace")  # of a file, nothing to read

    @property
    def text(self) -> str:
        """Its words, without what is not seen."""
        seen = re.sub(r"<(script|style|head|template).*?</\1>|<[^>]+>", " ", self.html, flags=re.S)
        return " ".join(unescape(seen).split())

    def links(self) -> list[str]:
        return [unescape(each) for each in re.findall(r'href="([^"]+)"', self.html)]

    def actions(self) -> list[str]:
        """Where its forms go."""
        return [unescape(each) for each in re.findall(r'<form[^>]*action="([^"]+)"', self.html)]

    def value(self, name: str) -> str:
        """What stands in the field of this name."""
        for tag in re.findall(r"<input[^>]*>", self.html):
            if f'name="{name}"' in tag:
                found = re.search(r'value="([^"]*)"', tag)
                return unescape(found.group(1)) if found else ""
        written = re.search(rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', self.html, re.S)
        return unescape(written.group(1)) if written else ""


def with_files(name: str, files: dict[str, bytes], said: dict[str, str]) -> dict[str, Any]:
    """A body as browsers make it: the test client would leave a file behind for a large one."""
    parts = [
        f'Content-Disposition: form-data; name="{key}"\r\n\r\n'.encode() + value.encode()
        for key, value in said.items()
    ]
    parts += [
        f'Content-Disposition: form-data; name="{name}"; filename="{each}"\r\n\r\n'.encode()
        + content
        for each, content in files.items()
    ]
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=edge"}


class Desk:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.page: Page | None = None

    def opens(self, path: str, **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.page = Page(self.client.get(path, headers={**BROWSER, **named}))
        return self.page

    def sends(self, path: str, **fields: str) -> Page:
        """A form of the page that is open, or of Today, with its token; `from_` is sent as `from`."""
        page = self.page if self.page and "csrf_token" in self.page.html else self.opens("/office/")
        said = {name.rstrip("_"): value for name, value in fields.items()}
        form = {"csrf_token": page.value("csrf_token"), **said}
        return Page(self.client.post(path, data=form, headers=BROWSER))

    def brings(self, path: str, files: dict[str, bytes], **fields: str) -> Page:
        """A form with pictures in its field `photos`, by the names of the files."""
        page = self.page if self.page and "csrf_token" in self.page.html else self.opens("/office/")
        said = {"csrf_token": page.value("csrf_token"), **fields}
        return Page(self.client.post(path, **with_files("photos", files, said), headers=BROWSER))

    def follows(self, page: Page) -> Page:
        assert page.status == 303, (page.status, page.text)
        return self.opens(page.goes_to)

    def types_in(self, username: str, password: str, **more: str) -> Page:
        form = {"username": username, "password": password, **more}
        return Page(self.client.post("/office/sign-in", data=form, headers=BROWSER))

    def signs_in(self, who: people.Character, **more: str) -> Page:
        page = self.types_in(who.username, people.PASSWORD, **more)
        assert page.status == 303, page.text
        return page
