"""A bundle of evidence, checked: file by file against the signed list, then its parts against each other.

Whoever changes one thing meets its hash; whoever mends the hash, the signature; and whatever a receipt says is
built again from the events, so that what was changed is named: the price of which part, the order of which events.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections import defaultdict
from typing import Any

from server.documents import bundles, pdf_checks, seals
from server.documents.bundles import Json
from server.documents.findings import Finding, Report, Unreadable, differences
from server.domain import receipts as rules

MOST_FILES, MOST_BYTES, MOST_SMALL = 5_000, 2_000_000_000, 20_000_000
MOST_NAMED = 50  # differences of one receipt
PIECE = 1024 * 1024
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
)  # of one member: it is named, the others are read


def check(file: Any) -> Report:
    """`file` is open for reading bytes, and seekable. Raises `Unreadable`."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _Check(archive).run()
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as failure:
        raise Unreadable("zip") from failure


class _Check:
    """One bundle under examination."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive, self.report = archive, Report("evidence")
        self.names = [each.filename for each in archive.infolist() if not each.is_dir()]
        size = sum(each.file_size for each in archive.infolist())
        if len(self.names) > MOST_FILES or size > MOST_BYTES:
            raise Unreadable("too large")
        self.hashes: dict[str, str] = {}

    def run(self) -> Report:
        self._check_list()
        index = self._json(bundles.INDEX)
        if not isinstance(index, dict) or index.get("format") != bundles.FORMAT:
            if self.report.findings:
                return self.report
            raise Unreadable("no evidence")
        try:
            self._check_parts(index)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            self.report.find("list_unreadable", bundles.INDEX)
        return self.report

    # The signed list.

    def _check_list(self) -> None:
        if bundles.SEALED not in self.names:
            raise Unreadable("no signature")
        try:
            sealed = seals.open_seal(self._read(bundles.SEALED))
        except Unreadable:
            self.report.find("signature_unreadable", bundles.SEALED)
            return
        self.report.facts["certificate"] = seals.told(sealed.certificate)
        if not sealed.is_valid:
            self.report.find("signature_wrong", bundles.SEALED)
        expected = _sums(sealed.content)
        for name in sorted(set(self.names)):
            self._check_file(name, expected)
            if self.names.count(name) > 1:
                self.report.find("file_twice", name)
        for name in sorted(expected.keys() - set(self.names)):
            self.report.find("file_missing", name, "", expected[name])
        if bundles.SUMS in self.names and self._read(bundles.SUMS) != sealed.content:
            self.report.find("sums_changed", bundles.SUMS)

    def _check_file(self, name: str, expected: dict[str, str]) -> None:
        if name in bundles.UNSIGNED:
            return
        found = self._hash(name)
        if name not in expected:
            self.report.find("file_added", name, found)
        elif found != expected[name]:
            self.report.find("file_changed", name, found, expected[name])

    # What is inside.

    def _check_parts(self, index: Json) -> None:
        self.report.facts |= {
            name: index.get(name) for name in ("ticket_id", "made_at", "shop", "receipts")
        }
        envelopes = self._check_events(index["events"])
        for receipt in index["receipts"]:
            self._check_receipt(receipt, envelopes)
        self._check_photos(index, envelopes)
        for name in self.names:
            if name.startswith("documents/"):
                self._check_document(name)

    def _check_events(self, listed: list[Json]) -> dict[str, Json]:
        """Each as it came, in its place; returns the envelopes by id."""
        links = bundles.chained(each["sha256"] for each in listed)
        envelopes: dict[str, Json] = {}
        lanes: dict[tuple[str, str], list[str]] = defaultdict(list)
        is_broken = False
        for number, (each, link) in enumerate(zip(listed, links, strict=True), start=1):
            if each["chain"] != link and not is_broken:
                self.report.find("order_changed", f"events[{number}] {each['event_id']}")
                is_broken = True  # every link behind it differs, too
            lane = lanes[each["job_id"], each["device_id"]]
            if each["file"] is not None:
                envelope = self._check_event(each)
                if envelope:
                    envelopes[each["event_id"]] = envelope
                after, before = envelope.get("after"), lane[-1] if lane else None
                if envelope and each["follows"] and after != before:
                    self.report.find("order_changed", each["file"], before or "–", after or "–")
            lane.append(each["event_id"])
        return envelopes

    def _check_event(self, listed: Json) -> Json:
        name = listed["file"]
        if name not in self.names:
            return {}  # named by the signed list, or here where that was changed, too
        if self._hash(name) != listed["sha256"]:
            self.report.find("event_changed", name, self._hash(name), listed["sha256"])
        envelope = self._json(name)
        if not isinstance(envelope, dict):
            return {}
        for fact in ("event_id", "kind", "captured_at", "job_id"):
            if envelope.get(fact) != listed[fact]:
                self.report.find(
                    "event_differs", f"{name} {fact}", envelope.get(fact), listed[fact]
                )
        return envelope

    def _check_receipt(self, listed: Json, envelopes: dict[str, Json]) -> None:
        name = listed["file"]
        content = self._json(name)
        if not isinstance(content, dict):
            self.report.find("receipt_unreadable", name)
            return
        if rules.digest(content) != listed["digest"]:
            self.report.find("digest_differs", name, rules.digest(content), listed["digest"])
        if listed["rebuilds"]:
            self._rebuild(listed, content, envelopes)
        self._check_signature(listed, envelopes)

    def _rebuild(self, listed: Json, content: Json, envelopes: dict[str, Json]) -> None:
        """The receipt that follows from the sheet and the events is the one that is here."""
        sheet = self._json(listed["sheet"])
        absent = [each for each in listed["events"] if each not in envelopes]
        for each in absent:
            self.report.find("event_missing", each)
        lane = [envelopes[each] for each in listed["events"] if each in envelopes]
        if not isinstance(sheet, dict):
            self.report.find("file_missing", listed["sheet"])
            return
        said = (envelopes.get(listed["event_id"]) or {}).get("data") or {}
        reservation = said.get("reservation") if listed["signed_at"] else content["reservation"]
        built = rules.build(
            sheet, lane, language=content.get("language") or "en", reservation=reservation
        )
        found = list(differences(content, built))
        for path, here, there in found[:MOST_NAMED]:
            self.report.find("receipt_differs", f"{listed['file']} {path}", here, there)

    def _check_signature(self, listed: Json, envelopes: dict[str, Json]) -> None:
        """What the tablet says was signed, when, by whom and with which picture, is what is here."""
        if not listed["signed_at"]:
            return
        event = envelopes.get(listed["event_id"]) or {}
        said, name = event.get("data") or {}, listed["file"]
        if not event:
            self.report.find("event_missing", str(listed["event_id"]))
            return
        for fact, stands in (
            ("receipt_digest", "signed_digest"), ("signer_name", "signer_name"),
            ("relation", "relation"), ("stars", "stars"), ("words", "words"),
        ):  # fmt: skip
            if said.get(fact) != listed[stands]:
                self.report.find(
                    "signing_differs", f"{name} {stands}", listed[stands], said.get(fact)
                )
        if said.get("receipt_digest") != listed["digest"]:
            self.report.find("signed_other", name, listed["digest"], said.get("receipt_digest"))
        sha256 = (said.get("signature") or {}).get("sha256")
        if sha256 != listed["signature_sha256"]:
            stands = listed["signature_sha256"]
            self.report.find("signing_differs", f"{name} signature_sha256", stands, sha256)
        picture = listed["signature_file"]
        if picture in self.names and self._hash(picture) != sha256:
            self.report.find("signature_picture_changed", picture, self._hash(picture), sha256)

    def _check_photos(self, index: Json, envelopes: dict[str, Json]) -> None:
        """Each photo has the hash that its event announced."""
        said = {
            event["data"].get("photo_id"): event["data"].get("sha256")
            for event in envelopes.values()
            if event.get("kind") == "photo.taken" and isinstance(event.get("data"), dict)
        }
        for photo in index["photos"]:
            if photo["sha256"] != said.get(photo["photo_id"], photo["sha256"]):
                where = f"photos {photo['photo_id']}"
                self.report.find("photo_differs", where, photo["sha256"], said[photo["photo_id"]])
            name = photo["file"]
            if name in self.names and self._hash(name) != photo["sha256"]:
                self.report.find("photo_changed", name, self._hash(name), photo["sha256"])

    def _check_document(self, name: str) -> None:
        try:
            its = pdf_checks.check(self._read(name)).findings
        except Unreadable:
            its = [Finding("bytes_changed", "PDF")]
        for each in its:
            self.report.find(each.code, f"{name} {each.where}", each.found, each.expected)

    # Reading.

    def _read(self, name: str) -> bytes:
        if self.archive.getinfo(name).file_size > MOST_SMALL:
            raise Unreadable("too large")
        try:
            return self.archive.read(name)
        except DAMAGE:
            return b""

    def _json(self, name: str) -> Any:
        if name not in self.names:
            return None
        try:
            return json.loads(self._read(name))
        except (ValueError, RecursionError):
            return None

    def _hash(self, name: str) -> str:
        if name not in self.hashes:
            self.hashes[name] = self._reckoned(name)
        return self.hashes[name]

    def _reckoned(self, name: str) -> str:
        seen = hashlib.sha256()
        try:
            with self.archive.open(name) as member:
                while piece := member.read(PIECE):
                    seen.update(piece)
        except DAMAGE:
            return "damaged"
        return seen.hexdigest()


def _sums(content: bytes) -> dict[str, str]:
    lines = content.decode("utf-8", "replace").splitlines()
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def check_bytes(content: bytes) -> Report:
    return check(io.BytesIO(content))
