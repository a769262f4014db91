"""S1 to S11, looked at from outside: rows and files as they lie on the disks, against the ledger.

After a step only what it touched is looked at; in the evening everything is.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pysqlite3

from tests.sync.simulation.ledger import Fact, Violation, pictures_of

if TYPE_CHECKING:
    from tests.sync.simulation.devices import Device
    from tests.sync.simulation.network import Request
    from tests.sync.simulation.server import Said
    from tests.sync.simulation.world import World

Json = dict[str, Any]
FINAL = ("applied", "recorded")
KEPT = ("applied", "recorded", "held", "quarantined")
BY_A_LOGGED_ACT = ("by_decision", "forced")

# Where a job may go on from each state under one and the same visit.
LEGAL = {
    "issued": {"accepted", "travelling", "on_site", "finished", "declined", "cancelled"},
    "accepted": {"travelling", "on_site", "finished", "declined", "cancelled"},
    "travelling": {"on_site", "finished", "declined", "cancelled"},
    "on_site": {"finished", "declined", "cancelled"},
    "finished": {"verified", "rework"},
    "verified": {"rework", "finished"},
    "rework": {"verified", "finished"},
    "declined": {"cancelled"},
    "cancelled": {"issued", "accepted", "travelling", "on_site", "declined", "finished"},
}


_EVENT = ("kind", "status", "code", "after_id", "received_at", "was")


# What the server says.


def check_answer(world: "World", asked: "Request", said: "Said", *, is_whole: bool) -> None:
    """S8 and S10 of one push, and what the answer obliges the server to from now on."""
    if asked.method != "POST" or not asked.path.endswith("/sync/v1/push"):
        return
    batch = asked.document() if is_whole else None
    events = batch.get("events") if isinstance(batch, dict) else None
    if not isinstance(events, list):
        return
    told = [each for each in events if isinstance(each, dict)]
    ledger = world.ledger
    wrong = ledger.poison | ledger.former_poison
    good = [e for e in told if (asked.number, str(e.get("event_id"))) not in wrong]
    facts = [ledger.facts[e["event_id"]] for e in good]
    for fact in facts:
        if fact.person_id != asked.sender:
            raise Violation("S10", f"{fact.event_id} of {fact.person_id} sent by {asked.sender}")
        world.touch(fact.job_id)
    world.checked.update(("S8", "S10"))
    if said.status == 200:
        _check_results(world, asked.number, told, json.loads(said.body))
    elif said.status in (400, 415, 422) and len(facts) == len(events):
        raise Violation("S8", f"a batch of good events was refused: {said.status} {said.body!r}")


def _check_results(world: "World", number: int, events: list[Json], answer: Json) -> None:
    results = {each["event_id"]: each for each in answer["results"]}
    for event in events:
        result = results.get(event["event_id"])
        if result is None or not (result["status"] == "retry" or result.get("custody")):
            raise Violation("S8", f"{event['event_id']} was refused: {result}")
        if result.get("custody"):
            world.ledger.acknowledged[event["event_id"]] = result["status"]
            if event["event_id"] not in world.ledger.reused:
                _check_same_verdict(world, event["event_id"], result)
    check_acknowledged(world, [each for each in results if results[each].get("custody")])
    for event in events:
        result = results[event["event_id"]]
        if result["status"] == "applied" and not result.get("replayed"):
            _check_predecessor(world, event["event_id"], event.get("after"))


def _check_predecessor(world: "World", event_id: str, after: Any) -> None:
    """S3, in the moment in which it takes effect."""
    look = world.server_view()
    found = look.execute("SELECT status FROM field_events WHERE id = ?", [after]).fetchone()
    is_there = found is not None and found[0] != "held"
    if after is not None and not is_there and not _is_aside(look, after):
        raise Violation("S3", f"{event_id} takes effect before its predecessor {after}")


def _check_same_verdict(world: "World", event_id: str, result: Json) -> None:
    before = world.ledger.verdicts.get(event_id)
    if before is None:
        return
    status, code = result["status"], result.get("code")
    if before[0] in FINAL and status != before[0] and code not in BY_A_LOGGED_ACT:
        raise Violation("S4", f"{event_id} was {before}, now {status} ({code})")


# What lies on the server's disk.


def check_acknowledged(world: "World", event_ids: list[str]) -> None:
    """S2: what was acknowledged is on record."""
    look = world.server_view()
    for event_id in event_ids:
        found = look.execute(
            "SELECT 1 FROM field_events WHERE id = :id UNION ALL "
            "SELECT 1 FROM quarantine WHERE event_id = :id LIMIT 1",
            {"id": event_id},
        ).fetchone()
        if found is None:
            raise Violation("S2", f"{event_id} was acknowledged and is not on record")


def check_job(world: "World", job_id: str) -> None:
    """S1, S3, S4, S7 and S11 of one job."""
    world.checked.update(("S1", "S3", "S4", "S7", "S11"))
    look = world.server_view()
    row = look.execute(
        "SELECT state, received, missing, visit_id FROM jobs WHERE id = ?", [job_id]
    ).fetchone()
    if row is None:
        return
    visits = {
        visit_id: json.loads(content)
        for visit_id, content in look.execute(
            "SELECT id, content FROM visits WHERE job_id = ? ORDER BY assigned_at, id", [job_id]
        )
    }
    events = {
        each[0]: dict(zip(_EVENT, each[1:], strict=True))
        for each in look.execute(
            f"SELECT id, {', '.join(_EVENT)} FROM field_events WHERE job_id = ?", [job_id]
        )
        if each[0] not in world.ledger.reused
    }
    _check_effects(world, job_id, visits, events)
    _check_parts(world, job_id)
    _check_order(world, visits, events)
    _check_verdicts(world, events)
    _check_state(world, job_id, row[3], row[0])
    if row[1] == "complete":
        _check_complete(world, job_id, visits[row[3]])


def _check_effects(
    world: "World", job_id: str, visits: dict[str, Json], events: dict[str, Json]
) -> None:
    """S1: every mark stands once where its event was applied, and nowhere where it was not."""
    marks: dict[str, int] = {}
    for content in visits.values():
        found = [note["text"] for note in content["notes"]]
        found += [lead["text"] for lead in content["leads"]]
        found += [swap["new_serial"] for swap in content["swaps"]]
        for mark in found:
            marks[mark] = marks.get(mark, 0) + 1
    for mark, times in marks.items():
        if times > 1:
            raise Violation("S1", f"{mark!r} has its effect {times} times on {job_id}")
    for event_id, event in events.items():
        fact = world.ledger.facts.get(event_id)
        mark = fact.mark if fact else None
        if mark is not None and event["status"] == "applied" and mark not in marks:
            raise Violation("S1", f"{event_id} ({mark!r}) is applied and has no effect")


def _check_parts(world: "World", job_id: str) -> None:
    """S1: a line of parts moves once, by the quantity that was captured."""
    moves = world.server_view().execute(
        "SELECT line_id, kind, count(*), sum(quantity) FROM movements "
        "WHERE job_id = ? AND line_id IS NOT NULL GROUP BY line_id, kind",
        [job_id],
    )
    for line_id, kind, times, quantity in moves:
        wanted = world.ledger.quantities.get(line_id)
        if times > 1 or (wanted is not None and quantity != wanted):
            raise Violation("S1", f"line {line_id}: {times} times {kind}, {quantity} of {wanted}")


def _check_order(world: "World", visits: dict[str, Json], events: dict[str, Json]) -> None:
    """S3: nothing takes effect before its predecessor, unless it is flagged."""
    facts, look = world.ledger.facts, world.server_view()
    for event_id, event in events.items():
        after = event["after_id"]
        if event["status"] not in FINAL or after is None or event["code"] in BY_A_LOGGED_ACT:
            continue
        before = events.get(after)
        is_known = before is not None and before["status"] != "held"
        if not is_known and after not in world.ledger.reused and not _is_aside(look, after):
            raise Violation("S3", f"{event_id} took effect before its predecessor {after}")
        came_late = before is not None and before["received_at"] > event["received_at"]
        if came_late and event["was"] != "held":
            raise Violation("S3", f"{event_id} did not wait for its predecessor {after}")
    for content in visits.values():
        order = [note["text"] for note in content["notes"]]
        places = {mark: place for place, mark in enumerate(order)}
        for mark in order:
            fact = facts.get(world.ledger.marks.get(mark, ""))
            if fact is not None and _is_plain(events, fact.event_id):
                _check_ancestors(world, fact, events, places)


def _is_aside(look: pysqlite3.Connection, event_id: str) -> bool:
    found = look.execute("SELECT 1 FROM quarantine WHERE event_id = ? LIMIT 1", [event_id])
    return found.fetchone() is not None


def _is_plain(events: dict[str, Json], event_id: str) -> bool:
    """Applied as it came, by nobody's decision."""
    event = events.get(event_id)
    if event is None or event["was"] == "quarantined":  # somebody had it run again
        return False
    return event["status"] == "applied" and not event["code"]


