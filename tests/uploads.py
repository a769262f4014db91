"""A tablet that speaks the media calls by hand, for tests of the server's side of them."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from tests.client import Client

UPLOADS = "/sync/v1/media/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that look like a file, the same for the same seed."""
    return hashlib.shake_128(str(seed).encode()).digest(size)


def metadata(**values: str) -> str:
    return ",".join(f"{name} {b64encode(text.encode()).decode()}" for name, text in values.items())


def enrol(client: Client, device_id: str = "01980000-0000-7000-8000-00000000d001") -> "Tablet":
    """Makes a signed-in client the tablet of that person."""
    form = {
        "device_id": device_id,
        "platform": "test",
        "name": "Tablet",
        "install_secret": "sixteen letters or more",
    }
    enrolled = client.post("/sync/v1/devices", json=form).get_json()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {enrolled['access_token']}"
    client.environ_base["HTTP_SYNC_DEVICE"] = device_id
    return Tablet(client, enrolled["access_token"], device_id)


class Tablet:
    """The calls, one by one; every answer is handed back as it came."""

    def __init__(self, client: Client, token: str, device_id: str) -> None:
        self.client, self.token, self.device_id = client, token, device_id

    @property
    def headers(self) -> dict[str, str]:
        """For clients of another kind."""
        return {"Authorization": f"Bearer {self.token}", "Sync-Device": self.device_id}

    def check(self, *contents: bytes) -> list[dict[str, Any]]:
        blobs = [{"sha256": sha256(each), "size": len(each)} for each in contents]
        answer = self.client.post("/sync/v1/media/check", json={"blobs": blobs})
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()["blobs"]

    def create(
        self, content: bytes, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        said = {
            **(TUS if body is None else BYTES),
            "Upload-Length": str(len(content)),
            "Upload-Metadata": metadata(sha256=sha256(content), mime="image/jpeg"),
            **(headers or {}),
        }
        return self.client.post(UPLOADS, data=body, headers=said)

    def begin(self, content: bytes) -> str:
        """Creates an upload and returns its address."""
        answer = self.create(content)
        assert answer.status_code == 201, answer.get_json()
        return str(answer.headers["Location"])

    def ask(self, where: str) -> Any:
        return self.client.head(where, headers=TUS)

    def offset(self, where: str) -> int:
        answer = self.ask(where)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def send(
        self,
        where: str,
        offset: int,
        body: bytes,
        *,
        promised: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """A PATCH; `promised` bytes where the connection is cut before they have all come."""
        environ = {} if promised is None else {"CONTENT_LENGTH": str(promised)}
        said = {**BYTES, "Upload-Offset": str(offset), **(headers or {})}
        return self.client.patch(where, data=body, headers=said, environ_overrides=environ)

    def end(self, where: str) -> Any:
        return self.client.delete(where, headers=TUS)

    def upload(self, content: bytes) -> str:
        """The whole of it, in one piece."""
        where = self.begin(content)
        if content:
            answer = self.send(where, 0, content)
            assert answer.status_code == 204, answer.get_json()
        return where
