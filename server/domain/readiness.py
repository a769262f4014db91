"""Ready to leave? What is looked at before the van moves, and what the office is told of it.

A tablet looks at itself and says so in `hello`. A look is a list of checks in the form in which they
travel: `{"what", "light"}` and what the words need beside it (`short`, `here`, `all`, `free_bytes`). The
worst check is the light of the whole. Nothing here refuses anything: whoever must leave, leaves.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain import envelopes, events
from server.domain.sync import CLOCK_TOLERANCE, clean

Check = dict[str, Any]


class Light(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


# What is looked at, in the order in which it is shown.
CHECKS = ("parts", "earlier", "storage", "kept", "clock", "contact")

LITTLE_BYTES = 200_000_000  # some 400 photos
HARDLY_ANY_BYTES = 40_000_000  # one visit with many photos
SILENT_S = 24 * 3600  # a day without contact only means that news may be missing

MOST_LOOKS = 100  # that are read of one hello
MOST_CHECKS = 20
MOST_SHORT = 50  # lines of parts that are missing


def worst(lights: Iterable[Light]) -> Light:
    found = set(lights)
    return next((each for each in (Light.RED, Light.AMBER) if each in found), Light.GREEN)


# Looking.


@dataclass(frozen=True, slots=True)
class Facts:
    """What a tablet knows of itself. None: it does not know, or has no such thing."""

    planned: Collection[Mapping[str, Any]] = ()  # `sku` and `quantity` of each planned part
    used: Collection[str] = ()  # skus of which something was used on this job already
    van: Mapping[str, int] | None = None  # sku -> quantity by the ledger
    earlier: tuple[int, int] | None = None  # earlier photos that are here, and all of them
    free_bytes: int | None = None
    is_kept: bool | None = None  # whether the system promised to keep what is saved
    clock_offset_ms: int | None = None  # server minus tablet
    silent_s: int | None = None  # since the last contact
    needs_sign_in: bool = False


def look(facts: Facts) -> list[Check]:
    """All checks. Left out is what a client has no such thing of: `earlier`, `kept`."""
    checks = [_parts(facts), _earlier(facts), _storage(facts), _kept(facts), _clock(facts)]
    return [each for each in [*checks, _contact(facts)] if each is not None]


def _check(what: str, light: Light, **details: Any) -> Check:
    return {"what": what, "light": light.value, **details}


def _parts(facts: Facts) -> Check:
    van = facts.van or {}
    missing = [
        {"sku": line["sku"], "missing": line["quantity"] - max(0, van.get(line["sku"], 0))}
        for line in facts.planned
        if line["sku"] not in facts.used
    ]
    short = [each for each in missing if each["missing"] > 0]
    return _check("parts", Light.RED if short else Light.GREEN, short=short)


def _earlier(facts: Facts) -> Check | None:
    if facts.earlier is None:
        return None
    here, every = facts.earlier
    return _check("earlier", Light.AMBER if here < every else Light.GREEN, here=here, all=every)


def _storage(facts: Facts) -> Check:
    free = facts.free_bytes
    if free is None:
        return _check("storage", Light.AMBER, free_bytes=None)
    light = Light.AMBER if free < LITTLE_BYTES else Light.GREEN
    return _check("storage", Light.RED if free < HARDLY_ANY_BYTES else light, free_bytes=free)


def _kept(facts: Facts) -> Check | None:
    if facts.is_kept is None:
        return None
    return _check("kept", Light.GREEN if facts.is_kept else Light.AMBER)


def _clock(facts: Facts) -> Check:
    offset_ms = facts.clock_offset_ms
    if offset_ms is None:
        return _check("clock", Light.AMBER)
    is_wrong = abs(offset_ms) > CLOCK_TOLERANCE.total_seconds() * 1000
    return _check("clock", Light.RED if is_wrong else Light.GREEN)


def _contact(facts: Facts) -> Check:
    """A sign-in is good for weeks; without one nothing goes out."""
    if facts.needs_sign_in or facts.silent_s is None:
        return _check("contact", Light.RED)
    return _check("contact", Light.AMBER if facts.silent_s > SILENT_S else Light.GREEN)


# Reading what a tablet says. Whatever is wrong with it, the rest of its hello counts.


@dataclass(frozen=True, slots=True)
class Look:
    """What a tablet last saw of one job; `checked_at` is by its own clock."""

    job_id: str
    checked_at: datetime
    checks: list[Check]

    @property
    def light(self) -> Light:
        return worst(Light(each["light"]) for each in self.checks)


@dataclass(frozen=True, slots=True)
class Refused:
    """A look that is not kept, and why: `data_invalid`, `too_many`, `job_unknown` or `already_left`."""

    job_id: str | None
    code: str


def read(told: Any) -> tuple[list[Look], list[Refused]]:
    """Of untrusted JSON the looks that have their form; of a job named twice the last one."""
    if not isinstance(told, list):
        return [], [Refused(None, "data_invalid")]
    looks: dict[str, Look] = {}
    refused = []
    for entry in told[:MOST_LOOKS]:
        job_id = _job_id(entry)
        found = _look(job_id, entry)
        if found is None:
            refused.append(Refused(job_id, "data_invalid"))
        else:
            looks[found.job_id] = found
    if len(told) > MOST_LOOKS:
        refused.append(Refused(None, "too_many"))
    return list(looks.values()), refused


def _job_id(entry: Any) -> str | None:
    told = entry.get("job_id") if isinstance(entry, dict) else None
    if not isinstance(told, str) or len(told) > 40 or not envelopes.is_plain(told):
        return None
    return told


def _look(job_id: str | None, entry: Any) -> Look | None:
    if job_id is None:
        return None
    checked_at = envelopes.moment(entry.get("checked_at"))
    told = entry.get("checks")
    if checked_at is None or not isinstance(told, list) or not 0 < len(told) <= MOST_CHECKS:
        return None
    checks = [_read_check(each) for each in told]
    return Look(job_id, checked_at, [each for each in checks if each]) if all(checks) else None


def _read_check(told: Any) -> Check | None:
    """A check with its light. One of a later app is kept by its name; a detail without form is dropped."""
    if not isinstance(told, dict) or not envelopes.is_plain(told.get("what")):
        return None
    if told.get("light") not in list(Light):
        return None
    numbers = {
        name: told[name]
        for name in ("here", "all", "free_bytes")
        if events.is_integer(told.get(name), 0, 2**53 - 1)
    }
    short = {"short": _short(told["short"])} if isinstance(told.get("short"), list) else {}
    return {"what": told["what"], "light": str(told["light"]), **numbers, **short}


def _short(lines: list[Any]) -> list[dict[str, Any]]:
    return [
        {"sku": clean(line["sku"]), "missing": line["missing"]}
        for line in lines[:MOST_SHORT]
        if isinstance(line, dict)
        and events.is_text(line.get("sku"), 64)
        and events.is_integer(line.get("missing"), 1, 10**6)
    ]


# What the office sees.


def set_out_at(visit: Mapping[str, Any]) -> str | None:
    """When the van moved: some only say that they have arrived."""
    at = visit.get("travel_started_at") or visit.get("arrived_at")
    return None if at is None else str(at)


def left_unready(light: Light, visit: Mapping[str, Any]) -> bool | None:
    """Whether somebody set out although not all was green; None while nobody has."""
    return None if set_out_at(visit) is None else light != Light.GREEN


def may_replace(known_visit: str | None, visit_id: str, visit: Mapping[str, Any]) -> bool:
    """Whether a look is news. What was last seen before the van moved stays; `known_visit` is the visit
    that the look on record was for, None where there is none.
    """
    return known_visit != visit_id or set_out_at(visit) is None
