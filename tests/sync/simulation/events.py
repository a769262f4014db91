"""What may happen to a world between two steps: acts of the office, and disasters."""

from random import Random
from typing import TYPE_CHECKING, Any

import pysqlite3

from field_client.clock import captured, new_id
from tests.sync.simulation import faults, upgrades
from tests.sync.simulation.town import INSTALLERS

if TYPE_CHECKING:
    from tests.sync.simulation.devices import Device
    from tests.sync.simulation.world import World

OFFICE = ("job reassigned", "job cancelled", "sheet changed", "visit judged", "exception decided")
RARE = ("server restored from a backup", "feed pruned", "worker killed")


def any_of_the_office(world: "World") -> str | None:
    """Something that may happen while a tablet is in the middle of a sync."""
    weights = [faults.WORLD[each] * world.faults.weight(each) for each in (*OFFICE, *RARE)]
    if not any(weights):
        return None
    return world.dice.choices((*OFFICE, *RARE), weights)[0]


def happens(world: "World", fault: str) -> None:
    """Does it, and counts it where it could be done."""
    world.trace.say(fault)
    if _ACTS[fault](world):
        world.faults.strike(fault)


def _reassign(world: "World") -> bool:
    return world.office.reassigns(world.dice.choice(world.people))


def _disable(world: "World") -> bool:
    who = world.dice.choice(world.people)
    if who.id in world.disabled:
        if world.office.disables(who, is_active=True):
            world.disabled.discard(who.id)
        return False
    if not world.office.disables(who):
        return False
    world.disabled.add(who.id)
    for device in world.devices:
        world.may_be_signed_out.add((device.number, who.username))
    return True


def _revoke(world: "World", mode: str) -> bool:
    device = world.dice.choice(world.devices)
    look = device.looks()
    device_id = look.execute("SELECT device_id FROM installation").fetchone()[0]
    look.close()
    if not world.office.revokes(device_id, mode):
        return False
    world.revoked.add(device_id)
    for each in world.devices:  # copies have the same identity
        world.may_be_signed_out |= {(each.number, user.username) for user in each.users}
    return True


def _copy(world: "World") -> bool:
    """A second tablet with the same store, and the same identity."""
    if len(world.devices) >= world.plan.tablets + 3:
        return False
    first = _idle(world)
    if first is None:
        return False
    home = world.home / f"copy-{len(world.devices)}"
    first.is_copied_to(home)
    second = world.add_device(home, INSTALLERS.index(first.users[0]))
    second.is_signed_out = set(first.is_signed_out)
    world.ledger.poison |= {
        (second.number, id_) for number, id_ in world.ledger.poison if number == first.number
    }
    for each in (first, second):
        world.may_be_signed_out |= {(each.number, user.username) for user in each.users}
    world.look_at(second)
    return True


def _idle(world: "World") -> "Device | None":
    idle = [each for each in world.devices if not each.is_busy]
    return world.dice.choice(idle) if idle else None


def _put_back(world: "World") -> bool:
    """A store is replaced by an older copy of itself."""
    idle = [each for each in world.devices if not each.is_busy and each.older_copy.exists()]
    if not idle:
        return False
    device = world.dice.choice(idle)
    device.is_replaced_by(device.older_copy)
    kept = device.event_ids()
    world.ledger.forget_store(device.number, kept)
    gone = {(n, id_) for n, id_ in world.ledger.poison if n == device.number and id_ not in kept}
    world.ledger.poison -= gone
    world.ledger.former_poison |= gone
    world.events_on[device.number] = len(kept)
    world.may_be_signed_out |= {(device.number, user.username) for user in device.users}
    forgive(world)
    world.look_at(device)
    return True


def forgive(world: "World") -> None:
    """What only an overwritten store had is nobody's fault any more."""
    ledger = world.ledger
    on_record = on_the_record(world)
    for event_id in ledger.facts:
        if event_id not in on_record and ledger.is_beyond_help(event_id):
            ledger.forgiven.add(event_id)
    for sha256, picture in ledger.pictures.items():
        is_here = world.server.media.original_path(sha256).exists()
        is_held = any(device.size_of(sha256) is not None for device in world.devices)
        if picture.was_overwritten and not is_here and not is_held:
            ledger.forgiven_pictures.add(sha256)


def on_the_record(world: "World") -> set[str]:
    """Every event that the server has, one way or the other."""
    return {
        row[0]
        for row in world.server_view().execute(
            "SELECT id FROM field_events UNION "
            "SELECT event_id FROM quarantine WHERE event_id IS NOT NULL"
        )
    }


def _prune(world: "World") -> bool:
    """What nobody should need any more leaves the feed: tombstones up to its head."""
    connection = pysqlite3.connect(str(world.server.file))
    try:
        connection.execute("UPDATE feed_scopes SET horizon = head")
        connection.execute("DELETE FROM feed_changes WHERE change = 'remove'")
        connection.commit()
    finally:
        connection.close()
    return True


