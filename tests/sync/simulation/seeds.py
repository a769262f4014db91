"""Worlds that once showed a failure of ours; each is run again by every test run.

A world is the story that it was only as long as the simulation draws its chances in the same order, so a
seed here is a small world that goes where the failure was; the failure itself has a test of its own, which is
named.
"""

FAILED_ONCE: dict[str, str] = {}
