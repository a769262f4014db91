"""R1: what a customer signed on a tablet is, to the byte, what the server builds from the same events."""

from typing import TYPE_CHECKING

from tests.sync.simulation.ledger import Violation

if TYPE_CHECKING:
    from tests.sync.simulation.world import World

RESTORES = ("server restored from a backup", "server restored in the middle of a sync")


def check(world: "World") -> None:
    """Of every receipt that was shown or signed; the server notes where its own digest is another."""
    look = world.server_view()
    others = {
        row[0]
        for row in look.execute("SELECT event_id FROM exceptions WHERE kind = 'receipt_mismatch'")
    }
    told = look.execute(
        "SELECT id FROM field_events WHERE status = 'applied' AND was IS NULL AND code IS NULL "
        "AND kind IN ('receipt.presented', 'receipt.signed') ORDER BY id"
    )
    for (event_id,) in told.fetchall():
        world.checked["R1"] += 1
        if event_id in others and _is_told_whole(world, event_id):
            raise Violation("R1", f"{event_id} has another digest than the server's receipt")


def _is_told_whole(world: "World", event_id: str) -> bool:
    """Whether the server has all that it was built from, as it was captured, and the sheet of that day."""
    if any(world.faults.struck[each] for each in RESTORES):
        return False
    look = world.server_view()
    fact = world.ledger.facts.get(event_id)
    while fact is not None:
        found = look.execute("SELECT status FROM field_events WHERE id = ?", [fact.event_id])
        if found.fetchone() not in (("applied",), ("recorded",)):
            return False
        if fact.after is None:
            return True
        fact = world.ledger.facts.get(fact.after)
    return False
