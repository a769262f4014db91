"""What each command does: calls the companion, says what happened, and answers the same as data.

The data of a capture is `{"saved": true, "event_id", "kind", "job_id", "seq"}`, or `{"saved": false,
"already": true}` for what was noted before.
"""

import sys
from argparse import Namespace
from collections.abc import Callable
from getpass import getpass
from typing import Any

from field_client import errors, screens, signatures, status, words
from field_client.captures import read_answer, step_of
from field_client.companion import Companion
from field_client.errors import Exit
from field_client.jobs import Job
from field_client.outbox import Envelope
from field_client.progress import shown_progress
from field_client.sync import Report
from field_client.terminal import Terminal
from server.domain import photos as photo_rules
from server.domain import receipts

Result = tuple[int, dict[str, Any]]


def login(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    try:
        username = args.username or input(terminal.say("username"))
        password = _password(args, terminal)
    except EOFError:
        raise errors.WrongPassword() from None
    person = tablet.login(username, password, args.server)
    terminal.speak(words.choose(args.lang, person["language"]))
    terminal.tell(terminal.say("signed_in", name=words.plain(person["name"])))
    return Exit.OK, {name: person[name] for name in ("person_id", "username", "name", "device_id")}


def _password(args: Namespace, terminal: Terminal) -> str:
    """From standard input for scripts, else asked for without showing it."""
    if args.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return getpass(terminal.say("password"))


def logout(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    waits = tablet.logout()
    name = "signed_out_waiting" if waits["events"] or waits["files"] else "signed_out"
    terminal.tell(terminal.say(name, **waits))
    return Exit.OK, {"waiting": waits}


def sync(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    with shown_progress(enabled=not terminal.as_json) as progress:
        report = tablet.sync(
            patience_s=args.patience,
            on_cellular=args.cellular,
            with_media=not args.no_media,
            progress=progress,
        )
    _tell_sync(report, terminal)
    return _exit_code(report), _sync_data(report, terminal)


def _tell_sync(report: Report, terminal: Terminal) -> None:
    say = terminal.say
    sent = sum(report.by_status.values())
    if sent or report.files:
        size = words.size(report.bytes_sent)
        terminal.tell(say("sync_sent", events=sent, files=report.files, size=size))
    if report.changes:
        terminal.tell(say("sync_received", changes=report.changes))
    for name in ("recorded", "held", "quarantined"):
        if report.by_status.get(name):
            terminal.tell(say(f"status.{name}", count=report.by_status[name]))
    for notice in report.notices:
        terminal.tell(words.named(say, f"notice.{notice}", notice))
    if report.problem is not None and not terminal.as_json:
        terminal.complain(report.problem)
    if report.waiting_events or report.waiting_files:
        here = {"events": report.waiting_events, "files": report.waiting_files}
        terminal.tell(say("sync_waits", **here))
    elif report.problem is None:
        terminal.tell(say("sync_done"))


def _exit_code(report: Report) -> int:
    if report.problem is not None:
        return report.problem.exit_code
    return Exit.OK if report.is_done else Exit.STILL_WAITING


def _sync_data(report: Report, terminal: Terminal) -> dict[str, Any]:
    names = ("by_status", "changes", "files", "bytes_sent", "waiting_events", "waiting_files")
    told = {name: getattr(report, name) for name in (*names, "notices", "is_done")}
    told["problem"] = None
    if report.problem is not None:
        sentence = report.problem.sentence(terminal.language)
        told["problem"] = {"code": report.problem.code, "sentence": sentence}
    return told


def jobs(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    found = tablet.jobs()
    told = []
    for job in found:
        figures = status.of_job(tablet.outbox, job)
        terminal.tell(*screens.job_lines(job, figures, terminal.say), "")
        told.append(_job_data(job) | {"events": figures["events"], "files": figures["files"]})
    if not found:
        terminal.tell(terminal.say("no_jobs"))
    return Exit.OK, {"jobs": told}


def _job_data(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "state": job.state,
        "standing": job.standing,
        "reason": job.reason,
        "received": job.sheet.get("received"),
        "window": job.sheet.get("window"),
        "customer": (job.sheet.get("customer") or {}).get("name"),
        "address": screens.address(job.sheet),
        "work": job.sheet.get("work"),
        "priority": job.sheet.get("priority"),
    }


def show(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    job = tablet.show(args.job)
    figures = status.of_job(tablet.outbox, job)
    figures["states"] = status.file_states(tablet.outbox, job.job_id)
    terminal.tell(*screens.whole_job(job, figures, terminal.say, terminal.language))
    missing = [{"code": each.code, "subject": each.subject} for each in job.missing]
    told = {"sheet": job.sheet, "visit": job.visit, "missing": missing}
    return Exit.OK, _job_data(job) | told | {"files": figures["states"]}


def _captured(event: Envelope | None, terminal: Terminal) -> Result:
    """The answer to a fact: it is on the disk, or was there before."""
    if event is None:
        terminal.tell(terminal.say("already"))
        return Exit.OK, {"saved": False, "already": True}
    kind = str(event["kind"])
    terminal.tell(terminal.say("saved", what=words.named(terminal.say, f"kind.{kind}", kind)))
    return Exit.OK, _saved(event)


def _saved(event: Envelope) -> dict[str, Any]:
    return {"saved": True} | {name: event[name] for name in ("event_id", "kind", "job_id", "seq")}


def accept(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    return _captured(tablet.accept(args.job), terminal)


def decline(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    return _captured(tablet.decline(args.job, args.reason), terminal)


def travel(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    return _captured(tablet.travel(args.job), terminal)


def arrive(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    return _captured(tablet.arrive(args.job), terminal)


def assess(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    event = tablet.assess(args.job, args.severity, args.findings, args.words)
    return _captured(event, terminal)


def check(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    step = step_of(tablet.show(args.job).sheet, args.step) or {}
    several = len(args.answer) > 1 and step.get("kind") in ("choice", "photo")
    answer = args.answer if several else read_answer(step, " ".join(args.answer))
    return _captured(tablet.check(args.job, args.step, answer, args.words), terminal)


def photo(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    """One file after the other: each is saved before the next is looked at."""
    say = terminal.say
    for file in args.files:
        event, shot = tablet.photo(
            args.job, args.slot, file, reason=args.reason, drawn_on=args.drawn_on
        )
        facts = {**_saved(event), "file": str(file), "doubts": shot.doubts}
        told = {name: event["data"][name] for name in ("photo_id", "sha256", "width", "height")}
        terminal.note_saved({**facts, **told})
        terminal.tell(
            say(
                "saved_photo",
                file=words.plain(file.name),
                photo=event["data"]["photo_id"],
                slot=args.slot,
                width=shot.width,
                height=shot.height,
                size=words.size(len(shot.content)),
            )
        )
        for doubt in shot.doubts:
            terminal.tell(say("doubt", sentence=_doubt(doubt, terminal)))
    return Exit.OK, {"photos": terminal.saved}


def _doubt(doubt: str, terminal: Terminal) -> str:
    known = {str(name): sentence for name, sentence in photo_rules.DOUBTS.items()}.get(doubt)
    return doubt if known is None else known.zh if terminal.language == "zh" else known.en


def discard(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    return _captured(tablet.discard(args.job, args.photo, args.reason), terminal)


def part(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    if args.void:
        event = tablet.void(args.job, args.void, args.words or "")
        return _captured(event, terminal)
    if args.request:
        event = tablet.request(args.job, args.sku, args.quantity, args.request, args.words)
        code, told = _captured(event, terminal)
        return code, told | {"request_id": event["data"]["request_id"]}
    if not args.sku:
        raise errors.NotValid(problems="SKU", fields=[{"field": "SKU", "code": "missing"}])
    event = tablet.part(
        args.job,
        args.sku,
        args.quantity,
        source=args.source,
        charge=args.charge,
        unit_price=args.price,
        currency=args.currency if args.price is not None else None,
        serial=args.serial,
    )
    code, told = _captured(event, terminal)
    return code, told | {"line_id": event["data"]["line_id"]}


def swap(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    return _captured(tablet.swap(args.job, args.old, args.new, args.line), terminal)


def note(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    audience = "customer" if args.customer else "office"
    return _captured(tablet.note(args.job, args.text, audience), terminal)


def lead(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    return _captured(tablet.lead(args.job, args.text, args.product), terminal)


def receipt(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    make = tablet.present if args.present else tablet.receipt
    built = make(args.job, args.language)
    digest = receipts.digest(built)
    code = receipts.short_code(digest)
    job = tablet.show(args.job)
    reader = terminal.language if args.language is None else args.language
    terminal.tell(*screens.receipt_lines(built, job, reader))
    terminal.tell(terminal.say("receipt_code", code=code))
    return Exit.OK, {"receipt": built, "digest": digest, "short_code": code}


def sign(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    if args.unsigned:
        return _captured(tablet.unsigned(args.job, args.unsigned, args.words), terminal)
    event, _ = tablet.sign(
        args.job,
        args.name,
        relation=args.relation,
        signature=signatures.from_file(args.signature) if args.signature else None,
        language=args.language,
        stars=args.stars,
        words=args.words,
        reservation=args.reservation,
    )
    digest = event["data"]["receipt_digest"]
    code = receipts.short_code(digest)
    terminal.tell(terminal.say("signed", name=words.plain(args.name), code=code))
    return Exit.OK, _saved(event) | {"digest": digest, "short_code": code}


def finish(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    outcome = "incomplete" if args.incomplete else "completed"
    try:
        event = tablet.finish(
            args.job, outcome, cause=args.incomplete, words=args.words, anyway=args.anyway
        )
    except errors.SomethingMissing as problem:
        lines = screens.missing_lines(tablet.show(args.job), terminal.say, terminal.language)
        told = terminal.say("between").join(lines)
        items = problem.details["items"]
        raise errors.SomethingMissing(missing=told, items=items) from problem
    manifest = event["data"]["manifest"]
    counts = {"events": len(manifest["events"]), "files": len(manifest["blobs"])}
    terminal.tell(terminal.say("finished", **counts), terminal.say("nothing_sent"))
    return Exit.OK, _saved(event) | counts


def figures(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    told = tablet.status()
    terminal.tell(*screens.status_lines(told, terminal.say, tablet.clock.zone))
    return Exit.OK, told


def export(tablet: Companion, args: Namespace, terminal: Terminal) -> Result:
    counts = tablet.export(args.file, everything=args.everything)
    told = {"events": counts["events"], "files": counts["blobs"], "file": str(args.file)}
    terminal.tell(terminal.say("exported", **told, size=words.size(counts["bytes"])))
    return Exit.OK, {**told, "bytes": counts["bytes"]}


COMMANDS: dict[str, Callable[[Companion, Namespace, Terminal], Result]] = {
    "login": login,
    "logout": logout,
    "sync": sync,
    "jobs": jobs,
    "show": show,
    "accept": accept,
    "decline": decline,
    "travel": travel,
    "arrive": arrive,
    "assess": assess,
    "check": check,
    "photo": photo,
    "discard": discard,
    "part": part,
    "swap": swap,
    "note": note,
    "lead": lead,
    "receipt": receipt,
    "sign": sign,
    "finish": finish,
    "status": figures,
    "export": export,
}
