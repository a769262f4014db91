"""The shop at work through HTTP only: the desk, and people on their trips with a tablet.

`Shop` speaks as Wei (advisor) and Bob (dispatcher); a `Trip` is somebody on a job, who captures without
signal and sends later. For tests that tell a story as the API's reference tells it.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from server.clock import wire as moment
from server.domain import receipts
from tests import uploads
from tests.client import Client
from tests.conftest import HandClock
from tests.events import blob, part, photo, request
from tests.office import CHECKLIST, SLOTS
from tests.people import ALICE, BOB, SUN, WEI, Character
from tests.wire import Wire

SignIn = Callable[[Character], Client]
Json = dict[str, Any]

SEEDS = count(1_000)  # no two files are the same


def asked(answer: Any, status: int = 200) -> Json:
    """The body of an answer that went as it should."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    body: Json = answer.json
    return body


class Shop:
    """Verbs of the desk; each is one call of the API, or the few that a clerk would make."""

    def __init__(self, sign_in: SignIn, clock: HandClock) -> None:
        self.sign_in, self.clock = sign_in, clock
        self.wei, self.bob, self.sun = sign_in(WEI), sign_in(BOB), sign_in(SUN)
        self.tablets: dict[str, Wire] = {}

    def takes_in_a_customer(self, **changes: Any) -> Json:
        """Somebody with a site and an asset, as a form for a ticket wants them."""
        form = {"name": "Li Na", "phone": "138 0013 8000", "language": "zh", **changes}
        customer = asked(self.wei.post("/api/v1/customers", json=form), 201)
        form = {"customer_id": customer["id"], "address": "12 Jade Lane", "city": "Chengdu"}
        site = asked(self.wei.post("/api/v1/sites", json=form), 201)
        model = f"HOOD-{customer['id'][-6:]}"
        product = asked(
            self.sun.post("/api/v1/products", json={"model": model, "name": "Hood"}), 201
        )
        form = {"site_id": site["id"], "product_id": product["id"], "serial": "SN-1"}
        asset = asked(self.wei.post("/api/v1/assets", json=form), 201)
        return {"customer_id": customer["id"], "site_id": site["id"], "asset_id": asset["id"]}

    def opens_a_ticket(self, **changes: Any) -> Json:
        whom = {} if "customer_id" in changes else self.takes_in_a_customer()
        form = {"kind": "repair", "summary": "The hood rattles", **whom, **changes}
        return asked(self.wei.post("/api/v1/tickets", json=form), 201)

    def assignment(self, to: Character = ALICE, **changes: Any) -> Json:
        start = self.clock() + timedelta(hours=1)
        return {
            "assignee_id": to.id,
            "window_start": moment(start),
            "window_end": moment(start + timedelta(hours=2)),
            "slots": SLOTS,
            "checklist": CHECKLIST,
            **changes,
        }

    def issues_a_job(self, ticket: Json | None = None, to: Character = ALICE, **more: Any) -> Json:
        of = ticket or self.opens_a_ticket()
        form = {"ticket_id": of["id"], **self.assignment(to, **more)}
        return asked(self.bob.post("/api/v1/jobs", json=form), 201)

    def issues_the_revisit(self, revisit: Json, to: Character = ALICE, **more: Any) -> Json:
        path = f"/api/v1/revisits/{revisit['id']}/issue"
        form = {"assignee_id": to.id, "reason": "The part comes along.", **more}
        return asked(self.bob.post(path, json=form), 201)

    def ticket(self, thing: Json) -> Json:
        """The ticket of a job or revisit, or the ticket itself, as it stands now."""
        return asked(self.wei.get(f"/api/v1/tickets/{thing.get('ticket_id', thing['id'])}"))

    def waits(self, thing: Json) -> list[str]:
        """The codes of what its ticket still waits for."""
        return [each["code"] for each in self.ticket(thing)["still_waits_for"]]

    def job(self, job: Json) -> Json:
        return asked(self.bob.get(f"/api/v1/jobs/{job['id']}"))

    def judges(self, job: Json, verdict: str = "accept", reason: str | None = None) -> Json:
        form = {"verdict": verdict, **({"reason": reason} if reason else {})}
        headers = {"If-Match": f'"{self.job(job)["edition"]}"'}
        path = f"/api/v1/jobs/{job['id']}/verdict"
        return asked(self.wei.post(path, json=form, headers=headers))

    def revisit(self, ticket: Json, state: str | None = None) -> Json:
        """The only revisit of the ticket, or the only one in this state."""
        query = {"ticket_id": ticket["id"], **({"state": state} if state else {})}
        found = asked(self.wei.get("/api/v1/revisits", query_string=query))["items"]
        assert len(found) == 1, found
        one: Json = found[0]
        return one

    def decides_revisit(self, revisit: Json, to: str, reason: str | None = None) -> Json:
        form = {"to": to, **({"reason": reason} if reason else {})}
        path = f"/api/v1/revisits/{revisit['id']}/decide"
        headers = {"If-Match": f'"{revisit["rev"]}"'}
        return asked(self.wei.post(path, json=form, headers=headers))

    def exception(self, job: Json, **query: str) -> Json:
        """The only open exception about the job."""
        query = {"job_id": job["id"], "state": "open", **query}
        found = asked(self.bob.get("/api/v1/exceptions", query_string=query))["items"]
        assert len(found) == 1, found
        one: Json = found[0]
        return one

    def decides_exception(self, exception: Json, decision: str) -> Json:
        form = {"decision": decision, "reason": "The customer confirmed it."}
        path = f"/api/v1/exceptions/{exception['id']}/decide"
        headers = {"If-Match": f'"{exception["rev"]}"'}
        return asked(self.bob.post(path, json=form, headers=headers))

    def sends(self, who: Character, job: Json) -> "Trip":
        """Somebody takes the job along on the tablet, and drives out of all signal."""
        if who.id not in self.tablets:
            self.tablets[who.id] = Wire(self.sign_in(who), who, self.clock)
        return Trip(self.tablets[who.id], job["id"], self.clock)


