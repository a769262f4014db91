"""The office: three dispatchers and a supervisor, who do everything through the API."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from server.clock import wire
from tests.people import Character
from tests.sync.simulation.ledger import Job, Violation
from tests.sync.simulation.town import DISPATCHERS, SKUS, SUPERVISOR

if TYPE_CHECKING:
    from tests.sync.simulation.world import World

SLOTS = [
    {"slot": "before", "label": "Before", "label_zh": "施工前", "minimum": 1},
    {"slot": "after", "label": "After", "label_zh": "施工后", "minimum": 1},
]
STEP = {
    "step_id": "level",
    "kind": "yes_no",
    "label": "Is it level?",
    "label_zh": "水平吗？",
    "required": True,
}


class Office:
    """What the people at the desks do; a refusal is theirs to live with."""

    def __init__(self, world: "World") -> None:
        self.world, self.dice = world, world.dice

    def asks(self, who: Character, method: str, path: str, form: Any = None, **headers: str) -> Any:
        """The body of a 2xx answer, None for anything else."""
        body = b"" if form is None else json.dumps(form).encode()
        token = self.world.town.tokens[who.id]
        headers = {"Authorization": f"Bearer {token}", **headers}
        if form is not None:
            headers["Content-Type"] = "application/json"
        said = self.world.serve_office(method, path, headers, body)
        if said is not None and said.status == 401:
            raise Violation("the office", f"{who.name} is not let in: {method} {path}")
        if said is None or not 200 <= said.status < 300:
            self.world.trace.say(f"office: {method} {path} -> {said.status if said else 'down'}")
            return None
        return json.loads(said.body) if said.body else {}

    def _somebody(self) -> Character:
        return self.dice.choice(DISPATCHERS)

    def issues(self, to: Character, crew: list[Character] | None = None) -> str | None:
        """A ticket and a job for it; its id."""
        who, dice = self._somebody(), self.dice
        about = dice.choice(self.world.town.customers)
        form = {"customer_id": about["customer_id"], "asset_id": about["asset_id"],
                "kind": "repair", "summary": "The hood rattles"}  # fmt: skip
        ticket = self.asks(who, "POST", "/api/v1/tickets", form)
        if ticket is None:
            return None
        start = self.world.clock() + timedelta(hours=dice.randrange(1, 8))
        job = {
            "ticket_id": ticket["id"],
            "assignee_id": to.id,
            "crew": [each.id for each in crew or []],
            "window_start": wire(start),
            "window_end": wire(start + timedelta(hours=2)),
            "slots": SLOTS,
            "checklist": {"name": "repair", "version": 1, "steps": [STEP]},
            "planned_parts": [{"sku": dice.choice(SKUS), "quantity": 1}],
            "reason": "agreed on the phone",
        }
        told = self.asks(who, "POST", "/api/v1/jobs", job)
        if told is None:
            return None
        people = {to.id, *(each.id for each in crew or [])}
        self.world.ledger.jobs[told["id"]] = Job(told["id"], people)
        self.world.touch(told["id"])
        self.world.trace.say(f"office: issued {told['id']} to {to.username}")
        return str(told["id"])

    def _some_job(self) -> str | None:
        known = sorted(self.world.ledger.jobs)
        return self.dice.choice(known[-40:]) if known else None

    def reassigns(self, to: Character) -> bool:
        job_id = self._some_job()
        form = {"assignee_id": to.id, "reason": "ill"}
        told = job_id and self.asks(
            self._somebody(), "POST", f"/api/v1/jobs/{job_id}/reassign", form
        )
        if not told:
            return False
        self.world.ledger.jobs[str(job_id)].people.add(to.id)
        self.world.touch(str(job_id))
        return True

    def cancels(self) -> bool:
        job_id = self._some_job()
        told = job_id and self.asks(
            self._somebody(), "POST", f"/api/v1/jobs/{job_id}/cancel", {"reason": "not needed"}
        )
        if not told:
            return False
        self.world.touch(str(job_id))
        return True

    def changes_a_sheet(self) -> str | None:
        """Other photos, another checklist, another window; the id of the job."""
        job_id = self._some_job()
        job = job_id and self.asks(self._somebody(), "GET", f"/api/v1/jobs/{job_id}")
        if not job:
            return None
        more = {"slot": f"more-{self.dice.randrange(3)}", "label": "More", "label_zh": "更多",
                "minimum": 1}  # fmt: skip
        another = {**STEP, "step_id": f"step-{self.dice.randrange(3)}"}
        changes: list[dict[str, Any]] = [
            {"slots": [*SLOTS, more]},
            {"checklist": {"name": "repair", "version": 2, "steps": [STEP, another]}},
            {"notes": self.world.mark("ring twice")},
            {"work": self.world.mark("something else")},
        ]
        form = {**self.dice.choice(changes), "reason": "agreed"}
        edition = {"If-Match": f'"{job["edition"]}"'}
        told = self.asks(self._somebody(), "PATCH", f"/api/v1/jobs/{job_id}", form, **edition)
        if told is None:
            return None
        self.world.touch(str(job_id))
        return str(job_id)

    def judges(self) -> bool:
        """A verdict on a finished visit, or a photo wanted again."""
        who = self._somebody()
        found = self.asks(who, "GET", "/api/v1/jobs?state=finished&limit=20")
        if not found or not found["items"]:
            return False
        job = self.dice.choice(found["items"])
        verdict = {"verdict": "rework", "reason": "the door still sags"}
        if self.dice.random() < 0.8:
            verdict = {"verdict": "accept"}
        edition = {"If-Match": f'"{job["edition"]}"'}
        told = self.asks(who, "POST", f"/api/v1/jobs/{job['id']}/verdict", verdict, **edition)
        self.world.touch(job["id"])
        return told is not None

    def decides(self) -> bool:
        """An exception that is open."""
        found = self.asks(SUPERVISOR, "GET", "/api/v1/exceptions?state=open&limit=20")
        if not found or not found["items"]:
            return False
        doubt = self.dice.choice(found["items"])
        form = {"decision": self.dice.choice(doubt["decisions"]), "reason": "the customer says so"}
        path = f"/api/v1/exceptions/{doubt['id']}/decide"
        told = self.asks(SUPERVISOR, "POST", path, form, **{"If-Match": f'"{doubt["rev"]}"'})
        if doubt["job_id"]:
            self.world.touch(doubt["job_id"])
        return told is not None

    def disables(self, person: Character, *, is_active: bool = False) -> bool:
        shown = self.asks(SUPERVISOR, "GET", f"/api/v1/people/{person.id}")
        if shown is None:
            return False
        rev = {"If-Match": f'"{shown["rev"]}"'} if "rev" in shown else {}
        form = {"is_active": is_active}
        return (
            self.asks(SUPERVISOR, "PATCH", f"/api/v1/people/{person.id}", form, **rev) is not None
        )

    def revokes(self, device_id: str, mode: str) -> bool:
        path = f"/api/v1/devices/{device_id}/revoke"
        return self.asks(self._somebody(), "POST", path, {"mode": mode}) is not None