def _check_ancestors(
    world: "World", fact: Fact, events: dict[str, Json], places: dict[str, int]
) -> None:
    assert fact.mark is not None
    ancestor = world.ledger.facts.get(fact.after or "")
    while ancestor is not None:
        mark = ancestor.mark
        is_later = mark in places and places[mark] > places[fact.mark]
        if is_later and _is_plain(events, ancestor.event_id):
            raise Violation("S3", f"{fact.mark!r} stands before {mark!r}")
        ancestor = world.ledger.facts.get(ancestor.after or "")


def _check_verdicts(world: "World", events: dict[str, Json]) -> None:
    """S4: a final result changes by a logged act only."""
    for event_id, event in events.items():
        now = (event["status"], event["code"])
        before = world.ledger.verdicts.get(event_id)
        if before is not None and before[0] in FINAL and now[0] != before[0]:
            is_logged = before[0] == "recorded" and now == ("applied", "by_decision")
            if not is_logged:
                raise Violation("S4", f"{event_id} was {before} and is {now}")
        world.ledger.verdicts[event_id] = now


def _check_state(world: "World", job_id: str, visit_id: str, state: str) -> None:
    """S11, within one visit; another visit begins anew."""
    before = world.ledger.job_states.get(job_id)
    if before is not None and before[0] == visit_id and before[1] != state:
        seen = _reachable(before[1])
        if state not in seen:
            raise Violation("S11", f"{job_id} went from {before[1]} to {state}")
    world.ledger.job_states[job_id] = (visit_id, state)


