"""Tickets: when one closes, what it still waits for, and the state that follows.

The close rule of the house (domain.md, Ticket): proof, not somebody's word.
"""

from dataclasses import dataclass
from enum import StrEnum

from server.domain import errors

KINDS = (
    "installation",
    "repair",
    "return_exchange",
    "consultation",
    "maintenance",
    "complaint",
)
CHANNELS = ("phone", "shop", "web", "marketplace", "chat", "installer", "follow_up")
CATEGORIES = (
    "product_quality",
    "delivery_logistics",
    "installation",
    "missing_wrong_parts",
    "service_attitude",
    "price_invoice",
    "usage_question",
)
CLASSES = ("ordinary", "urgent", "special", "sensitive")
KINDS_WITHOUT_TRIP = frozenset({"consultation"})


class State(StrEnum):
    NEW = "new"
    TRIAGED = "triaged"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REOPENED = "reopened"


OVER = frozenset({State.CLOSED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class JobFacts:
    """One job of the ticket, as far as closing asks about it."""

    job_id: str
    state: str
    outcome: str | None = None
    received: str = "none"
    events_missing: int = 0
    blobs_missing: int = 0
    slots_missing: tuple[str, ...] = ()
    receipt: str | None = None  # None, presented, signed, unsigned (with a structured reason)
    receipt_is_current: bool = (
        True  # False: changed after the signature, the new version is unsigned
    )
    photos_doubtful: tuple[
        str, ...
    ] = ()  # photo ids that are awaited, unreadable or asked for again
    is_resolved: bool = (
        False  # a revisit of it was issued or dismissed, so its own gaps are answered
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides about closing one ticket; jobs in the order in which they were issued."""

    kind: str
    is_triaged: bool = False
    is_cancelled: bool = False
    is_answered: bool = False  # a consultation that was answered without a trip
    was_closed: bool = False
    closed_by_hand: bool = False
    jobs: tuple[JobFacts, ...] = ()
    open_revisits: tuple[str, ...] = ()
    open_part_requests: tuple[str, ...] = ()
    open_exceptions: tuple[str, ...] = ()
    open_complaints: tuple[str, ...] = ()
    open_returns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that a ticket still waits for; `code` is stable, `subject` names what it is about."""

    code: str
    subject: str


# code -> (English, Chinese): the words of "still waiting for". `{subject}` is the job, photo, revisit …
WAITS: dict[str, tuple[str, str]] = {
    "job_missing": ("A job to be planned", "等待安排派工"),
    "job_running": ("Job {subject} to be finished", "等待派工单 {subject} 完成"),
    "job_declined": ("Job {subject} was declined: hand it to somebody else", "派工单 {subject} 被谢绝，请改派"),
    "job_incomplete": ("A revisit for job {subject}, which ended incomplete", "派工单 {subject} 未完成，等待二次上门"),
    "job_rework": ("A revisit for job {subject}, whose work was not accepted", "派工单 {subject} 审核要求返工，等待二次上门"),
    "events_missing": ("Events of job {subject} still on the tablet", "派工单 {subject} 的现场事件尚未到齐"),
    "files_missing": ("Photos or signature of job {subject} still on the tablet", "派工单 {subject} 的照片或签名尚未到齐"),
    "slot_missing": ("A photo for {subject}", "缺少拍照项 {subject}"),
    "photo_again": ("A new picture for photo {subject}", "照片 {subject} 等待重拍"),
    "receipt_missing": ("The signed receipt of job {subject}, or the reason why there is none", "等待派工单 {subject} 的签字回执，或未签原因"),
    "receipt_changed": ("A signature on the changed receipt of job {subject}", "派工单 {subject} 的回执有变更，等待重新签字"),
    "verdict": ("The office's verdict on job {subject}", "等待审核派工单 {subject}"),
    "revisit": ("Revisit {subject} to be decided or planned", "二次上门 {subject} 等待决定或安排"),
    "part": ("Part request {subject} to be filled", "配件申请 {subject} 等待处理"),
    "exception": ("Exception {subject} to be decided", "异常 {subject} 等待处理"),
    "complaint": ("Complaint {subject} to be answered", "投诉 {subject} 等待答复"),
    "return": ("Return {subject} to be completed", "退换货 {subject} 等待完成"),
    "answer": ("An answer to the customer", "等待答复客户"),
}  # fmt: skip


def sentence(wait: Wait, language: str = "en") -> str:
    english, chinese = WAITS[wait.code]
    return (chinese if language == "zh" else english).format(subject=wait.subject)


def waits_for(facts: Facts) -> list[Wait]:
    """What a ticket still waits for, the most pressing first; empty when it may close."""
    if facts.is_cancelled:
        return []
    waits = _of_jobs(facts)
    waits += [Wait("revisit", each) for each in facts.open_revisits]
    waits += [Wait("part", each) for each in facts.open_part_requests]
    waits += [Wait("exception", each) for each in facts.open_exceptions]
    waits += [Wait("complaint", each) for each in facts.open_complaints]
    waits += [Wait("return", each) for each in facts.open_returns]
    return waits


def _of_jobs(facts: Facts) -> list[Wait]:
    live = [job for job in facts.jobs if job.state != "cancelled"]
    if not live:
        return _without_job(facts)
    *earlier, last = live
    return [wait for job in earlier for wait in _of_earlier_job(job)] + _of_job(last)


def _without_job(facts: Facts) -> list[Wait]:
    if facts.kind in KINDS_WITHOUT_TRIP:
        return [] if facts.is_answered else [Wait("answer", "")]
    return [Wait("job_missing", "")]


_RUNNING = frozenset({"issued", "accepted", "travelling", "on_site"})


def _of_earlier_job(job: JobFacts) -> list[Wait]:
    """A job that a revisit has answered owes only what its tablet announced."""
    if job.is_resolved and job.state not in _RUNNING:
        return _of_arrival(job)
    return _of_job(job)


def _of_job(job: JobFacts) -> list[Wait]:
    if job.state == "declined":
        return [Wait("job_declined", job.job_id)]
    if job.state in _RUNNING:
        return [Wait("job_running", job.job_id)]
    if job.outcome != "completed":
        return [Wait("job_incomplete", job.job_id), *_of_arrival(job)]
    if job.state == "rework":
        return [Wait("job_rework", job.job_id), *_of_arrival(job)]
    return _of_arrival(job) + _of_proof(job)


def _of_arrival(job: JobFacts) -> list[Wait]:
    waits = []
    if job.events_missing:
        waits.append(Wait("events_missing", job.job_id))
    if job.blobs_missing:
        waits.append(Wait("files_missing", job.job_id))
    return waits


def _of_proof(job: JobFacts) -> list[Wait]:
    waits = [Wait("slot_missing", slot) for slot in job.slots_missing]
    waits += [Wait("photo_again", photo) for photo in job.photos_doubtful]
    if job.receipt not in ("signed", "unsigned"):
        waits.append(Wait("receipt_missing", job.job_id))
    elif not job.receipt_is_current:
        waits.append(Wait("receipt_changed", job.job_id))
    if job.state == "finished":
        waits.append(Wait("verdict", job.job_id))
    return waits


def state(facts: Facts) -> State:
    """The state that the facts add up to; nobody sets it."""
    if facts.is_cancelled:
        return State.CANCELLED
    if facts.closed_by_hand or not waits_for(facts):
        return State.CLOSED
    live = [job for job in facts.jobs if job.state != "cancelled"]
    if any(job.state in ("travelling", "on_site") for job in live):
        return State.IN_PROGRESS
    if live and live[-1].state == "finished" and live[-1].outcome == "completed":
        return State.VERIFYING
    if any(job.state in ("issued", "accepted", "declined") for job in live):
        return State.PLANNED
    if facts.was_closed:
        return State.REOPENED
    if live:
        return State.IN_PROGRESS
    return State.TRIAGED if facts.is_triaged else State.NEW


def must_be_open(current: str) -> None:
    """Raises `StepNotPossible` where a ticket takes no further work."""
    if current in OVER:
        raise errors.StepNotPossible(state=current)


def must_be_reasoned(waits: list[Wait], reason: str | None) -> None:
    """Closing by hand what still waits needs a reason; raises `TicketStillWaits`."""
    if waits and not (reason and reason.strip()):
        raise errors.TicketStillWaits(
            still_waits_for=[{"code": each.code, "subject": each.subject} for each in waits]
        )
