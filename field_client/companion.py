"""The offline companion as a library: one object for one installation, and the person who works on it.

Everything here works without a network but `login` and `sync`. What a call reports as captured is on the
disk. Nothing is shared between two companions, so many can live in one process; one thread at a time each.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from field_client import conversation, enrolment, errors, people
from field_client import jobs as job_list
from field_client import status as figures
from field_client.captures import Captures
from field_client.clock import Clock
from field_client.outbox import Outbox
from field_client.store import BUSY_WAIT_S, Row, Store
from field_client.sync import Report, Sync
from field_client.transport import HttpTransport, Transport
from field_client.uploads import Progress

MakeTransport = Callable[[str], Transport]


class Companion(Captures):
    """An installation in the folder `home`; what is done on site is described in `Captures`.

    `transport` makes the connection to a server's address (by default HTTP); `person` is the username to
    work as, by default whoever signed in last. Raises StoreBusy, StoreTooNew, StoreBroken, DiskFull.
    """

    open_store: type[Store] = Store

    def __init__(
        self,
        home: Path | str,
        *,
        transport: MakeTransport | Transport | None = None,
        clock: Clock | None = None,
        person: str | None = None,
        language: str | None = None,
        position: Mapping[str, Any] | None = None,
        busy_wait_s: float = BUSY_WAIT_S,
    ) -> None:
        self.clock = clock or Clock()
        self.store = self.open_store(Path(home).expanduser(), self.clock, busy_wait_s=busy_wait_s)
        self.position = position
        self._transport, self._username, self._language = transport, person, language
        self._open_transport: Transport | None = None

    def close(self) -> None:
        if self._open_transport is not None and self._open_transport is not self._transport:
            self._open_transport.close()
        self.store.close()

    def __enter__(self) -> "Companion":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Who.

    @cached_property
    def person(self) -> Row:
        """The person at work. Raises SignInNeeded, PersonUnknown."""
        if self._username is not None:
            person = people.find(self.store, self._username)
        else:
            person = people.current(self.store)
        if not person["signed_in"]:
            raise errors.SignInNeeded()
        return person

    @property
    def language(self) -> str:
        """The language of messages: what was asked for, else the person's, else English."""
        if self._language:
            return self._language
        try:
            return str(self.person["language"])
        except errors.CompanionError:
            return "en"

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.store, self.person["person_id"])

    def _talk(self, person_id: str | None) -> conversation.Conversation:
        if self._open_transport is None:
            self._open_transport = self._connect()
        return conversation.Conversation(self.store, self._open_transport, person_id, self.language)

    def _connect(self) -> Transport:
        server = self.store.installation["server"]
        if self._transport is None or callable(self._transport):
            if not server:
                raise errors.NoServer()
            make: MakeTransport = self._transport or HttpTransport
            return make(server)
        return self._transport

    def login(self, username: str, password: str, server: str | None = None) -> Row:
        """Signs in and enrols this installation; the only call that must have a network.

        Raises WrongPassword, NetworkDown, ServerBusy, ServerSaid, OtherServer, NoServer.
        """
        self._use_server(server)
        row = enrolment.sign_in(self.store, self._talk(None), username, password)
        self._username = None
        self.__dict__.pop("person", None)
        return row

    def _use_server(self, server: str | None) -> None:
        known = self.store.installation["server"]
        wanted = server.rstrip("/") if server else known
        if wanted == known:
            return
        if known and self.store.rows("SELECT 1 FROM event WHERE state = 'waiting' LIMIT 1"):
            raise errors.OtherServer(server=known)
        self.store.set_installation(server=wanted)
        self._open_transport = None

    def logout(self) -> figures.Json:
        """Signs out on this device and, if it can be reached, on the server. What waits is kept and goes
        out when the person signs in again; returns how much that is.
        """
        waits = figures.waiting(self.outbox)
        person_id = self.person["person_id"]
        # Without a network the tokens are forgotten here and run out there.
        with suppress(errors.CompanionError):
            self._talk(person_id).ask("POST", "/api/v1/auth/logout", {})
        people.forget_tokens(self.store, person_id)
        self.__dict__.pop("person", None)
        return waits

    # With a network.

    def sync(
        self,
        *,
        patience_s: float = 30.0,
        on_cellular: bool = False,
        with_media: bool = True,
        progress: Progress | None = None,
    ) -> Report:
        """Sends what waits and receives what is new; see `Report`. Raises StoreBusy, DiskFull."""
        loop = Sync(
            self.store,
            self._talk(self.person["person_id"]),
            on_cellular=on_cellular,
            with_media=with_media,
            progress=progress,
        )
        return loop.run(patience_s)

    # What is here.

    def jobs(self) -> list[job_list.Job]:
        return job_list.of(self.outbox)

    def show(self, job_id: str) -> job_list.Job:
        return job_list.get(self.outbox, job_id)

    def status(self) -> figures.Json:
        return figures.of(self.outbox)

    def export(self, file: Path | str, *, everything: bool = False) -> dict[str, int]:
        """The black box: see `black_box.export`."""
        from field_client import black_box  # Late: cryptography is slow to load and rarely needed.

        return black_box.export(self.store, Path(file), everything=everything)
