"""The main job, played over HTTP by the real companion and told as it happens.

Two jobs go out to Alice's tablet. She works without signal; one is completed, one lacks a part. The network
cuts her twice. One ticket closes, the other has its revisit.
"""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from field_client import Clock, Companion, jobs, signatures
from field_client.captures import step_of
from server.clock import wire
from server.demo import pictures
from server.demo.customers import BY_KEY, Household
from server.demo.days import SHANGHAI
from server.demo.desk import Desk, Json
from server.demo.home import Home
from server.demo.network import WeakNetwork
from server.demo.people import ALICE, BOB, WEI
from server.demo.pictures import Scene
from server.demo.tablets import at_the_door
from server.demo.words import Teller, size
from server.domain import receipts
from server.domain.checklists import slot_of

PHOTO = (2048, 1536)
POLL_S = 0.3
PATIENCE_S = 60.0
LONG_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f-]{27}\b")


@dataclass(frozen=True)
class Errand:
    """One of the two trips: whose, what for, and what Alice finds."""

    household: str
    model: str
    serial: str
    fault: str
    summary: str
    description: str
    scenes: dict[str, Scene]
    sku: str
    quantity: int
    words: str = ""


DOOR = Errand(
    "wang_xm",
    "KIT-LINEA",
    "KL-2609-0417",
    "hinge_or_runner",
    "吊柜左门下垂，关不严",
    "The left wall-cabinet door hangs and does not close. 客户在家，下午方便。",
    {
        "before": "kitchen_before",
        "after": "kitchen_after",
        "serial_label": "serial_label",
        "area_clean": "clean_floor",
        "old_part": "hinge_detail",
    },
    sku="HINGE-110",
    quantity=2,
)
WASHER = Errand(
    "miller",
    "WM-8PRO",
    "WM8P-2140-91002",
    "leak",
    "Washing machine leaks at the door",
    "Water on the floor after every wash; the machine is eight months old.",
    {"before": "washing_machine"},
    sku="SEAL-DOOR-WM",
    quantity=1,
    words="Door seal torn at the bottom; none in the van.",
)
ANSWERS: Json = {
    "fault": "hinge_or_runner",
    "fault_cause": "use",
    "part_replaced": True,
    "old_part_goes": "returned",
}


@dataclass
class Trip:
    """One errand as it goes: the numbers that people read out."""

    errand: Errand
    ticket_id: str
    job_id: str
    digest: str = ""

    @property
    def household(self) -> Household:
        return BY_KEY[self.errand.household]


