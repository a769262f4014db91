"""A bundle of evidence: one ZIP that proves itself without us (docs/evidence.md says how it is built and read).

Everything in it has its hash in `SHA256SUMS`, and that list is inside the shop's signature.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from server.documents import identities, seals
from server.documents.identities import Identity
from server.domain import receipts as rules
from server.domain.receipts.building import SITE_FIELDS

Json = dict[str, Any]

FORMAT = "doorstep-evidence/1"
INDEX, SUMS, SEALED, CERTIFICATE = (
    "evidence.json",
    "SHA256SUMS",
    "SHA256SUMS.p7m",
    "certificate.pem",
)
UNSIGNED = frozenset({SUMS, SEALED})  # they cannot name their own hashes
BEGINNING = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the first moment that a ZIP can name: ours say their times inside
FIRST_LINK = "0" * 64

# Of the office's half of a job, what the receipt is built from: no phone number, no notes, no place.
_SHEET = (
    ("id", "rev", "work", "shop", "asset", "assignee", "crew", "window")
    + ("checklist", "planned_parts", "slots", "care_card")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes in. `index` is what `evidence.json` says; `files` are small, `large` are read from disk."""

    index: Json
    files: Mapping[str, bytes]
    large: Mapping[str, Path] = field(default_factory=dict)


def write(out: IO[bytes], bundle: Bundle, by: Identity) -> None:
    """Writes the ZIP. A large file that is not what its name says is left out: the list names its hash."""
    files = {
        **bundle.files,
        INDEX: pretty(bundle.index),
        CERTIFICATE: b"".join(map(identities.pem, (by.certificate, *by.chain))),
        "README.txt": README.encode(),
    }
    hashes = {name: hash_of(content) for name, content in files.items()}
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in sorted(files.items()):
            _add(archive, name, content)
        for name, path in sorted(bundle.large.items()):
            _copy(archive, name, path)
            hashes[name] = path.name
        sums = listed(hashes)
        _add(archive, SUMS, sums)
        _add(archive, SEALED, seals.seal(sums, by))


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def listed(hashes: Mapping[str, str]) -> bytes:
    """As `sha256sum -c` reads it, by name."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def pretty(document: Any) -> bytes:
    """JSON that people can read; its hash is over these very bytes."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    about = zipfile.ZipInfo(name, BEGINNING)
    about.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(about, content)


def _copy(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    with path.open("rb") as source, archive.open(zipfile.ZipInfo(name, BEGINNING), "w") as member:
        while piece := source.read(1024 * 1024):
            member.write(piece)


def sheet(content: Mapping[str, Any]) -> Json:
    """The office's half, as much of it as the receipt says."""
    customer, site, ticket = (content.get(each) or {} for each in ("customer", "site", "ticket"))
    return {
        **{name: content.get(name) for name in _SHEET},
        "ticket": {"id": ticket.get("id")},
        "customer": {"name": customer.get("name")},
        "site": {name: site.get(name) for name in SITE_FIELDS},
    }


def chained(hashes: Iterable[str]) -> list[str]:
    """For each hash the one over it and all before it: none can be taken out or change its place."""
    links, link = [], FIRST_LINK
    for each in hashes:
        link = hashlib.sha256(f"{link}{each}".encode("ascii")).hexdigest()
        links.append(link)
    return links


def is_shown(envelope: Mapping[str, Any]) -> bool:
    """Whether an event goes into a customer's bundle; of the others only the hash does."""
    return rules.is_content(envelope) or str(envelope.get("kind")).startswith("receipt.")


README = """Evidence of a service visit / 上门服务证据包

evidence.json     what is in here: receipts, events in their order, photos / 目录：回执、事件及其顺序、照片
receipts/         each version of the receipt; its SHA-256 is what was signed / 各版本回执，其 SHA-256 即签字摘要
events/           what the tablet recorded, as it came / 平板记录的原始事件
sheets/           what the office had written for the visit / 门店为本次上门填写的内容
signatures/       pictures of signatures / 签字图片
photos/           photos as they were taken, if they were asked for / 原始照片（如已要求）
documents/        receipts as PDF, signed / 已签名的 PDF 回执
certificate.pem   the shop's certificate / 门店证书
SHA256SUMS        hashes of all files / 全部文件的哈希
SHA256SUMS.p7m    the same list inside the shop's signature / 同一清单，含门店签名

To check it / 核验方法:
    doorstep verify FILE.zip
or by hand / 或手工核验:
    sha256sum -c SHA256SUMS
    openssl cms -verify -inform DER -in SHA256SUMS.p7m -CAfile certificate.pem -purpose any -out signed.txt
    cmp signed.txt SHA256SUMS
"""
