"""Worlds in which something once did not hold; every test run goes through them again.

A seed tells the same story only as long as the simulation draws its chances in the same order. So the failure
itself has a test of its own where it belongs; what stands here are the rough places on the map.
"""

# Seed to how many tablets and days its world has.
FAILED_ONCE: dict[str, tuple[int, int]] = {
    "poison/24": (
        2,
        2,
    ),  # half a character stopped the queue (tests/field_client/test_transport.py)
    # A photo kept apart came late to a complete job and left the tablet at once (tests/sync/test_epoch.py).
    "2026/13": (20, 5),
    # Poison of a store that was overwritten meanwhile was still under way (the ledger had forgotten it).
    "2026/16": (20, 5),
}