def _reachable(state: str) -> set[str]:
    """Several moves may lie between two looks."""
    seen: set[str] = set()
    waiting = [state]
    while waiting:
        for following in LEGAL[waiting.pop()] - seen:
            seen.add(following)
            waiting.append(following)
    return seen


def _check_complete(world: "World", job_id: str, visit: Json) -> None:
    """S7: every event of the manifest is in custody, every file of it is here or known to be lost."""
    finished = visit["finished"]
    if finished is None:
        raise Violation("S7", f"{job_id} is complete and not even finished")
    look = world.server_view()
    for event_id in finished["manifest"]["events"]:
        row = look.execute("SELECT status FROM field_events WHERE id = ?", [event_id]).fetchone()
        if (row is None or row[0] == "held") and not _is_aside(look, event_id):
            raise Violation("S7", f"{job_id} is complete without event {event_id}")
    lost = {p["sha256"] for p in visit["photos"].values() if p["state"] == "lost"}
    for blob in finished["manifest"]["blobs"]:
        if blob["sha256"] not in lost and not has_right_bytes(world, blob["sha256"]):
            raise Violation("S7", f"{job_id} is complete without file {blob['sha256']}")


def has_right_bytes(world: "World", sha256: str) -> bool:
    """Whether the server's disk gives back what the name says."""
    return _digest(world.server.media.original_path(sha256)) == sha256


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def check_files(world: "World") -> None:
    """S6: what counts as stored has the right bytes."""
    world.checked["S6"] += 1
    for (sha256,) in world.server_view().execute("SELECT sha256 FROM blobs"):
        if sha256 not in world.checked_files and not has_right_bytes(world, sha256):
            raise Violation("S6", f"{sha256} counts as stored and is not what it says")
        world.checked_files.add(sha256)


# What lies on a tablet.


def check_leaving(world: "World", device: "Device") -> None:
    """S2 and S5 of a tablet that was emptied: what is no longer there has to be with the office.

    From then on only the office has it, as it has what was on a store that somebody overwrote.
    """
    here = device.event_ids()
    if len(here) >= world.events_on.get(device.number, 0) or not world.was_revoked(device):
        return
    look = world.server_view()
    for fact in world.ledger.of_store(device.number):
        if fact.event_id in here or fact.event_id in world.ledger.forgiven:
            continue
        kept = look.execute("SELECT 1 FROM field_events WHERE id = ?", [fact.event_id]).fetchone()
        if kept is None and not _is_aside(look, fact.event_id):
            raise Violation("S2", f"{fact.event_id} left tablet {device.number} and is nowhere")
        for sha256 in pictures_of(fact):
            if sha256 not in world.ledger.forgiven_pictures and not _is_anywhere(world, sha256):
                raise Violation("S5", f"{sha256} left tablet {device.number} and is nowhere")
    world.ledger.forget_store(device.number, here)
    world.events_on[device.number] = len(here)
    world.done["tablets emptied"] += 1


def check_device(world: "World", device: "Device") -> None:
    """S2, S5 and S9 of one tablet, after every act on it."""
    world.checked.update(("S2", "S5", "S9"))
    look = device.looks()
    try:
        _check_custody(world, device, look)
        _check_cursors(world, device, look)
    finally:
        look.close()


def _check_custody(world: "World", device: "Device", look: pysqlite3.Connection) -> None:
    here = look.execute("SELECT count(*) FROM event").fetchone()[0]
    if here < world.events_on.get(device.number, 0):
        raise Violation("S2", f"tablet {device.number} has lost events")
    world.events_on[device.number] = here
    for sha256, is_local in look.execute("SELECT sha256, is_local FROM blob"):
        picture = world.ledger.pictures.get(sha256)
        if picture is None or sha256 in world.ledger.forgiven_pictures:
            continue
        size = device.size_of(sha256) if is_local else None
        if size != picture.size and not _is_anywhere(world, sha256):
            raise Violation("S5", f"{sha256} is nowhere any more (tablet {device.number})")


