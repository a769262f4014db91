"""The office over HTTP: somebody at a desk who uses nothing but the API, as its page shows it."""

from typing import Any

import httpx

from server.config import DEMO_PASSWORD

Json = dict[str, Any]


class Desk:
    """One colleague, signed in. Raises `httpx.HTTPError` for an answer that is not 2xx."""

    def __init__(self, server: str, username: str, language: str = "en") -> None:
        self._client = httpx.Client(base_url=f"{server}/api/v1", timeout=30, trust_env=False)
        self._client.headers["Accept-Language"] = language
        who = {"username": username, "password": DEMO_PASSWORD}
        token = self.post("/auth/login", who)["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **query: str) -> Json:
        return self._told(self._client.get(path, params=query))

    def items(self, path: str, **query: str) -> list[Json]:
        found: list[Json] = self.get(path, **query)["items"]
        return found

    def post(self, path: str, form: Json, *, rev: int | None = None) -> Json:
        """`rev` is the version that the caller has seen, where the API asks for it."""
        headers = {} if rev is None else {"If-Match": f'"{rev}"'}
        return self._told(self._client.post(path, json=form, headers=headers))

    def patch(self, path: str, form: Json, *, rev: int) -> Json:
        headers = {"If-Match": f'"{rev}"'}
        return self._told(self._client.patch(path, json=form, headers=headers))

    @staticmethod
    def _told(answer: httpx.Response) -> Json:
        answer.raise_for_status()
        told: Json = answer.json()
        return told