class Story:
    """Everybody and everything that the story needs, ready to play. `check` raises when a child died."""

    def __init__(self, home: Home, address: str, teller: Teller, check: Callable[[], None]) -> None:
        self.home, self.address, self.teller, self.check = home, address, teller, check
        self._stack = ExitStack()
        self.wei, self.bob = self._desk(WEI.username), self._desk(BOB.username)
        self.network = WeakNetwork(address)
        self._stack.callback(self.network.close)
        clock = Clock(zone="Asia/Shanghai")
        self.alice = self._stack.enter_context(
            Companion(home.tablets / ALICE.username, transport=self.network, clock=clock)
        )

    def _desk(self, username: str) -> Desk:
        desk = Desk(self.address, username, self.teller.language)
        self._stack.callback(desk.close)
        return desk

    def close(self) -> None:
        self._stack.close()

    def says(self, who: str, key: str, **facts: object) -> None:
        self.teller.event(who, datetime.now(UTC), key, **facts)

    def play(self) -> Json:
        """Plays it all. Returns what it came to, for those who look later."""
        door, washer = self._office_sends_alice()
        self._alice_works_without_signal(door, washer)
        self._network_cuts_twice()
        self._office_accepts(door, washer)
        return {
            "closed": door.ticket_id,
            "closed_job": door.job_id,
            "open": washer.ticket_id,
            "open_job": washer.job_id,
            "photos": self._photo_ids(door.job_id),
        }

    # 1. The office.

    def _office_sends_alice(self) -> tuple[Trip, Trip]:
        self.teller.chapter("chapter_office")
        now = datetime.now(UTC)
        door = self._sends(DOOR, now, [{"sku": DOOR.sku, "quantity": DOOR.quantity}])
        return door, self._sends(WASHER, now + timedelta(hours=2), [])

    def _sends(self, errand: Errand, start: datetime, parts: list[Json]) -> Trip:
        asset = self.wei.items("/assets", serial=errand.serial)[0]
        household = BY_KEY[errand.household]
        customer = self.wei.items("/customers", q=household.phone)[0]
        form = {
            "customer_id": customer["id"],
            "asset_id": asset["id"],
            "kind": "repair",
            "channel": "phone",
            "category": "product_quality",
            "fault": errand.fault,
            "summary": errand.summary,
            "description": errand.description,
        }
        ticket = self.wei.post("/tickets", form)
        self.says(
            "Wei",
            "opens_ticket",
            ticket=ticket["id"],
            customer=customer["name"],
            summary=errand.summary,
        )
        end = start + timedelta(hours=2)
        form = {
            "ticket_id": ticket["id"],
            "assignee_id": self.alice.person["person_id"],
            "window_start": wire(start),
            "window_end": wire(end),
            "planned_parts": [{**line, "charge": "warranty"} for line in parts],
            "reason": "Agreed with the customer on the phone.",
        }
        job = self.bob.post("/jobs", form)
        self.says(
            "Bob",
            "issues_job",
            job=job["id"],
            window=f"{_clock(start)}–{_clock(end)}",
            slots=len(job["slots"]),
            steps=len(job["checklist"]["steps"]),
        )
        return Trip(errand, ticket["id"], job["id"])

    # 2. Without signal.

    def _alice_works_without_signal(self, door: Trip, washer: Trip) -> None:
        self.teller.chapter("chapter_offline")
        report = self.alice.sync(patience_s=10)
        if report.problem is not None:
            raise report.problem
        self.says("Alice", "syncs_first", changes=report.changes)
        self.network.goes_away()
        self.says("Alice", "goes_offline")
        self._hangs_the_door(door)
        self._cannot_seal_the_washer(washer)
        self.alice.sync(patience_s=0)
        waits = self.alice.status()["waiting"]
        bulk = size(waits["bytes"])
        self.says("Alice", "still_offline", events=waits["events"], files=waits["files"], size=bulk)

    def _hangs_the_door(self, trip: Trip) -> None:
        self._begins(trip)
        self.alice.assess(trip.job_id, "minor", [trip.errand.fault])
        self._photographs(trip, "before")
        self.alice.part(trip.job_id, trip.errand.sku, trip.errand.quantity)
        part = self._part_name(trip.errand.sku)
        self.says("Alice", "uses_part", quantity=trip.errand.quantity, part=part)
        for slot in ("after", "serial_label", "area_clean"):
            self._photographs(trip, slot)
        self.says("Alice", "answers", steps=self._answers_checklist(trip))
        self._customer_signs(trip, stars=5, words="师傅很专业，谢谢。")
        self._finishes(trip, "finishes", "completed")

    def _cannot_seal_the_washer(self, trip: Trip) -> None:
        errand = trip.errand
        self._begins(trip)
        self.alice.assess(trip.job_id, "major", [errand.fault], errand.words)
        self._photographs(trip, "before")
        self.alice.request(trip.job_id, errand.sku, errand.quantity, "missing", errand.words)
        self.says(
            "Alice",
            "lacks_part",
            quantity=errand.quantity,
            part=self._part_name(errand.sku),
            words=errand.words,
        )
        self._customer_signs(trip)
        self._finishes(
            trip, "finishes_incomplete", "incomplete", cause="part_missing", words=errand.words
        )

    def _begins(self, trip: Trip) -> None:
        site = trip.household.site
        self.alice.position = at_the_door(site)
        self.alice.accept(trip.job_id)
        self.alice.travel(trip.job_id)
        self.alice.arrive(trip.job_id)
        where = f"{site.city}{site.district}{site.address}"
        self.says("Alice", "begins", job=trip.job_id, address=where)

    def _photographs(self, trip: Trip, slot: str) -> None:
        site = trip.household.site
        content = pictures.photo(
            trip.errand.scenes[slot],
            seed=sum(trip.job_id.encode()),
            size=PHOTO,
            taken_at=datetime.now(SHANGHAI),
            position=(site.lat, site.lon),
        )
        file = self.home.pictures / f"{trip.job_id}-{slot}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        _, shot = self.alice.photo(trip.job_id, slot, file)
        self.says(
            "Alice",
            "takes_photo",
            slot=self._label(trip, slot),
            width=shot.width,
            height=shot.height,
            size=size(len(shot.content)),
            sha=shot.sha256[:8],
        )

    def _label(self, trip: Trip, slot: str) -> str:
        sheet = self.alice.show(trip.job_id).sheet
        name = "label_zh" if self.teller.language == "zh" else "label"
        found = [each[name] for each in sheet["slots"] if each["slot"] == slot]
        found += [each[name] for each in sheet["checklist"]["steps"] if each.get("slot") == slot]
        return str(found[0]) if found else slot

    def _part_name(self, sku: str) -> str:
        """From the catalogue on the tablet, which needs no network."""
        part = jobs.part(self.alice.outbox, sku) or {}
        return str(part.get("name_zh" if self.teller.language == "zh" else "name", sku))

    def _answers_checklist(self, trip: Trip) -> int:
        """Answers what is asked until nothing is missing but the receipt; returns how many steps."""
        count = 0
        while steps := [
            each.subject
            for each in self.alice.show(trip.job_id).missing
            if each.code == "checklist_step"
        ]:
            step = step_of(self.alice.show(trip.job_id).sheet, steps[0])
            assert step is not None, "a step that is missing is on the sheet"
            if step["kind"] == "photo":
                self._photographs(trip, slot_of(step))
            else:
                self.alice.check(trip.job_id, steps[0], ANSWERS.get(steps[0], True))
            count += 1
        return count

    def _customer_signs(
        self, trip: Trip, stars: int | None = None, words: str | None = None
    ) -> None:
        name = trip.household.name
        mark = signatures.drawn(f"{name} {trip.job_id}")
        envelope, _ = self.alice.sign(trip.job_id, name, signature=mark, stars=stars, words=words)
        trip.digest = envelope["data"]["receipt_digest"]
        self.says("Alice", "signs", customer=name, code=receipts.short_code(trip.digest))

    def _finishes(
        self, trip: Trip, key: str, outcome: str, cause: str | None = None, words: str | None = None
    ) -> None:
        finished = self.alice.finish(trip.job_id, outcome, cause=cause, words=words)
        manifest = finished["data"]["manifest"]
        counts = {"events": len(manifest["events"]), "files": len(manifest["blobs"])}
        self.says("Alice", key, job=trip.job_id, **counts)

    # 3. The network.

    def _network_cuts_twice(self) -> None:
        self.teller.chapter("chapter_network")
        noticed = self.network.noticed
        self.network.comes_back()
        self.says("Alice", "signal_back")
        self.network.loses_next_answer()
        self.alice.sync(patience_s=0)
        _must(noticed.lost_answer_to is not None, "the answer of the push was not lost")
        self.says("Alice", "answer_lost", size=size(noticed.lost_answer_to or 0))
        self.network.cuts_next_upload()
        self.alice.sync(patience_s=0)
        self.says("Alice", "replayed", count=noticed.replayed)
        _must(noticed.cut_of is not None, "no upload was cut")
        self.says(
            "Alice",
            "upload_cut",
            sent=size(noticed.cut_after or 0),
            size=size(noticed.cut_of or 0),
        )
        report = self.alice.sync(patience_s=PATIENCE_S)
        _must(bool(noticed.resumed_at), "the upload did not go on where it was cut")
        self.says("Alice", "resumed", offset=f"{noticed.resumed_at:,}")
        if not report.is_done:
            raise report.problem or RuntimeError("something still waits on the tablet")
        self.says("Alice", "all_there", files=report.files, size=size(report.bytes_sent))

    # 4. The verdict.

    def _office_accepts(self, door: Trip, washer: Trip) -> None:
        self.teller.chapter("chapter_verdict")
        for trip in (door, washer):
            self._server_has_all(trip)
        self.says("Bob", "waits", ticket=door.ticket_id, waits=self._waits_of(door.ticket_id))
        job = self.bob.get(f"/jobs/{door.job_id}")
        self.bob.post(f"/jobs/{door.job_id}/verdict", {"verdict": "accept"}, rev=job["edition"])
        self.says("Bob", "accepts", job=door.job_id)
        ticket = self.wei.get(f"/tickets/{door.ticket_id}")
        _must(ticket["state"] == "closed", f"{door.ticket_id} is {ticket['state']}")
        self.says("Server", "closed", ticket=door.ticket_id)
        self._tells_of_the_revisit(washer)
        self.alice.sync(patience_s=10)
        state = self.teller.state(self.alice.show(door.job_id).state)
        self.says("Alice", "sees_verdict", job=door.job_id, state=state)

    def _server_has_all(self, trip: Trip) -> None:
        job = self.bob.get(f"/jobs/{trip.job_id}")
        _must(job["received"] == "complete", f"{trip.job_id} is received {job['received']}")
        state = self.teller.state(job["state"])
        self.says("Server", "received", job=trip.job_id, state=state)
        doubts = self._wait_for_worker(trip)
        told = ", ".join(sorted(doubts)) or self.teller.say("no_doubts")
        count = len(self._photo_ids(trip.job_id))
        self.says("Worker", "photos_checked", job=trip.job_id, count=count, doubts=told)
        receipt = self.bob.items("/receipts", job_id=trip.job_id)[-1]
        _must(receipt["digest"] == trip.digest, "the digests of the receipt differ")
        code = receipts.short_code(receipt["digest"])
        self.says("Server", "same_digest", job=trip.job_id, code=code)

    def _wait_for_worker(self, trip: Trip) -> set[str]:
        """Until every photo has been looked at; returns what is doubtful about them."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            photos = [self.bob.get(f"/photos/{each}") for each in self._photo_ids(trip.job_id)]
            if all(each["state"] not in ("awaited", "stored") for each in photos):
                return {doubt for each in photos for doubt in each["doubts"]}
            self.check()
            _must(time.monotonic() < deadline, "the worker did not look at the photos in time")
            time.sleep(POLL_S)

    def _photo_ids(self, job_id: str) -> list[str]:
        return list(self.bob.get(f"/jobs/{job_id}")["visit"]["photos"])

    def _waits_of(self, ticket_id: str) -> str:
        waits = self.wei.get(f"/tickets/{ticket_id}")["still_waits_for"]
        told = "; ".join(each["sentence"] for each in waits)
        return LONG_ID.sub(r"\1…", told)

    def _tells_of_the_revisit(self, trip: Trip) -> None:
        revisit = self.wei.items("/revisits", ticket_id=trip.ticket_id)[0]
        _must(revisit["state"] == "due", f"the revisit is {revisit['state']}")
        request = self.wei.items("/part-requests", ticket_id=trip.ticket_id)[0]
        self.says(
            "Server",
            "revisit_due",
            ticket=trip.ticket_id,
            cause=self.teller.state(revisit["cause"]),
            quantity=request["quantity"],
            part=self._part_name(request["sku"]),
            state=self.teller.state(request["state"]),
        )
        self.says("Wei", "waits", ticket=trip.ticket_id, waits=self._waits_of(trip.ticket_id))


def tablets_know(tablets: Path, address: str) -> None:
    """Tells every tablet where the server is this time."""
    for folder in sorted(tablets.iterdir()) if tablets.is_dir() else []:
        with Companion(folder) as tablet:
            tablet.store.set_installation(server=address)


def _must(is_so: Any, otherwise: str) -> None:
    if not is_so:
        raise RuntimeError(otherwise)


def _clock(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%H:%M")
