"""`doorstep worker`: does what transactions asked for (a table is the queue) and keeps house.

A task is claimed for five minutes, done outside of any transaction where it takes long, and ended in the
transaction that writes its outcome: it is done once, or it is done again. One that fails rests longer each
time and is put aside after `TRIES`, with what went wrong. Several workers may run beside each other.
"""

import logging
import signal
import time
import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event
from types import FrameType

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from server.actions import (
    audit_seals,
    customer_photos,
    documents,
    erasures,
    exports,
    judging,
    organisations,
    photos,
    promises,
    revisits,
    settings,
    settling,
    sign_ins,
    stored_files,
    unwanted_files,
    uploads,
)
from server.app import create_app
from server.config import Config
from server.db import audit_seals as audit_lines
from server.db import house as queue
from server.db import jobs
from server.db.exports import Export
from server.db.house import KeptAnswer, Task
from server.documents import certificates
from server.documents.papers import Paper
from server.documents.press import PRESS
from server.domain import errors
from server.domain.errors import Language
from server.files import DERIVATIVES, UPLOAD_ID
from server.house import House
from server.ids import new_id
from server.images import Examiner
from server.notices.postmen import Post
from server.reports import counting
from server.reports import exports as whole_shop
from server.requests import set_up_logging

log = logging.getLogger("doorstep.worker")

POLL_S = 0.5
HOUSEKEEPING = timedelta(minutes=1)
MOST_SEALS = 100  # of one minute
WRITERS_LOOKS, WRITERS_LOOK_S = 40, 0.05
ORPHAN_S = 3600  # how old bytes without an upload are before they go

Outcome = Callable[[Session], None]
"""What a task writes, in the transaction that ends it."""

Handler = Callable[[House, Examiner, str], Outcome]


def work(config: Config) -> int:
    """Runs until it is asked to stop (SIGTERM, SIGINT); the task in hand is ended first."""
    set_up_logging(config.log_level)
    house: House = create_app(config).extensions["doorstep"]
    stop = _asked_to_stop()
    log.info("the worker is at work")
    postmen = Post(house.config, house.database, house.clock).work(stop)
    with Examiner() as examiner:
        worker = Worker(house, examiner)
        while not stop.is_set():
            worker.try_to_keep_house()
            if not worker.try_one() and not worker.try_at_leisure():
                stop.wait(POLL_S)
    for each in postmen:
        each.join()
    PRESS.close()
    house.database.close()
    log.info("the worker has stopped")
    return 0


def _asked_to_stop() -> Event:
    stop = Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


def run_once(house: House) -> int:
    """Does everything that is due, sends what is to be sent and keeps house once, without waiting; returns how
    many tasks.
    """
    with Examiner() as examiner:
        worker = Worker(house, examiner)
        worker.keep_house()
        done = 0
        while worker.do_one():
            done += 1
        while worker.at_leisure():
            pass
    Post(house.config, house.database, house.clock).drain()
    return done