class Trip:
    """Somebody on a job: what is captured waits until it is sent."""

    def __init__(self, wire: Wire, job_id: str, clock: HandClock) -> None:
        self.wire, self.clock = wire, clock
        self.sheet = wire.pulls_job(job_id)
        self.lane = wire.lane(job_id, base_rev=self.sheet["rev"], at=clock())
        self.files: list[bytes] = []
        self.sent = 0

    def does(self, kind: str, **data: Any) -> Json:
        """Captures one event; its data is the ordinary one unless told."""
        return self.lane.add(kind, data or None)

    def arrives(self) -> None:
        for kind in ("job.accepted", "travel.started", "visit.arrived", "visit.assessed"):
            self.does(kind)

    def takes_photo(self, slot: str = "after", content: bytes | None = None) -> Json:
        """Of something that nobody can look at, unless told."""
        content = content or uploads.noise(2_000, seed=next(SEEDS))
        self.files.append(content)
        return self.does("photo.taken", **photo(content, slot=slot))

    def works(self) -> None:
        """All that the sheet asks for."""
        for slot in self.sheet["slots"]:
            self.takes_photo(slot["slot"])
        for step in self.sheet["checklist"]["steps"]:
            self.does("checklist.answered", step_id=step["step_id"], answer=True)

    def uses_part(self, **changes: Any) -> Json:
        return self.does("part.used", **part(**changes))

    def requests_part(self, **changes: Any) -> Json:
        return self.does("part.requested", **request(**changes))

    def digest(self, reservation: str | None = None) -> str:
        """Of the receipt that the tablet builds from what was captured so far."""
        built = receipts.build(self.sheet, self.lane.events, language="zh", reservation=reservation)
        return receipts.digest(built)

    def has_it_signed(self, reservation: str | None = None, **more: Any) -> Json:
        self.does("receipt.presented", receipt_digest=self.digest(), language="zh")
        content = uploads.noise(500, seed=next(SEEDS))
        self.files.append(content)
        said = {
            "receipt_digest": self.digest(reservation),
            "signer_name": "Li Na",
            "relation": "self",
            "signature": blob(content, "image/png"),
            **({"reservation": reservation} if reservation else {}),
            **more,
        }
        return self.does("receipt.signed", **said)

    def finishes(self, outcome: str = "completed", **said: Any) -> Json:
        return self.lane.finish(outcome, **said)

    def completes(self, reservation: str | None = None, **said: Any) -> None:
        """The whole visit, from accepting to leaving."""
        self.arrives()
        self.works()
        self.has_it_signed(reservation, **said)
        self.finishes()

    def sends_events(self) -> list[str]:
        """There is signal again: pushes what waits; what became of each."""
        self.clock.now = max(self.clock.now, self.lane.at + timedelta(minutes=1))
        waiting, self.sent = self.lane.events[self.sent :], len(self.lane.events)
        answer = asked(self.wire.sends(*waiting, sent_at=moment(self.clock())))
        return [each["status"] for each in answer["results"]]

    def sends_files(self) -> None:
        """Brings the photos and the signature, by tus."""
        tablet = uploads.Tablet(self.wire.client, "", self.wire.device_id)
        while self.files:
            tablet.upload(self.files.pop(0))

    def comes_home(self) -> None:
        """Everything goes out, and everything counts."""
        became = self.sends_events()
        assert set(became) == {"applied"}, became
        self.sends_files()
