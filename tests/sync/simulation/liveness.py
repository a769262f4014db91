"""When the faults have stopped: L1 to L5, within a bounded number of rounds."""

import json
from contextlib import suppress
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pysqlite3

from field_client.errors import NetworkDown
from tests.sync.simulation import events, invariants, receipts
from tests.sync.simulation.ledger import Violation, pictures_of

if TYPE_CHECKING:
    from tests.sync.simulation.devices import Device
    from tests.sync.simulation.world import World

ROUNDS = 6
HELD_AT_MOST_DAYS = 5


def heal(world: "World") -> None:
    """Everything works again, everybody syncs; then nothing may be left over."""
    world.trace.say("the faults stop")
    world.faults.are_on = False
    for person_id in sorted(world.disabled):
        who = next(each for each in world.people if each.id == person_id)
        world.office.disables(who, is_active=True)
    world.disabled.clear()
    for device in world.devices:
        device.clock.is_off_by *= 0
    _deliver_all_late(world)
    _everybody_syncs(world)
    world.clock.go_on(days=HELD_AT_MOST_DAYS + 1)
    world.let_the_worker_work()
    _everybody_syncs(world)
    _one_poll_later(world)
    world.check_step()
    invariants.check_all(world)
    world.checked.update(("L1", "L2", "L3", "L4", "L5"))
    receipts.check(world)
    _check_outboxes(world)
    _check_held(world)
    _check_arrivals(world)
    for device in world.devices:
        _check_base(world, device)


def _one_poll_later(world: "World") -> None:
    """L5: what is committed now is on every tablet after one poll, whatever else is open."""
    other = pysqlite3.connect(str(world.server.file))
    try:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM jobs").fetchone()
        world.office.issues(world.dice.choice(world.people))
        world.office.changes_a_sheet()
        _everybody_syncs_once(world)
    finally:
        other.close()


def _deliver_all_late(world: "World") -> None:
    late, world.late = world.late, []
    for _, _, asked in late:
        with suppress(NetworkDown):
            world.serve(asked)


def _everybody_syncs(world: "World") -> None:
    for _ in range(ROUNDS):
        _everybody_syncs_once(world)
        world.clock.go_on(hours=1)
        world.let_the_worker_work()
        if not _anything_waits(world):
            return


def _everybody_syncs_once(world: "World") -> None:
    for device in list(world.devices):
        for user in device.users:
            device.hand_to(user)
            world.sync(device)


def _anything_waits(world: "World") -> bool:
    for device in world.devices:
        look = device.looks()
        waits = look.execute(
            "SELECT (SELECT count(*) FROM event WHERE state = 'waiting') + "
            "(SELECT count(*) FROM blob WHERE state = 'waiting')"
        ).fetchone()[0]
        look.close()
        if waits:
            return True
    return False


def _check_outboxes(world: "World") -> None:
    """L1, and S2 for good: every fact is on record in the end."""
    for device in world.devices:
        look = device.looks()
        waits = look.execute(
            "SELECT event_id, kind FROM event WHERE state = 'waiting' ORDER BY place"
        ).fetchall()
        look.close()
        if waits:
            raise Violation(
                "L1", f"{len(waits)} events wait on tablet {device.number}: {waits[:3]}"
            )
    on_record = events.on_the_record(world)
    for event_id in world.ledger.facts:
        if event_id not in on_record and event_id not in world.ledger.forgiven:
            raise Violation("S2", f"{event_id} never arrived")


def _check_held(world: "World") -> None:
    """L4. Who had to sign in first may have sent after the time that everything was given."""
    due = world.clock().astimezone(UTC) - timedelta(days=HELD_AT_MOST_DAYS)
    held = world.server_view().execute(
        "SELECT id FROM field_events WHERE status = 'held' AND received_at < ?",
        [due.strftime("%Y-%m-%d %H:%M:%S.%f")],
    )
    if found := held.fetchall():
        raise Violation("L4", f"still held: {found}")


def _check_arrivals(world: "World") -> None:
    """L3: every file is here, and every job whose proof is here says so."""
    ledger = world.ledger
    for sha256, picture in ledger.pictures.items():
        if sha256 in ledger.forgiven_pictures or picture.events <= ledger.forgiven:
            continue
        if not invariants.has_right_bytes(world, sha256):
            raise Violation("L3", f"file {sha256} never arrived")
    partial = world.server_view().execute(
        "SELECT id, missing FROM jobs WHERE received = 'partial' ORDER BY id"
    )
    for job_id, missing in partial:
        _check_missing(world, job_id, json.loads(missing))


def _check_missing(world: "World", job_id: str, missing: dict[str, Any]) -> None:
    ledger = world.ledger
    lost = {
        sha256 for e in ledger.forgiven for sha256 in pictures_of(ledger.facts[e])
    } | ledger.forgiven_pictures
    events_left = [e for e in missing["events"] if e not in ledger.forgiven]
    files_left = [f for f in missing["blobs"] if f not in lost]
    if events_left or files_left:
        raise Violation("L3", f"{job_id} never became complete: {events_left} {files_left}")


def _check_base(world: "World", device: "Device") -> None:
    """L2, and L5 as the last change was made one poll ago: the base is what the server shows."""
    if world.is_revoked(device):
        return
    look = device.looks()
    people = look.execute("SELECT person_id, username FROM person WHERE signed_in = 1").fetchall()
    for person_id, _username in people:
        base = {
            (kind, id_): (version, json.loads(data) if data else None)
            for kind, id_, version, data in look.execute(
                "SELECT kind, id, version, data FROM base "
                "WHERE person_id = ? AND standing = 'mine'",
                [person_id],
            )
        }
        shown = _shown_to(world, person_id)
        if base != shown:
            different = [
                (key, base.get(key), shown.get(key))
                for key in sorted({*base, *shown})
                if base.get(key) != shown.get(key)
            ]
            raise Violation("L2", f"tablet {device.number}, {person_id}: {different[:1]}")
    look.close()


def _shown_to(world: "World", person_id: str) -> dict[tuple[str, str], Any]:
    rows = world.server_view().execute(
        "SELECT kind, entity_id, version, coalesce(jobs.document, data) FROM feed_changes "
        "LEFT JOIN jobs ON feed_changes.kind = 'job' AND jobs.id = entity_id "
        "WHERE scope IN ('catalogue', ?) AND change = 'upsert' AND kind <> 'event_result'",
        [f"person:{person_id}"],
    )
    return {(kind, id_): (version, json.loads(data)) for kind, id_, version, data in rows}
