"""Installers at work outside of the disk that loses its power: real companions, capturing and syncing.

A crew works in threads until it is told that the day is over. What the server has acknowledged to a tablet
stands in the tablet's own store, which the cut does not touch.
"""

import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from field_client import Answer, Companion
from field_client.errors import CompanionError
from field_client.transport import HttpTransport
from tests import people
from tests.faults.devices import picture

MEMBERS = (people.ALICE, people.ALICE, people.LENA, people.CAROL)
NOTES = 2  # for each photo
PATIENCE_S = 120.0


class Way:
    """The network between a tablet and wherever the server is today."""

    def __init__(self) -> None:
        self._road: HttpTransport | None = None

    def leads_to(self, address: str) -> None:
        self.close()
        self._road = HttpTransport(address)

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        assert self._road is not None
        return self._road.request(method, path, headers, body)

    def close(self) -> None:
        if self._road is not None:
            self._road.close()


class Crew:
    """The tablets of four, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ways = [Way() for _ in MEMBERS]
        self.tablets = [
            Companion(folder / f"tablet-{number}", transport=way)
            for number, way in enumerate(self._ways)
        ]
        self._over = threading.Event()
        self._kept = 0
        self._something_kept = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def signs_in(self, address: str) -> None:
        """Once, with names and passwords."""
        self.finds(address)
        for who, tablet in zip(MEMBERS, self.tablets, strict=True):
            tablet.login(who.username, people.PASSWORD, "https://office.example")
            tablet.sync()

    def finds(self, address: str) -> None:
        """The server is at another address now, as far as the tablets are concerned at the same."""
        for way in self._ways:
            way.leads_to(address)

    def sync(self) -> None:
        """Everything out and in. Raises AssertionError when something stays."""
        for tablet in self.tablets:
            report = tablet.sync(patience_s=20)
            assert report.is_done, report

    def starts_work(self) -> None:
        self._over.clear()
        self._kept = 0
        self._threads = [
            threading.Thread(target=self._work, args=(n,)) for n in range(len(self.tablets))
        ]
        for thread in self._threads:
            thread.start()

    def stops_work(self) -> None:
        """The day is over; whatever went wrong but for the network comes to light."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        if self._failures:
            raise self._failures[0]

    def close(self) -> None:
        with suppress(BaseException):
            self.stops_work()
        for tablet in self.tablets:
            tablet.close()

    def _work(self, number: int) -> None:
        tablet, file = self.tablets[number], self._folder / f"camera-{number}.jpg"
        jobs = [each.job_id for each in tablet.jobs()]
        try:
            while not self._over.is_set():
                for job_id in jobs:
                    for _ in range(NOTES):
                        tablet.note(job_id, "The door closes again")
                    file.write_bytes(picture())
                    tablet.photo(job_id, "after", file)
                    with suppress(CompanionError):
                        report = tablet.sync(patience_s=0)
                        self._note_kept(sum(report.by_status.values()) + report.files)
                    if self._over.is_set():
                        return
        except BaseException as failure:
            self._failures.append(failure)

    def _note_kept(self, more: int) -> None:
        with self._something_kept:
            self._kept += more
            self._something_kept.notify_all()

    def waits_until_kept(self, how_many: int) -> None:
        """Until the server has acknowledged so much since the work began. Raises AssertionError."""
        with self._something_kept:
            got_there = self._something_kept.wait_for(
                lambda: self._kept >= how_many or bool(self._failures), PATIENCE_S
            )
        assert got_there, f"only {self._kept} were acknowledged"

    # What the server has said it keeps.

    @property
    def events(self) -> set[str]:
        return self._told("SELECT event_id AS id FROM event WHERE state = 'acknowledged'")

    @property
    def photos(self) -> set[str]:
        return self._told("SELECT sha256 AS id FROM blob WHERE state = 'stored'")

    def _told(self, sql: str) -> set[str]:
        return {row["id"] for tablet in self.tablets for row in tablet.store.rows(sql)}
