"""What the command shows of jobs and figures: lines of text, times in the zone of the site."""

from collections.abc import Iterator, Mapping
from typing import Any

from field_client.jobs import Job
from field_client.words import WORDS, Say, at, named, plain, size
from server.domain import checklists, receipts, visits

Json = dict[str, Any]


def zone_of(sheet: Mapping[str, Any]) -> str | None:
    return (sheet.get("window") or {}).get("time_zone") or (sheet.get("site") or {}).get(
        "time_zone"
    )


def window(job: Job, say: Say) -> str:
    told, zone = job.sheet.get("window") or {}, zone_of(job.sheet)
    if not told.get("start"):
        return say("no_window")
    start, end = at(told["start"], zone), at(told.get("end"), zone, "%H:%M")
    return f"{start}–{end} {zone or ''}".strip()


def address(sheet: Mapping[str, Any]) -> str:
    site = sheet.get("site") or {}
    known = [site.get(name) for name in ("address", "district", "city", "province", "postcode")]
    return plain(", ".join(str(each) for each in known if each))


def label(thing: Mapping[str, Any], language: str, name: str = "label") -> str:
    """A label in the reader's language, in the other one where there is none."""
    here, other = (f"{name}_zh", name) if language == "zh" else (name, f"{name}_zh")
    return plain(thing.get(here) or thing.get(other) or "")


def job_lines(job: Job, figures: Json, say: Say) -> Iterator[str]:
    """A job in the list."""
    sheet = job.sheet
    state = named(say, f"state.{job.state}", job.state)
    yield f"{job.job_id}  {window(job, say)}  {state}  {plain(sheet.get('priority') or '')}".rstrip()
    customer = (sheet.get("customer") or {}).get("name")
    yield "  " + " · ".join(x for x in (plain(customer or ""), address(sheet)) if x)
    if sheet.get("work"):
        yield f"  {plain(sheet['work'])}"
    if job.is_read_only:
        yield "  " + say("leaving", reason=reason_of(job, say))
    events, files = figures["events"].get("waiting", 0), figures["files"].get("waiting", 0)
    if events or files:
        yield "  " + say("job_waits", events=events, files=files)


def reason_of(job: Job, say: Say) -> str:
    reason = job.reason or "removed"
    return named(say, f"reason.{reason}", plain(reason))


def whole_job(job: Job, figures: Json, say: Say, language: str) -> Iterator[str]:
    """Everything about a job that is needed on site."""
    yield from job_lines(job, figures, say)
    yield from _about(job.sheet, say, language)
    yield from _slots(job, say, language)
    yield from _steps(job, say, language)
    yield from _photos(job, figures, say)
    yield from _parts(job, say, language)
    yield from _past(job.sheet, say)
    yield from _receipt(job, say)
    received = job.sheet.get("received") or "none"
    yield named(say, f"received.{received}", received)
    if job.missing and job.state not in ("finished", "verified"):
        yield say("missing")
        yield from (f"  {each}" for each in missing_lines(job, say, language))


def _about(sheet: Mapping[str, Any], say: Say, language: str) -> Iterator[str]:
    customer, asset = sheet.get("customer") or {}, sheet.get("asset") or {}
    name, phone = plain(customer.get("name") or ""), plain(customer.get("phone") or "")
    yield say("customer", name=name, phone=phone)
    access = (sheet.get("site") or {}).get("access_notes")
    if access:
        yield say("access", text=plain(access))
    if sheet.get("notes"):
        yield say("notes", text=plain(sheet["notes"]))
    if asset:
        title = label(asset, language, "name") or plain(asset.get("model") or "")
        yield say("asset", name=title, serial=plain(asset.get("serial") or ""))


def _slots(job: Job, say: Say, language: str) -> Iterator[str]:
    have = visits.filled_slots(job.visit)
    slots = job.sheet.get("slots") or []
    if slots:
        yield say("slots")
    for slot in slots:
        count, need = have.get(slot["slot"], 0), slot.get("minimum", 1)
        mark = "✓" if count >= need else "·"
        yield say(
            "slot",
            mark=mark,
            slot=plain(slot["slot"]),
            label=label(slot, language),
            have=count,
            need=need,
        )
    retakes = job.sheet.get("retakes") or []
    if retakes:
        yield say("retakes")
    for retake in retakes:
        yield say(
            "retake",
            slot=plain(retake.get("slot")),
            reason=plain(retake.get("reason") or ""),
            photo=plain(retake.get("photo_id")),
        )


def _steps(job: Job, say: Say, language: str) -> Iterator[str]:
    answers = {step: given["answer"] for step, given in job.visit["answers"].items()}
    steps = checklists.shown_steps(job.sheet.get("checklist"), answers)
    if steps:
        yield say("steps")
    for step in steps:
        given = answers.get(step["step_id"])
        told = "" if given is None else f" = {_answer(given, say)}"
        mark = "✓" if given is not None else "·" if step.get("required") else " "
        step_id = plain(step["step_id"])
        yield say("step", mark=mark, step=step_id, label=label(step, language), answer=told)
        if given is None and step.get("choices"):
            values = ", ".join(plain(each["value"]) for each in step["choices"])
            yield say("choices", values=values)


def _answer(answer: Any, say: Say) -> str:
    if isinstance(answer, bool):
        return say("yes") if answer else say("no")
    return plain(", ".join(answer) if isinstance(answer, list) else answer)


