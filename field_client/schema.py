"""The tables of the store, as migrations. One that was shipped is never edited: the next one is added.

`event.body` is the text of the wire envelope as it was captured. No migration and no update ever rewrites
it; triggers see to that, and to it that nothing the server does not have is deleted.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("field_client")
NAMES = frozenset({"2026_11_first", "2026_11_readiness"})
"""Every migration this version knows; a store that has others was written by a later version."""

_FIRST = """
CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    device_id TEXT NOT NULL,
    install_secret TEXT NOT NULL,
    name TEXT NOT NULL,
    server TEXT,
    current_person TEXT,
    next_seq INTEGER NOT NULL DEFAULT 1,
    hello TEXT,
    offset TEXT
);

CREATE TABLE person (
    person_id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    device_id TEXT NOT NULL,
    access_token TEXT,
    refresh_token TEXT,
    signed_in INTEGER NOT NULL DEFAULT 1,
    cursor TEXT,
    epoch TEXT,
    snapshot_mark INTEGER NOT NULL DEFAULT 0,
    server_time TEXT,
    synced_at TEXT
);

CREATE TABLE base (
    person_id TEXT NOT NULL REFERENCES person,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('mine', 'leaving', 'gone')),
    reason TEXT,
    data TEXT,
    mark INTEGER NOT NULL DEFAULT 0,
    complete_since TEXT,
    PRIMARY KEY (person_id, kind, id)
) WITHOUT ROWID;

CREATE TABLE event (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES person,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL UNIQUE,
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'acknowledged', 'parked')),
    status TEXT,
    code TEXT,
    effect_version INTEGER,
    CHECK (state <> 'acknowledged' OR status IS NOT NULL)
);
CREATE INDEX event_by_person ON event (person_id, state, place);
CREATE INDEX event_by_job ON event (person_id, job_id, place);

CREATE TABLE lane (
    person_id TEXT NOT NULL REFERENCES person,
    job_id TEXT NOT NULL,
    last_event_id TEXT NOT NULL,
    PRIMARY KEY (person_id, job_id)
) WITHOUT ROWID;

CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mime TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('photo', 'signature')),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'stored', 'lost')),
    problem TEXT,
    is_local INTEGER NOT NULL DEFAULT 1,
    look TEXT
);
CREATE INDEX blob_by_state ON blob (state);

CREATE TABLE blob_use (
    sha256 TEXT NOT NULL REFERENCES blob,
    event_id TEXT NOT NULL REFERENCES event (event_id),
    person_id TEXT NOT NULL REFERENCES person,
    job_id TEXT NOT NULL,
    PRIMARY KEY (sha256, event_id)
) WITHOUT ROWID;
CREATE INDEX blob_use_by_job ON blob_use (person_id, job_id);

CREATE TRIGGER event_is_immutable BEFORE UPDATE OF event_id, person_id, job_id, kind, body ON event
BEGIN SELECT RAISE(ABORT, 'a field event is immutable'); END;

CREATE TRIGGER event_waits BEFORE DELETE ON event WHEN OLD.state <> 'acknowledged'
BEGIN SELECT RAISE(ABORT, 'a waiting field event is never deleted'); END;

CREATE TRIGGER blob_waits BEFORE DELETE ON blob WHEN OLD.state = 'waiting'
BEGIN SELECT RAISE(ABORT, 'a waiting file is never deleted'); END;

CREATE TRIGGER blob_stays BEFORE UPDATE OF is_local ON blob
WHEN NEW.is_local = 0 AND NEW.state = 'waiting'
BEGIN SELECT RAISE(ABORT, 'a waiting file is never dropped'); END;
"""


@migrations(name="2026_11_first")
def first(db: Database) -> None:
    for statement in _statements(_FIRST):
        db.execute(statement)


@migrations(name="2026_11_readiness")
def readiness(db: Database) -> None:
    """What the office was last told about leaving for a job."""
    db.execute(
        "CREATE TABLE readiness ("
        "person_id TEXT NOT NULL REFERENCES person, job_id TEXT NOT NULL, told TEXT NOT NULL, "
        "PRIMARY KEY (person_id, job_id)) WITHOUT ROWID"
    )


def _statements(script: str) -> list[str]:
    """One statement at a time: `executescript` would commit the migration's transaction."""
    pieces, rest = [], ""
    for piece in script.split(";"):
        rest = f"{rest};{piece}" if rest else piece
        if "CREATE TRIGGER" in rest and not rest.rstrip().endswith("END"):
            continue
        if rest.strip():
            pieces.append(rest)
        rest = ""
    return pieces