class Worker:
    """One worker of the house. Kinds of task that it `leaves` wait for another."""

    def __init__(self, house: House, examiner: Examiner, leaves: Collection[str] = ()) -> None:
        self.house, self.examiner, self._leaves = house, examiner, leaves
        self.id = new_id()
        self._kept_house_at: datetime | None = None
        self._walk: tuple[str, audit_seals.Walk] | None = None

    # Tasks.

    def try_one(self) -> bool:
        """One task, if one is due; whatever goes wrong with the house itself, the worker lives on."""
        try:
            return self.do_one()
        except Exception:
            log.exception("the worker stumbled")
            time.sleep(POLL_S)
            return False

    def do_one(self) -> bool:
        """Claims the next due task and ends it or puts it off. False when nothing is due."""
        task = self._claim()
        if task is None:
            return False
        if task.tries > queue.TRIES:  # it took every worker that tried it down with it
            self._put_aside(task, task.failure or "it ended every worker that tried it")
            return True
        try:
            outcome = self._handle(task)
            self.house.database.write(lambda session: self._end(session, task, outcome))
        except Exception as failure:
            self._note_failure(task, failure)
        return True

    def _claim(self) -> Task | None:
        now = self.house.clock()
        is_due = self.house.database.read(
            lambda session: session.scalars(queue.due(now, self._leaves).limit(1)).first()
        )
        if is_due is None:  # asked without a writer's turn: an idle worker is in nobody's way
            return None
        return self.house.database.write(
            lambda session: queue.claim(session, self.id, now, self._leaves)
        )

    def _handle(self, task: Task) -> Outcome:
        handler = HANDLERS.get(task.kind)
        if handler is None:
            raise LookupError(f"nobody knows tasks of kind {task.kind}")
        return handler(self.house, self.examiner, task.subject)

    def _end(self, session: Session, task: Task, outcome: Outcome) -> None:
        mine = update(Task).where(Task.id == task.id, Task.holder == self.id)
        ended = mine.values(done_at=self.house.clock(), holder=None, leased_until=None, failure="")
        if session.execute(ended.returning(Task.id)).first() is None:
            return  # it took too long: somebody else has it, and does the same
        outcome(session)

    def _note_failure(self, task: Task, failure: Exception) -> None:
        log.warning(
            "a task failed",
            exc_info=failure,
            extra={"fields": {"task": task.id, "kind": task.kind}},
        )
        words = "".join(traceback.format_exception_only(failure)).strip()[:2_000]
        if task.tries >= queue.TRIES:
            self._put_aside(task, words)
            return
        again_at = self.house.clock() + queue.back_off(task.tries)
        self._change(task, run_at=again_at, failure=words)

    def _put_aside(self, task: Task, words: str) -> None:
        """Nobody tries it again by itself: it stands in the table with what went wrong."""
        log.error(
            "a task was put aside",
            extra={"fields": {"task": task.id, "kind": task.kind, "failure": words}},
        )
        self._change(task, failed_at=self.house.clock(), failure=words)

    def _change(self, task: Task, **values: object) -> None:
        mine = update(Task).where(Task.id == task.id, Task.holder == self.id)
        freed = mine.values(holder=None, leased_until=None, **values)
        self.house.database.write(lambda session: session.execute(freed))

    # At leisure: what can wait until no task is due, a little at a time.

    def try_at_leisure(self) -> bool:
        """False when there is nothing to do at all."""
        try:
            return self.at_leisure()
        except Exception:
            log.exception("the worker stumbled at leisure")
            self._walk = None
            time.sleep(POLL_S)
            return False

    def at_leisure(self) -> bool:
        return self.count() or self.prove()

    def count(self) -> bool:
        """Some of the tickets that were touched, for the figures."""
        if not self.house.database.read(counting.is_waiting):
            return False
        return self.house.database.write(counting.count_some) > 0

    def prove(self) -> bool:
        """Some steps along the chain of the audit, if somebody asked for a proof; from the beginning
        where a worker has stopped on the way.
        """
        database = self.house.database
        asked = database.read(audit_seals.proof_under_way)
        if asked is None:
            return False
        if self._walk is None or self._walk[0] != asked:
            seal_audit(self.house)
            self._walk = asked, audit_seals.Walk()
        walk = self._walk[1]
        goes_on = database.read(lambda session: audit_seals.go_on(session, walk))
        done_at = None if goes_on else self.house.clock()
        database.write(lambda session: audit_seals.note(session, asked, walk, done_at))
        if not goes_on:
            self._walk = None
            _tell(walk)
        return True

    # Keeping house.

    def try_to_keep_house(self) -> None:
        """Once a minute; what fails today is tried again in a minute."""
        now = self.house.clock()
        if self._kept_house_at is not None and now - self._kept_house_at < HOUSEKEEPING:
            return
        self._kept_house_at = now
        self.keep_house()

    def keep_house(self) -> None:
        PRESS.rest()
        for duty in DUTIES:
            try:
                duty(self.house)
            except Exception:
                log.exception(
                    "a duty of the house failed", extra={"fields": {"duty": duty.__name__}}
                )


# What each kind of task does.


def _examine(house: House, examiner: Examiner, sha256: str) -> Outcome:
    """Looks at a picture in the guarded process and puts its two copies in their places."""
    if not house.database.read(lambda session: _is_to_be_looked_at(session, sha256)):
        return _nothing  # a signature, or examined before
    try:
        examined = examiner.examine(house.media.original_path(sha256))
    except (errors.NotAnImage, errors.ImageTooLarge, errors.ImageTooCostly) as refused:
        why: errors.DoorstepError = refused

        def give_up(session: Session) -> None:
            photos.give_up(session, sha256, why, house.clock())
            customer_photos.give_up(session, sha256, why)

        return give_up
    house.media.write_derived(sha256, "large", examined.large)
    house.media.write_derived(sha256, "thumb", examined.thumb)

    def note(session: Session) -> None:
        photos.examine(session, sha256, examined.measured, house.clock())
        customer_photos.examine(session, sha256, examined.measured)

    return note