def _is_anywhere(world: "World", sha256: str) -> bool:
    if has_right_bytes(world, sha256):
        return True
    return any(each.digest_of(sha256) == sha256 for each in world.devices)


def _check_cursors(world: "World", device: "Device", look: pysqlite3.Connection) -> None:
    """S9: everything up to the stored cursor is in the base, as it was or newer."""
    for person_id, cursor in look.execute(
        "SELECT person_id, cursor FROM person WHERE cursor IS NOT NULL AND epoch = ?",
        [world.epoch],
    ):
        seen = read_cursor(cursor)
        base = {
            (kind, id_): (version, standing)
            for kind, id_, version, standing in look.execute(
                "SELECT kind, id, version, standing FROM base WHERE person_id = ?", [person_id]
            )
        }
        for scope, version in seen.items():
            _check_scope(world, device, base, scope, version)


def read_cursor(cursor: str) -> dict[str, int]:
    """Scope to version, as the server wrote it into the cursor."""
    token = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    seen: dict[str, int] = token["v"]
    return seen


def _check_scope(
    world: "World",
    device: "Device",
    base: dict[tuple[str, str], tuple[int, str]],
    scope: str,
    seen: int,
) -> None:
    covered = world.server_view().execute(
        "SELECT kind, entity_id, version, change FROM feed_changes "
        "WHERE scope = ? AND version <= ? AND kind <> 'event_result'",
        [scope, seen],
    )
    for kind, id_, version, change in covered:
        have = base.get((kind, id_))
        if change == "remove":
            if have is not None and have[1] == "mine" and have[0] <= version:
                raise Violation("S9", f"tablet {device.number} still has {kind} {id_}")
        elif have is None or have[0] < version or (have[1] != "mine" and have[0] <= version):
            raise Violation(
                "S9", f"tablet {device.number} has {have} of {kind} {id_} ({version} of {scope})"
            )


# Everything, in the evening.


def check_all(world: "World") -> None:
    for job_id in world.ledger.jobs:
        check_job(world, job_id)
    world.checked_files.clear()
    check_files(world)
    _check_all_facts(world)
    _check_all_pictures(world)


def _check_all_facts(world: "World") -> None:
    """S2: every fact lies in a store or on the server, and every acknowledged one on the server."""
    on_record = {
        row[0]
        for row in world.server_view().execute(
            "SELECT id FROM field_events UNION SELECT event_id FROM quarantine"
        )
    }
    stored: set[str] = set()
    for device in world.devices:
        _check_promises(world, device, on_record)
        here = device.event_ids()
        missing = {f.event_id for f in world.ledger.of_store(device.number)} - here
        if missing:
            raise Violation("S2", f"tablet {device.number} has lost {sorted(missing)}")
        stored |= here
    ledger = world.ledger
    accounted_for = on_record | stored | ledger.forgiven
    for event_id in ledger.facts:
        if event_id not in accounted_for:
            raise Violation("S2", f"{event_id} is nowhere any more")
    for event_id in ledger.acknowledged:
        if event_id not in on_record and event_id not in ledger.forgiven:
            raise Violation("S2", f"{event_id} was acknowledged and is not on record")


def _check_promises(world: "World", device: "Device", on_record: set[str]) -> None:
    """S2: what a tablet takes for delivered is on record, in this life of the server."""
    look = device.looks()
    try:
        taken = look.execute(
            "SELECT event_id FROM event JOIN person USING (person_id) "
            "WHERE state <> 'waiting' AND coalesce(code, '') <> 'undeliverable' AND epoch = ?",
            [world.epoch],
        )
        for (event_id,) in taken:
            is_kept = event_id in on_record or _is_kept_raw(world, device, event_id)
            if not is_kept and event_id not in world.ledger.forgiven:
                raise Violation("S2", f"tablet {device.number} takes {event_id} for delivered")
    finally:
        look.close()


def _is_kept_raw(world: "World", device: "Device", event_id: str) -> bool:
    """Poison whose very id could not be read is kept as it came."""
    found = world.server_view().execute(
        "SELECT 1 FROM quarantine WHERE event_id IS NULL AND instr(raw, ?)", [event_id]
    )
    return (device.number, event_id) in world.ledger.poison and found.fetchone() is not None


def _check_all_pictures(world: "World") -> None:
    """S5, with every byte."""
    for sha256 in world.ledger.pictures:
        if sha256 not in world.ledger.forgiven_pictures and not _is_anywhere(world, sha256):
            raise Violation("S5", f"{sha256} is nowhere any more")