def _photos(job: Job, figures: Json, say: Say) -> Iterator[str]:
    if job.visit["photos"]:
        yield say("photos")
    for photo_id, photo in job.visit["photos"].items():
        file = figures["states"].get(photo["sha256"], "stored")
        yield say(
            "photo",
            photo=photo_id,
            slot=plain(photo["slot"] or "?"),
            state=named(say, f"photo.{photo['state']}", photo["state"]),
            received=named(say, f"file.{file}", file),
        )


def _parts(job: Job, say: Say, language: str) -> Iterator[str]:
    planned = job.sheet.get("planned_parts") or []
    if planned:
        yield say("planned")
    for part in planned:
        name = label(part, language, "name")
        yield say("part", quantity=part.get("quantity"), name=name, sku=plain(part.get("sku")))
    if job.visit["parts"]:
        yield say("used")
    for line_id, part in job.visit["parts"].items():
        voided = say("voided") if part["voided"] else ""
        price = receipts.money(part["unit_price"], part["currency"]) if part["unit_price"] else ""
        charge = f"{part['charge']} {price}".strip()
        yield say(
            "line",
            line=line_id,
            quantity=part["quantity"],
            sku=plain(part["sku"]),
            charge=charge,
            voided=voided,
        )


def _receipt(job: Job, say: Say) -> Iterator[str]:
    receipt = job.visit["receipt"]
    if receipt is not None:
        name = plain(receipt["signer_name"] or receipt["reason"] or "")
        state = named(say, f"receipt.{receipt['state']}", receipt["state"])
        code = receipts.short_code(receipt["digest"]) if receipt["digest"] else ""
        yield say("receipt", state=state, name=name, code=code)


def _past(sheet: Mapping[str, Any], say: Say) -> Iterator[str]:
    given = sheet.get("from_customer") or []
    if given:
        notes = "; ".join(plain(each["note"]) for each in given if each.get("note"))
        yield say("from_customer", count=str(len(given)), notes=notes).rstrip()
    history = sheet.get("history") or []
    if history:
        yield say("history")
    for past in history:
        yield say(
            "earlier",
            job=plain(past.get("job_id")),
            at=at(past.get("finished_at"), zone_of(sheet)),
            outcome=plain(past.get("cause") or past.get("outcome") or ""),
            words=plain(past.get("words") or ""),
        ).rstrip()


def missing_lines(job: Job, say: Say, language: str) -> list[str]:
    """What a visit lacks, as something to do."""
    steps = {s["step_id"]: s for s in (job.sheet.get("checklist") or {}).get("steps") or []}
    slots = {s["slot"]: s for s in job.sheet.get("slots") or []}
    known = {"checklist_step": steps, "photo_slot": slots}
    return [
        say(
            f"missing.{each.code}" if f"missing.{each.code}" in WORDS else "missing.parts",
            subject=plain(each.subject),
            label=label(known.get(each.code, {}).get(each.subject, {}), language)
            or plain(each.subject),
        )
        for each in job.missing
    ]


def receipt_lines(receipt: Json, job: Job, language: str) -> Iterator[str]:
    for heading, lines in receipts.explain(receipt, language, job.sheet):
        yield heading
        yield from (f"  {plain(line)}" for line in lines)


def status_lines(figures: Json, say: Say, zone: str) -> Iterator[str]:
    """Everything that `status` tells, most urgent first."""
    person, waiting = figures["person"], figures["waiting"]
    yield say(
        "who",
        name=plain(person["name"]),
        username=plain(person["username"]),
        server=figures["server"] or "–",
    )
    if waiting["events"] or waiting["files"]:
        oldest = at(waiting["oldest"], zone) if waiting["oldest"] else say("never")
        told = {**waiting, "size": size(waiting["bytes"]), "oldest": oldest}
        yield say("waits", **told)
    else:
        yield say("all_sent")
    for status in ("recorded", "held", "quarantined"):
        if figures["events"].get(status):
            yield "  " + say(f"status.{status}", count=figures["events"][status])
    for job in figures["jobs"]:
        events, files = job["events"].get("waiting", 0), job["files"].get("waiting", 0)
        state = named(say, f"state.{job['state']}", job["state"])
        received = named(say, f"received.{job['received']}", job["received"])
        here = say("job_waits", events=events, files=files) if events or files else ""
        yield f"  {job['job_id']}  {state}  {received}  {here}".rstrip()
    if figures["photos"]:
        states = [f"{n} {named(say, f'file.{s}', s)}" for s, n in figures["photos"].items()]
        yield say("photo_states", states="; ".join(states))
    yield from _machine_lines(figures, say, zone)


def _machine_lines(figures: Json, say: Say, zone: str) -> Iterator[str]:
    synced_at = figures["synced_at"]
    yield say("last_sync", at=at(synced_at, zone) if synced_at else say("never"))
    storage, clock = figures["storage"], figures["clock"]
    yield say("storage", used=size(storage["file_bytes"]), free=size(storage["free_bytes"]))
    if storage["is_low"]:
        yield say("storage_low")
    if clock["offset_ms"] is None:
        yield say("clock_unknown")
    else:
        name = "clock_suspect" if clock["is_suspect"] else "clock"
        yield say(name, offset=round(clock["offset_ms"] / 1000))