def restore(world: "World") -> bool:
    """From one of the last backups, all within the keep time."""
    young = world.server.young_backups(world.clock(), world.plan.keep_days)
    if not young:
        return False
    world.close_view()
    world.server.is_restored(world.dice.choice(young))
    world.note_epoch()
    ledger = world.ledger
    ledger.job_states.clear()
    ledger.verdicts.clear()
    world.checked_files.clear()
    on_record = on_the_record(world)
    ledger.acknowledged = {e: s for e, s in ledger.acknowledged.items() if e in on_record}
    for device in world.devices:
        world.may_be_signed_out |= {(device.number, user.username) for user in device.users}
    known = {row[0] for row in world.server_view().execute("SELECT id FROM jobs")}
    ledger.jobs = {job_id: job for job_id, job in ledger.jobs.items() if job_id in known}
    inactive = world.server_view().execute("SELECT id FROM people WHERE is_active = 0")
    world.disabled = {row[0] for row in inactive}
    forgive(world)
    return True


def _kill_worker(world: "World") -> bool:
    """Counted when it dies."""
    world.server.machine.light(world.dice.randrange(1, 60))
    world.let_the_worker_work()
    return False


def _update_app(world: "World") -> bool:
    """The next release on every tablet, over whatever waits there; and the server starts anew."""
    if world.is_updated:
        return False
    world.is_updated = True
    for device in world.devices:
        device.off()
    world.stack.enter_context(upgrades.next_release())
    if world.town.has_tablets:
        world.stack.enter_context(world.town.room.next_release())
    world.close_view()
    world.server.starts()
    return True


_ACTS: dict[str, Any] = {
    "job reassigned": _reassign,
    "job cancelled": lambda world: world.office.cancels(),
    "sheet changed": lambda world: world.office.changes_a_sheet() is not None,
    "visit judged": lambda world: world.office.judges(),
    "exception decided": lambda world: world.office.decides(),
    "person disabled": _disable,
    "device to be collected": lambda world: _revoke(world, "collect"),
    "device lost": lambda world: _revoke(world, "lost"),
    "store copied to a second tablet": _copy,
    "store restored from an older copy": _put_back,
    "feed pruned": _prune,
    "server restored from a backup": restore,
    "worker killed": _kill_worker,
    "app updated": _update_app,
}


# Poison.


def poison(world: "World", device: "Device") -> None:
    """An event that no sound app would write stands in the queue, in front of whatever comes."""
    look = device.looks()
    lane = look.execute(
        "SELECT person_id, job_id, last_event_id FROM lane "
        "WHERE person_id = (SELECT min(person_id) FROM person) ORDER BY job_id"
    ).fetchone()
    look.close()
    if lane is None:
        return
    envelope = _poisoned(world, device, *lane)
    if envelope["event_id"] not in device.event_ids():
        device.is_given(lane[0], lane[1], envelope)
    world.ledger.poison.add((device.number, envelope["event_id"]))
    if envelope["event_id"] in world.ledger.facts:
        world.ledger.reused.add(envelope["event_id"])
    world.faults.strike("poison in the queue")
    world.trace.say(f"tablet {device.number}: poison {envelope['event_id']}")


def _poisoned(
    world: "World", device: "Device", person: str, job_id: str, after: str
) -> dict[str, Any]:
    dice: Random = world.dice
    good = {
        "event_id": new_id(device.clock),
        "kind": "note.added",
        "v": 1,
        "job_id": job_id,
        "base_rev": 1,
        "after": after,
        "actor": person,
        "captured_at": captured(device.clock),
        "tz": "Asia/Shanghai",
        "clock": {"boot": "b7e1", "mono_ms": 1},
        "data": {"text": "poison", "audience": "office"},
    }
    others = sorted(set(world.ledger.facts) - device.event_ids())
    own = good["event_id"]  # no two say the same, or one would seem to count twice
    wrong: list[dict[str, Any]] = [
        {"kind": "weather.noted"},
        {"v": 99},
        {"actor": INSTALLERS[-1].id},
        {"data": {"text": f"a\x00b {own}", "audience": "office"}},
        {"data": {"text": f"half \ud83d {own}", "audience": "office"}},
        {"data": {"text": "x" * 300_000, "audience": "office"}},
        {"data": {"text": 7}},
        {"data": None},
        {"event_id": "not an id"},
        {"captured_at": "yesterday"},
        {"job_id": "J-nowhere"},
        {"job_id": 17},
        {"after": new_id(device.clock)},
        {"clock": "noon"},
        {"base_rev": 2**63},
    ]
    if others:
        wrong.append({"event_id": dice.choice(others)})
    return {**good, **dice.choice(wrong)}
