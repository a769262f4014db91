"""What stands on a receipt, before it is drawn: facts only, and where the small pictures lie."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server.clock import wire
from server.domain.errors import Language

Json = dict[str, Any]

ABOUT = "doorstep-paper/1"
ATTACHED, ABOUT_FILE = "receipt.json", "about.json"  # inside a PDF


@dataclass(frozen=True, slots=True)
class Shot:
    """One photo of a receipt. `thumb` is our own small copy, None while there is none; then
    `is_awaited` tells one that is still on its way from one that is gone.
    """

    number: int
    label: str
    sha256: str
    thumb: Path | None
    is_awaited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One version of a receipt in one language. `content` is what its digest covers."""

    receipt_id: str
    language: Language
    content: Json
    sheet: Json
    digest: str
    version: int
    newest: int
    state: str
    made_at: datetime
    code: str
    address: str
    shots: tuple[Shot, ...] = ()
    signer: str | None = None
    relation: str | None = None
    signed_at: datetime | None = None
    signed_digest: str | None = None
    signature_sha256: str | None = None
    signature: Path | None = None
    device: str | None = None
    stars: int | None = None
    words: str | None = None
    unsigned_reason: str | None = None
    signed_version: int | None = None

    @property
    def zone(self) -> str | None:
        """In which times are told: that of the appointment."""
        zone = (self.content.get("window") or {}).get("time_zone")
        return zone if isinstance(zone, str) else None

    def about(self) -> Json:
        """What the paper says beside its content, for machines; it travels inside the PDF."""
        return {
            "format": ABOUT,
            "receipt_id": self.receipt_id,
            "language": self.language,
            "version": self.version,
            "newest_version": self.newest,
            "state": self.state,
            "digest": self.digest,
            "made_at": wire(self.made_at),
            "code": self.code,
            "address": self.address,
            "signer_name": self.signer,
            "relation": self.relation,
            "signed_at": wire(self.signed_at),
            "signed_digest": self.signed_digest,
            "signature_sha256": self.signature_sha256,
            "device": self.device,
            "stars": self.stars,
            "words": self.words,
            "unsigned_reason": self.unsigned_reason,
        }

    def basis(self) -> Json:
        """All that the drawing depends on: where it differs, the PDF is made anew."""
        return {
            **self.about(),
            "has_signature": self.signature is not None,
            "shots": [
                [each.number, each.label, each.sha256, each.thumb is not None, each.is_awaited]
                for each in self.shots
            ],
        }
