"""A receipt's PDF: what stands on it, whether the one that was made still says so, and asking for it.

It is drawn and signed by the worker, once for each version and language; when something on it changes (a
signature came, a photo, a newer version) the next who asks for it has it made anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server import signed_links
from server.config import Config
from server.db import house
from server.db.documents import MadeDocument
from server.db.events import FieldEvent
from server.db.house import Task
from server.db.jobs import Sheet
from server.db.people import Device
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.documents.papers import Paper, Shot
from server.domain import erasures
from server.domain import receipts as rules
from server.domain.errors import Language
from server.files import Media
from server.ids import new_id

MAKE = "receipt.document"  # the kind of the worker's task; its subject is "<receipt id>/<language>"
PURPOSE = "receipt proof"
SETTLES = timedelta(minutes=1)  # until all that came with the last event has been looked at
AWAITED = ("awaited", "stored")  # states of a photo whose small copy is still to come


@dataclass(frozen=True, slots=True)
class Found:
    """A PDF that is there and says what is. Its file is the original of that hash; `name` is one to save it by."""

    sha256: str
    size: int
    name: str


def of(
    session: Session, receipt_id: str, language: Language, config: Config, media: Media
) -> Found | None:
    """The PDF of a receipt; None while it has to be made (`ask` for it), or where there can be none.

    Whoever calls has asked whether the reader may see the receipt.
    """
    paper = paper_of(session, receipt_id, language, config, media)
    if paper is None:
        return None
    newest = (
        select(MadeDocument)
        .where(MadeDocument.receipt_id == receipt_id, MadeDocument.language == language)
        .where(MadeDocument.basis == rules.digest(paper.basis()))
        .order_by(MadeDocument.made_at.desc(), MadeDocument.id.desc())
    )
    made = session.scalars(newest.limit(1)).first()
    if made is None or not media.original_path(made.sha256).exists():
        return None
    job = str(paper.content.get("job_id") or receipt_id)
    name = f"receipt-{plain(job)}-v{paper.version}-{language}.pdf"
    return Found(made.sha256, made.size, name)


def plain(text: str) -> str:
    """As it may stand in the name of a file."""
    return "".join(each for each in text if each.isascii() and (each.isalnum() or each == "-"))


def ask(session: Session, receipt_id: str, language: Language, run_at: datetime) -> None:
    """Asks the worker to make it then; where it was asked for already, at the earlier of both moments."""
    subject = f"{receipt_id}/{language}"
    waiting = select(Task).where(
        Task.kind == MAKE, Task.subject == subject, Task.done_at.is_(None), Task.failed_at.is_(None)
    )
    asked = session.scalars(waiting.limit(1)).first()
    if asked is None:
        house.ask_for(session, MAKE, subject, run_at)
    elif run_at < asked.run_at and not asked.tries:
        asked.run_at = run_at


def ask_later(session: Session, receipt: Receipt, now: datetime) -> None:
    """The one that its customer will want, made before anybody asks."""
    ask(session, receipt.id, spoken(receipt.language), now + SETTLES)


def note(session: Session, paper: Paper, sha256: str, size: int, now: datetime) -> None:
    """It was made: the file lies in its place."""
    session.add(
        MadeDocument(
            id=new_id(),
            receipt_id=paper.receipt_id,
            language=paper.language,
            code=paper.code,
            basis=rules.digest(paper.basis()),
            sha256=sha256,
            size=size,
            made_at=now,
        )
    )


def spoken(language: str) -> Language:
    """In which of ours a receipt is read that was made for this one."""
    return "zh" if language.lower().startswith("zh") else "en"


def code_of(receipt_id: str, config: Config) -> str:
    return signed_links.code(config.secret, PURPOSE, receipt_id)


def address_of(receipt_id: str, config: Config) -> str:
    """Where anybody checks it, once a PDF of it was made."""
    return f"{config.public_url}/c/receipts/{code_of(receipt_id, config)}"


def proof_of(session: Session, receipt_id: str) -> str:
    """The path of the page where it is checked; empty as long as no PDF of it was made."""
    found = select(MadeDocument.code).where(MadeDocument.receipt_id == receipt_id).limit(1)
    code = session.scalar(found)
    return f"/c/receipts/{code}" if code else ""


def by_code(session: Session, code: str) -> Receipt | None:
    """The receipt on whose paper the code stands."""
    found = select(Receipt).join(MadeDocument, MadeDocument.receipt_id == Receipt.id)
    return session.scalars(found.where(MadeDocument.code == code).limit(1)).first()


def paper_of(
    session: Session, receipt_id: str, language: Language, config: Config, media: Media
) -> Paper | None:
    """All that is drawn; None for a receipt that is none any more, because its customer was erased."""
    receipt = session.get(Receipt, receipt_id)
    if receipt is None or erasures.MARK in receipt.content:
        return None
    sheet = session.get(Sheet, (receipt.job_id, receipt.base_rev))
    content = sheet.content if sheet else {}
    mark, code = receipt.signature_sha256, code_of(receipt_id, config)
    drawn = media.derived_path(mark, "large") if mark else None
    return Paper(
        receipt_id=receipt_id,
        language=language,
        content=receipt.content,
        sheet=content,
        digest=receipt.digest,
        version=receipt.version,
        newest=_newest(session, receipt),
        state=receipt.state,
        made_at=receipt.made_at,
        code=code,
        address=address_of(receipt_id, config),
        shots=_shots(session, receipt.content, content, language, media),
        signer=receipt.signer_name,
        relation=receipt.relation,
        signed_at=receipt.signed_at,
        signed_digest=receipt.signed_digest,
        signature_sha256=mark,
        signature=drawn if drawn and drawn.exists() else None,
        device=device_of(session, receipt),
        stars=receipt.stars,
        words=receipt.words,
        unsigned_reason=receipt.unsigned_reason,
        signed_version=_signed_before(session, receipt),
    )


def device_of(session: Session, receipt: Receipt) -> str | None:
    """What the tablet is called on which it was signed, or left unsigned; none where it was by a link, or not yet."""
    if receipt.event_id is None:
        return None
    named = select(Device.name).join(FieldEvent, FieldEvent.device_id == Device.id)
    return session.scalar(named.where(FieldEvent.id == receipt.event_id))


def _newest(session: Session, receipt: Receipt) -> int:
    newest = select(func.max(Receipt.version)).where(Receipt.job_id == receipt.job_id)
    return session.scalar(newest) or receipt.version


def _signed_before(session: Session, receipt: Receipt) -> int | None:
    signed = select(func.max(Receipt.version)).where(
        Receipt.job_id == receipt.job_id,
        Receipt.version < receipt.version,
        Receipt.signed_at.is_not(None),
    )
    return session.scalar(signed)


def _shots(
    session: Session, receipt: dict[str, Any], sheet: dict[str, Any], language: str, media: Media
) -> tuple[Shot, ...]:
    shown = receipt.get("photos") or []
    ids = [each["photo_id"] for each in shown]
    states = dict(session.execute(select(Photo.id, Photo.state).where(Photo.id.in_(ids))).all())
    labels = rules.slot_labels(sheet, language)
    shots = []
    for each in shown:
        sha256, slot = str(each.get("sha256")), str(each.get("slot") or "…")
        thumb = media.derived_path(sha256, "thumb")
        is_here = thumb.exists()
        is_awaited = not is_here and states.get(each["photo_id"], "awaited") in AWAITED
        label = labels.get(slot, slot)
        shots.append(Shot(each["number"], label, sha256, thumb if is_here else None, is_awaited))
    return tuple(shots)
