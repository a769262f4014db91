"""Kinto: records over HTTP, synchronised by timestamps, on PostgreSQL; a batch is one transaction."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import client
from benchmarks.client import Answer, Request, request
from benchmarks.peers import installing
from benchmarks.peers.running import running
from benchmarks.postgres import DurablePostgres
from benchmarks.sides import Side
from benchmarks.visits import Visit
from tests.live import free_port

NAME = "Kinto"
BUCKET = "/buckets/bench"
COLLECTIONS = 100  # two writers of one collection in the same millisecond are a conflict there
HEADERS = {
    "Content-Type": "application/json",
    "Authorization": f"Basic {b64encode(b'alice:password').decode()}",
}


@contextmanager
def serving(postgres: DurablePostgres, folder: Path) -> Iterator[Side]:
    """On a database of its own; PostgreSQL's processes count as its own. Raises NotInstalled."""
    python, port = installing.kinto_python(), free_port()
    url = postgres.create_database("kinto")
    ini = folder / "kinto.ini"
    ini.write_text((Path(__file__).parent / "kinto.ini").read_text().replace("STORAGE_URL", url))
    program = [python, python.with_name("kinto")]
    done = subprocess.run([*program, "migrate", "--ini", ini], capture_output=True, text=True)
    if done.returncode:
        raise installing.NotInstalled(f"kinto migrate: {done.stderr[-800:]}")
    command: list[str | Path] = [*program, "start", "--ini", ini, "--port", str(port)]
    with running(command, port, folder, NAME) as pid:
        for path in (BUCKET, *map(_collection, range(COLLECTIONS))):
            made = request("PUT", f"/v1{path}", HEADERS, (b"{}",), is_good=_is_made)
            client.ask(port, made)
        yield Side(NAME, port, (pid, postgres.root))


def _collection(number: int) -> str:
    return f"{BUCKET}/collections/of{number % COLLECTIONS}"


def _is_made(answer: Answer) -> bool:
    return answer.status in (200, 201)


def batch(visit: Visit) -> Request:
    """The events of a visit as records, in the installer's collection."""
    collection = _collection(visit.who.number)
    asked = [
        {
            "method": "PUT",
            "path": f"{collection}/records/{event['event_id']}",
            "body": {"data": event},
        }
        for event in visit.events
    ]
    body = json.dumps({"requests": asked}).encode()
    how_many = len(asked)

    def all_are_new(answer: Answer) -> bool:
        return answer.status == 200 and answer.body.count(b'"status":201') == how_many

    return request("POST", "/v1/batch", HEADERS, (body,), is_good=all_are_new)