def _is_to_be_looked_at(session: Session, sha256: str) -> bool:
    return bool(photos.waiting_for(session, sha256) or customer_photos.waiting_for(session, sha256))


def _show(house: House, examiner: Examiner, sha256: str) -> Outcome:
    """Makes the two copies of a picture again that was examined before; a restore asks for it."""
    media = house.media
    if media.verify(sha256) and not all(
        media.derived_path(sha256, each).exists() for each in DERIVATIVES
    ):
        with suppress(errors.NotAnImage, errors.ImageTooLarge, errors.ImageTooCostly):
            examined = examiner.examine(media.original_path(sha256))
            media.write_derived(sha256, "large", examined.large)
            media.write_derived(sha256, "thumb", examined.thumb)
    return _nothing


def _erase_file(house: House, examiner: Examiner, sha256: str) -> Outcome:
    """Removes a file whose person was erased, or that was taken away, unless something shows the very same."""
    if house.database.read(lambda session: unwanted_files.is_wanted(session, sha256)):
        return lambda session: unwanted_files.keep(session, sha256)
    house.media.erase(sha256)
    return _nothing


def _settle(house: House, examiner: Examiner, job_id: str) -> Outcome:
    def settle(session: Session) -> None:
        jobs.lock(session, {job_id})
        settling.settle_job(session, job_id, house.clock())

    return settle


def _keep_promises(house: House, examiner: Examiner, after: str) -> Outcome:
    """When promises warn and break, reckoned anew for all open tickets, a batch at a time."""

    def keep(session: Session) -> None:
        now = house.clock()
        last = promises.keep_some(session, "" if after == promises.ALL else after, now)
        if last is not None:
            queue.ask_for(session, promises.KEEP, last, now)

    return keep


def _make_export(house: House, examiner: Examiner, export_id: str) -> Outcome:
    """Writes the whole shop into a file beside its place, and puts it there when it is whole."""
    file = house.media.export_path(export_id)
    passing = file.with_suffix(".part")
    file.parent.mkdir(exist_ok=True)
    branch_id = house.database.read(lambda session: session.get_one(Export, export_id).branch_id)

    def told(table: str, tables: int, rows: int) -> None:
        house.media.check_room(0)
        now = house.clock()
        house.database.write(
            lambda session: exports.has_come(session, export_id, table, tables, rows, now)
        )

    as_of = house.clock()
    rows = house.database.read(lambda session: whole_shop.make(session, branch_id, passing, told))
    passing.replace(file)
    size, now = file.stat().st_size, house.clock()
    return lambda session: exports.is_made(session, export_id, as_of, rows, size, now)


def _make_document(house: House, examiner: Examiner, subject: str) -> Outcome:
    """Draws a receipt in one language and signs it; a receipt that is gone needs none."""
    receipt_id, _, language = subject.partition("/")

    def paper_of(session: Session) -> Paper | None:
        wanted: Language = "zh" if language == "zh" else "en"
        return documents.paper_of(session, receipt_id, wanted, house.config, house.media)

    paper = house.database.read(paper_of)
    if paper is not None and paper.signature_sha256 and paper.signature is None:
        _show(house, examiner, paper.signature_sha256)  # no stranger's picture is opened here
        paper = house.database.read(paper_of)
    if paper is None:
        return _nothing
    content = PRESS.make(paper, certificates.of_house(house.config))
    now, made = house.clock(), paper
    house.media.check_room(len(content))
    sha256 = house.media.put(content)
    return lambda session: documents.note(session, made, sha256, len(content), now)


def _nothing(session: Session) -> None:
    """There is nothing to write."""


HANDLERS: dict[str, Handler] = {
    "photo.examine": _examine,
    "photo.show": _show,
    "job.settle": _settle,
    promises.KEEP: _keep_promises,
    "file.erase": _erase_file,
    "export.make": _make_export,
    documents.MAKE: _make_document,
}


