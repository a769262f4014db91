"""A process that writes, for tests of several processes on one database.

`python -m tests.db.writers raise ADDRESS THREADS TIMES` says "ready", waits for a line, and raises the
counter THREADS x TIMES times. `… hold ADDRESS` says "holding" inside of a write, and waits to be killed.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from server.db.engine import Database
from server.db.tickets import Counter


def count_up(session: Session) -> int:
    """Reads, adds one in Python, and writes: an update that is lost shows."""
    counter = session.get_one(Counter, "test", with_for_update=True)
    counter.value += 1
    return counter.value


def count_up_often(database: Database, threads: int, times: int) -> list[int]:
    """What each write left; raises what any of them raised."""

    def work(_: int) -> list[int]:
        return [database.write(count_up) for _ in range(times)]

    with ThreadPoolExecutor(threads) as pool:
        return [value for values in pool.map(work, range(threads)) for value in values]


def hold(session: Session) -> None:
    count_up(session)
    session.flush()
    print("holding", flush=True)
    sys.stdin.readline()


def main(order: str, address: str, threads: str = "1", times: str = "1") -> None:
    database = Database(address)
    if order == "hold":
        database.write(hold)
        return
    print("ready", flush=True)
    sys.stdin.readline()
    print(*count_up_often(database, int(threads), int(times)), flush=True)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
