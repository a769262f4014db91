"""What an installer does on a job, a few facts at a time, with the companion's own verbs."""

import io
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image

from field_client import jobs
from tests.sync.simulation.apps import Seen, TabletApp
from tests.sync.simulation.companions import SimulatedCompanion
from tests.sync.simulation.devices import Device
from tests.sync.simulation.town import SKUS

OPEN = ("issued", "accepted", "travelling", "on_site")

Step = Callable[[], object]
Tablet = SimulatedCompanion | TabletApp
Job = jobs.Job | Seen


def picture(dice: Random, file: Path) -> Path:
    """A small picture like no other."""
    size = dice.choice([(24, 18), (48, 36), (80, 60)])
    raster = Image.frombytes("RGB", size, dice.randbytes(size[0] * size[1] * 3))
    out = io.BytesIO()
    raster.save(out, "JPEG", quality=85)
    file.write_bytes(out.getvalue())
    return file


def works(device: Device, dice: Random) -> None:
    """The next few facts on one of the jobs that are open here."""

    def act(tablet: Tablet) -> None:
        mine = [job for job in tablet.jobs() if not job.is_read_only]
        still_open = [job for job in mine if job.state in OPEN]
        if still_open and dice.random() < 0.95:
            job = dice.choice(still_open[:3])
        elif mine:
            job = dice.choice(mine)
        else:
            return
        for _ in range(dice.randrange(2, 6)):
            job = tablet.show(job.job_id)
            step = _next(tablet, job, dice, device)
            if step is None:
                return
            step()
            device.world.clock.go_on(minutes=dice.uniform(0.5, 6))
            device.world.trace.say(f"tablet {device.number}: a fact on {job.job_id}")

    device.does("work", act, steps=device.steps_of_work)


def _next(tablet: Tablet, job: Job, dice: Random, device: Device) -> Step | None:
    visit, job_id = job.visit, job.job_id
    if job.state not in OPEN:
        return lambda: tablet.note(job_id, device.world.mark("afterwards"))
    if not visit["accepted_at"]:
        if dice.random() < 0.03:
            return lambda: tablet.decline(job_id, "The van has broken down")
        return lambda: tablet.accept(job_id)
    if not visit["arrived_at"]:
        if not visit["travel_started_at"] and dice.random() < 0.8:
            return lambda: tablet.travel(job_id)
        return lambda: tablet.arrive(job_id)
    if visit["assessment"] is None:
        return lambda: tablet.assess(job_id, "minor", ["door_sags"])
    if dice.random() < 0.35:
        return _something_on_the_way(tablet, job, dice, device)
    for slot in job.missing:
        if slot.code == "photo_slot":
            return lambda: _photo(tablet, job_id, slot.subject, dice, device)
        if slot.code == "checklist_step":
            return lambda: tablet.check(job_id, slot.subject, dice.random() < 0.9)
    if job.missing:
        return lambda: _sign(tablet, job_id, dice)
    return lambda: _finish(tablet, job_id, dice)


def _something_on_the_way(tablet: Tablet, job: Job, dice: Random, device: Device) -> Step | None:
    job_id, visit, world = job.job_id, job.visit, device.world
    taken = [each for each, photo in visit["photos"].items() if photo["state"] == "taken"]
    used = [each for each, part in visit["parts"].items() if not part["voided"]]
    steps: list[Step] = [
        lambda: tablet.note(job_id, world.mark("note")),
        lambda: tablet.note(job_id, world.mark("for you"), "customer"),
        lambda: tablet.part(job_id, dice.choice(SKUS), dice.randrange(1, 4)),
        lambda: tablet.part(job_id, dice.choice(SKUS), 1, charge="customer"),
        lambda: tablet.lead(job_id, world.mark("lead")),
        lambda: tablet.swap(job_id, "SN-1", world.mark("SN")),
        lambda: _photo(tablet, job_id, "extra", dice, device),
        lambda: tablet.request(job_id, dice.choice(SKUS), 1, "missing"),
    ]
    if taken:
        steps.append(lambda: tablet.discard(job_id, dice.choice(taken), "blurred"))
    if used:
        steps.append(lambda: tablet.void(job_id, dice.choice(used), "not needed"))
    return dice.choice(steps)


def _photo(tablet: Tablet, job_id: str, slot: str, dice: Random, device: Device) -> None:
    file = picture(dice, device.world.home / "camera.jpg")
    tablet.photo(job_id, slot, file)


def _sign(tablet: Tablet, job_id: str, dice: Random) -> None:
    if dice.random() < 0.2:
        tablet.unsigned(job_id, "absent")
    else:
        tablet.sign(job_id, "Li Na", stars=dice.randrange(1, 6), signature=_scribble(dice))


def _scribble(dice: Random) -> bytes:
    out = io.BytesIO()
    Image.frombytes("L", (24, 12), dice.randbytes(24 * 12)).save(out, "PNG")
    return out.getvalue()


def _finish(tablet: Tablet, job_id: str, dice: Random) -> None:
    if dice.random() < 0.15:
        tablet.finish(job_id, "incomplete", cause="part_missing", words="a hinge")
    else:
        tablet.finish(job_id, anyway=dice.random() < 0.2)
