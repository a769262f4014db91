"""Writers that push at the same time, for tests of readers beside them: threads here, or in processes.

`python -m tests.faults.pushing` reads one order (a line of JSON, see `Order`) from its standard input,
says "ready", waits for a line, lets its writers work and prints what became of every event, as JSON.
The configuration comes from the environment, as for every command of the product.

The delays are the subject: one between stamp and commit (`commits_slowly`), in which a wrong cursor would
run past a change that is not visible yet, and one between the moment a fact is captured and the moment
it is sent, which is what a network does.
"""

import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from server.app import create_app
from server.config import Config
from server.db.engine import Database
from server.ids import new_id
from tests import people
from tests.client import Client
from tests.events import Lane

LONGEST_COMMIT_S = 0.05
LONGEST_WAY_S = 0.010
BY_NAME = {each.username: each for each in people.CAST}


@dataclass(frozen=True)
class Order:
    """One writer: somebody's tablet, the jobs that only it writes to, and those that others write to."""

    username: str
    token: str
    device_id: str
    own: list[str]
    shared: list[str]
    seed: int


def commits_slowly(database: Database, seed: int) -> None:
    """From now on every commit comes some time after the stamp, which is the last statement before."""
    chance = random.Random(seed)

    def wait(_session: Session) -> None:
        time.sleep(chance.uniform(0, LONGEST_COMMIT_S))

    database.before_commit.append(wait)


def push_all(app: Flask, order: Order) -> list[str]:
    """A push for each own job, with an event on a shared one in it, in either order.

    Returns "status" of every answer that is not 200, else the status of each event.
    """
    who, chance = BY_NAME[order.username], random.Random(order.seed)
    client = Client(app, app.response_class)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {order.token}"
    client.environ_base["HTTP_SYNC_DEVICE"] = order.device_id
    numbers = count(1)
    lanes = {each: Lane(who, each, numbers=numbers) for each in [*order.own, *order.shared]}
    told: list[str] = []
    for job_id in order.own:
        events = [lanes[each].add("note.added") for each in (job_id, chance.choice(order.shared))]
        chance.shuffle(events)
        events.sort(key=lambda event: event["job_id"] == job_id, reverse=chance.random() < 0.5)
        time.sleep(chance.uniform(0, LONGEST_WAY_S))
        told += _push(client, order.device_id, events)
    return told


def _push(client: Client, device_id: str, events: list[dict[str, Any]]) -> list[str]:
    batch = {"device_id": device_id, "batch_id": new_id(), "sent_at": None, "events": events}
    answer = client.post("/sync/v1/push", json=batch)
    if answer.status_code != 200:
        return [f"{answer.status_code} {answer.get_data(as_text=True)}"]
    return [result["status"] for result in answer.json["results"]]


def written(orders: list[Order]) -> str:
    """The order as `main` reads it."""
    return json.dumps([asdict(each) for each in orders])


def main() -> None:
    orders = [Order(**each) for each in json.loads(sys.stdin.readline())]
    app = create_app(Config.from_env())
    database = app.extensions["doorstep"].database
    commits_slowly(database, orders[0].seed)
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(len(orders)) as pool:
        told = [
            each for some in pool.map(lambda order: push_all(app, order), orders) for each in some
        ]
    print(json.dumps(told), flush=True)
    database.close()


if __name__ == "__main__":
    main()