# The duties of the house, each in a transaction of its own.


def _forget_uploads(house: House) -> None:
    """Uploads whose time has run out, and bytes that belong to none."""
    for upload_id in house.database.write(lambda s: uploads.forget_expired(s, house.clock())):
        house.media.remove_incoming(upload_id)
    for upload_id in _orphans(house):
        house.media.remove_incoming(upload_id)


def _orphans(house: House) -> set[str]:
    """Listed before the rows are read: whatever is in the list had its row by then."""
    folder, before = house.media.root / "incoming", time.time() - ORPHAN_S
    names = set()
    for file in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if UPLOAD_ID.fullmatch(file.name) and file.stat().st_mtime < before:
                names.add(file.name)
    if not names:
        return set()
    return house.database.read(lambda session: uploads.unknown(session, names))


def _meet_late(house: House) -> None:
    house.database.write(lambda session: stored_files.meet_late(session, house.clock()))


def _release_held(house: House) -> None:
    house.database.write(lambda session: judging.release_overdue(session, house.clock()))


def _propose_revisits(house: House) -> None:
    """For retakes that nobody answered in time."""

    def propose(session: Session) -> None:
        now = house.clock()
        for job_id in revisits.propose_unanswered_retakes(session, now):
            settling.settle_job(session, job_id, now)

    house.database.write(propose)


def _erase_late(house: House) -> None:
    """What tablets brought for customers who had been erased by then."""
    house.database.write(lambda session: erasures.erase_late(session, house.clock()))


def _forget_customer_photos(house: House) -> None:
    """Those whose ticket was never opened, and those that were taken away long ago."""
    now = house.clock()
    if house.database.read(lambda session: customer_photos.are_forgettable(session, now)):
        house.database.write(lambda session: customer_photos.forget(session, now))


def _grants(house: House) -> None:
    house.database.write(lambda session: organisations.end_grants(session, house.clock()))
    house.database.write(lambda session: organisations.begin_grants(session, house.clock()))


def _forget_old(house: House) -> None:
    """Answers kept for repeated requests, guesses at passwords, tasks that were done: for as long as the
    house has decided.
    """
    now = house.clock()

    def forget(session: Session) -> None:
        days = settings.retention(session, now)
        answers, tasks = timedelta(days=days["answers_days"]), timedelta(days=days["tasks_days"])
        session.execute(delete(KeptAnswer).where(KeptAnswer.at < now - answers))
        session.execute(delete(Task).where(Task.done_at < now - tasks))
        sign_ins.forget_old(session, now)

    house.database.write(forget)


def seal_audit(house: House) -> None:
    """Closes the lines of the audit that no other line can come before any more, in runs."""
    database, now = house.database, house.clock()
    until, writers = database.read(audit_seals.horizon)
    for _ in range(WRITERS_LOOKS):
        if not writers:
            break
        time.sleep(WRITERS_LOOK_S)
        writers &= database.read(audit_lines.writers_at_work)
    else:
        return  # somebody writes for very long: the next minute will do
    for _ in range(MOST_SEALS):
        if not database.write(lambda session: audit_seals.seal_some(session, until, now)):
            break


def _forget_exports(house: House) -> None:
    for export_id in house.database.write(lambda s: exports.forget_expired(s, house.clock())):
        house.media.export_path(export_id).unlink(missing_ok=True)


def _ask_for_proof(house: House) -> None:
    house.database.write(lambda session: audit_seals.ask_each_day(session, house.clock()))


def _tell(walk: audit_seals.Walk) -> None:
    """The anchor goes into the log, which lies elsewhere: a chain that was made anew shows against it."""
    told = {"seal": walk.seals, "line": walk.last_line, "hash": walk.hash}
    if walk.finding is None:
        log.info("the audit is proved", extra={"fields": told})
    else:
        wrong = {"wrong": walk.finding.wrong.value, "number": walk.finding.number}
        log.error("the audit was tampered with", extra={"fields": {**told, **wrong}})


DUTIES: tuple[Callable[[House], None], ...] = (
    _forget_uploads,
    _meet_late,
    _release_held,
    _propose_revisits,
    _grants,
    _erase_late,
    _forget_customer_photos,
    _forget_old,
    seal_audit,
    _ask_for_proof,
    _forget_exports,
)
