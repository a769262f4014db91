"""A tablet that speaks the sync protocol by hand: for what the companion would never say."""

import json
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from server.clock import wire as wire_form
from server.ids import new_id
from tests.client import Client
from tests.events import Event, Lane
from tests.people import Character

Result = dict[str, Any]
SignIn = Callable[[Character], Client]


class Wire:
    """One enrolled installation with one person on it."""

    def __init__(
        self,
        client: Client,
        who: Character,
        clock: Callable[[], datetime],
        device_id: str | None = None,
    ) -> None:
        self.client, self.who, self.clock = client, who, clock
        self.device_id = device_id or new_id()
        self.numbers = count(1)
        self.cursor: str | None = None
        enrolled = self.enrols()
        assert enrolled.status_code == 200, enrolled.json
        client.environ_base["HTTP_SYNC_DEVICE"] = self.device_id
        self.takes(enrolled.json)

    def enrols(self, **changes: Any) -> Any:
        form = {
            "device_id": self.device_id,
            "platform": "test",
            "name": f"{self.who.name}'s tablet",
            "install_secret": "sixteen letters or more",
            **changes,
        }
        return self.client.post("/sync/v1/devices", json=form)

    def takes(self, tokens: dict[str, str]) -> None:
        self.refresh_token = tokens["refresh_token"]
        self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens['access_token']}"

    def renews(self) -> None:
        """Some time has passed: new tokens for old."""
        old = {"Authorization": f"Bearer {self.refresh_token}"}
        renewed = self.client.post("/api/v1/auth/refresh", headers=old)
        assert renewed.status_code == 200, renewed.json
        self.takes(renewed.json)

    def lane(self, job_id: str, **changes: Any) -> Lane:
        return Lane(self.who, job_id, numbers=self.numbers, **changes)

    def batch(self, *events: Any) -> dict[str, Any]:
        return {
            "device_id": self.device_id,
            "batch_id": new_id(),
            "sent_at": wire_form(self.clock()),
            "events": list(events),
        }

    def sends(self, *events: Any, **changes: Any) -> Any:
        """The answer to a push as it came."""
        body = json.dumps({**self.batch(*events), **changes})
        return self.client.post("/sync/v1/push", data=body, content_type="application/json")

    def pushes(self, *events: Event) -> list[Result]:
        """The results of a push, one for each event."""
        answer = self.sends(*events)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        results: list[Result] = answer.json["results"]
        assert [each["event_id"] for each in results] == [each["event_id"] for each in events]
        return results

    def statuses(self, *events: Event) -> list[str]:
        """What became of them; a code stands behind its status: "held waiting_for"."""
        return [said(each) for each in self.pushes(*events)]

    def asks_status(self, *event_ids: str) -> list[str]:
        answer = self.client.post("/sync/v1/events/status", json={"event_ids": list(event_ids)})
        assert answer.status_code == 200, answer.json
        return [said(each) for each in answer.json["results"]]

    def pull_page(self, cursor: str | None = None, limit: int | None = None) -> Any:
        asked = {"cursor": cursor, "limit": limit}
        query = {name: value for name, value in asked.items() if value is not None}
        return self.client.get("/sync/v1/pull", query_string=query)

    def pulls(self, limit: int | None = None) -> list[dict[str, Any]]:
        """All changes since the last time, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.pull_page(self.cursor, limit)
            assert answer.status_code == 200, answer.json
            found += answer.json["changes"]
            self.cursor = answer.json["cursor"]
            if not answer.json["more"]:
                return found

    def pulls_job(self, job_id: str) -> dict[str, Any]:
        """The job as a fresh pull tells it."""
        self.cursor = None
        jobs = [each for each in self.pulls() if each["kind"] == "job" and each["id"] == job_id]
        assert len(jobs) == 1, jobs
        data: dict[str, Any] = jobs[0]["data"]
        return data


def said(result: Result) -> str:
    return " ".join(filter(None, (result["status"], result.get("code"))))
