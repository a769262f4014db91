"""Photos that have come from the field, for tests whose subject is what becomes of them."""

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from server import worker
from server.actions import stored_files
from server.db.events import FieldEvent
from server.db.jobs import Job
from server.db.photos import Photo
from server.house import House
from server.ids import new_id
from tests import people, pictures
from tests.uploads import sha256


class Album:
    """Puts photos where uploads would have put them, and lets the worker look at them."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    @property
    def house(self) -> House:
        found: House = self.app.extensions["doorstep"]
        return found

    def announces(self, job_id: str, content: bytes, **changes: Any) -> str:
        """A photo whose file is still on its way."""
        photo_id = new_id()

        def act(session: Session) -> None:
            visit_id = session.get_one(Job, job_id).visit_id
            ordinary = {
                "id": photo_id,
                "job_id": job_id,
                "visit_id": visit_id,
                "slot": "after",
                "sha256": sha256(content),
                "size": len(content),
                "mime": "text/html",  # whatever the sender says
                "width": 800,
                "height": 600,
                "source": "camera",
                "taken_at": self.house.clock(),
                "taken_by": people.ALICE.id,
            }
            session.add(Photo(**{**ordinary, **changes}))

        self.house.database.write(act)
        return photo_id

    def takes(self, job_id: str, content: bytes | None = None, **changes: Any) -> str:
        """A photo whose file is here; nobody has looked at it."""
        content = pictures.jpeg() if content is None else content
        photo_id = self.announces(job_id, content, **changes)
        name = self.house.media.put(content)
        self.house.database.write(
            lambda s: stored_files.note_stored(
                s, name, len(content), people.ALICE.id, self.house.clock()
            )
        )
        return photo_id

    def looks(self) -> int:
        """The worker does all that is due."""
        return worker.run_once(self.house)

    def shows(self, photo_id: str) -> Photo:
        return self.house.database.read(lambda session: session.get_one(Photo, photo_id))

    def happened(self, job_id: str, kind: str, at: Any) -> None:
        """Something on the visit of this job, by the corrected clock."""

        def act(session: Session) -> None:
            job = session.get_one(Job, job_id)
            session.add(
                FieldEvent(
                    id=new_id(),
                    device_id="a tablet",
                    seq=hash((job_id, kind)) % 10**6,
                    kind=kind,
                    v=1,
                    job_id=job_id,
                    visit_id=job.visit_id,
                    actor_id=people.ALICE.id,
                    person_id=people.ALICE.id,
                    captured_at=at.isoformat(),
                    captured_est=at,
                    uncertainty_s=1,
                    is_clock_suspect=False,
                    received_at=at,
                    raw="{}",
                    fingerprint="0" * 64,
                    status="applied",
                )
            )

        self.house.database.write(act)
