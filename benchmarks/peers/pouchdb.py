"""express-pouchdb: CouchDB's `_bulk_docs` and `_changes`, on LevelDB, without fsync."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import client
from benchmarks.client import Answer, Request, request
from benchmarks.peers import installing
from benchmarks.peers.running import running
from benchmarks.sides import Side
from benchmarks.visits import Visit
from tests.live import free_port

NAME = "express-pouchdb"
JSON = {"Content-Type": "application/json"}
DOCS_AT_ONCE = 500


@contextmanager
def serving(folder: Path) -> Iterator[Side]:
    """Raises NotInstalled."""
    home, port = installing.node_folder(), free_port()
    data = folder / "pouchdb"
    data.mkdir()
    command: list[str | Path] = [installing.node(), home / "pouchdb.cjs", data, str(port)]
    with running(command, port, folder, NAME) as pid:
        client.ask(port, request("PUT", "/visits", is_good=lambda answer: answer.status == 201))
        yield Side(NAME, port, (pid,))


def bulk(visit: Visit) -> Request:
    """The events of a visit as documents."""
    docs = [{"_id": event["event_id"], **event} for event in visit.events]
    return _bulk(docs)


def _bulk(docs: list[dict[str, Any]]) -> Request:
    body = json.dumps({"docs": docs}).encode()
    how_many = len(docs)

    def all_are_new(answer: Answer) -> bool:
        return answer.status == 201 and answer.body.count(b'"ok":true') == how_many

    return request("POST", "/visits/_bulk_docs", JSON, (body,), is_good=all_are_new)


def fill(side: Side, docs: Iterator[dict[str, Any]]) -> None:
    """Puts documents in, many at once."""
    while batch := list(islice(docs, DOCS_AT_ONCE)):
        client.ask(side.port, _bulk(batch))


def changes(since: int, limit: int) -> Request:
    """So many changes with their documents."""
    path = f"/visits/_changes?include_docs=true&since={since}&limit={limit}"

    def has_all(answer: Answer) -> bool:
        return answer.status == 200 and answer.body.count(b'"seq":') == limit

    return request("GET", path, is_good=has_all)
