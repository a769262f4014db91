"""Somebody captures, on and on, and every fact that was reported as saved is said aloud.

`python -m tests.faults.capturing HOME PICTURES` prints a line of JSON for each until it is ended: the id of
the event and, for a photo, the hash of its bytes. What was said has gone down the pipe, so it is known
outside when the disk under HOME has lost its power.
"""

import json
import sys
from itertools import count, cycle
from pathlib import Path

from field_client import Companion
from field_client.errors import CompanionError
from tests.faults.devices import picture

NOTES = 2  # for each photo


def main(home: str, pictures: str) -> None:
    companion, file = Companion(home), Path(pictures) / "camera.jpg"
    jobs = cycle([each.job_id for each in companion.jobs()])
    for number in count():
        try:
            if number % (NOTES + 1):
                event, name = companion.note(next(jobs), "The door closes again"), None
            else:
                file.write_bytes(picture())
                event, shot = companion.photo(next(jobs), "after", file)
                name = shot.sha256
        except CompanionError as told:
            print(json.dumps({"code": told.code}), flush=True)
            return
        print(json.dumps({"event": event["event_id"], "file": name}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
