"""Bundles of evidence: made from a visit as it really came, checked without the server, altered part by part."""

import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import cli, worker
from server.db.receipts import Receipt
from server.documents import (
    bundle_checks,
    bundles,
    checking,
    identities,
    seals,
    telling,
)
from server.documents.findings import Finding, Unreadable
from server.house import House
from tests import pictures
from tests.events import blob, sha256
from tests.papers import signature_png
from tests.people import ALICE
from tests.shop import Shop, Trip

KEPT: dict[str, bytes] = {}
Files = dict[str, bytes]
Alter = Callable[[Files], None]


def done(shop: Shop, house: House) -> Trip:
    """A visit with two photos, a part, a reservation and a note that is the office's."""
    job = shop.issues_a_job(planned_parts=[])
    trip = shop.sends(ALICE, job)
    trip.arrives()
    for seed, slot in enumerate(trip.sheet["slots"]):
        trip.takes_photo(slot["slot"], pictures.jpeg(quality=60 + seed))
    trip.does("note.added", text="Gate code 4711, a difficult dog", audience="office")
    trip.does("checklist.answered", step_id="level", answer=True)
    trip.uses_part(charge="customer", unit_price=4550, currency="CNY")
    trip.files.append(signature_png())
    trip.has_it_signed("划痕", signature=blob(signature_png(), "image/png"), stars=4, words="Good")
    trip.finishes()
    trip.comes_home()
    shop.clock.go_on(minutes=2)
    worker.run_once(house)
    return trip


def bundle_of(subject: str, house: House, file: Path, *options: str) -> bytes:
    """As `doorstep evidence` makes it."""
    config = house.config
    with pytest.MonkeyPatch.context() as env:
        env.setenv("DATABASE_URL", config.database_url)
        env.setenv("DOORSTEP_MEDIA", str(config.media))
        env.setenv("DOORSTEP_SECRET", config.secret)
        assert cli.main(["evidence", subject, *options, "-o", str(file)]) == 0
    return file.read_bytes()


@pytest.fixture
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    """Made once, by whichever test comes first."""
    if not KEPT:
        house = request.getfixturevalue("app").extensions["doorstep"]
        ticket_id = done(request.getfixturevalue("shop"), house).sheet["ticket"]["id"]
        KEPT["zip"] = bundle_of(ticket_id, house, tmp_path / "kept.zip", "--photos")
    return KEPT["zip"]


def unpacked(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {each: archive.read(each) for each in archive.namelist()}


def packed(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def named(files: Files, start: str) -> str:
    return next(each for each in files if each.startswith(start))


def event_of(files: Files, kind: str) -> str:
    return next(
        each
        for each in files
        if each.startswith("events/") and json.loads(files[each])["kind"] == kind
    )


def edit(files: Files, name: str, change: Callable[[Any], None]) -> None:
    document = json.loads(files[name])
    change(document)
    files[name] = json.dumps(document, ensure_ascii=False).encode()


def resum(files: Files) -> None:
    """What somebody does who knows about hashes, but has not the shop's key."""
    hashes = {name: sha256(content) for name, content in files.items() if name not in bundles.UNSIGNED}  # fmt: skip
    files[bundles.SUMS] = bundles.listed(hashes)


def findings(files: Files) -> list[tuple[str, str]]:
    return [(each.code, each.where) for each in bundle_checks.check_bytes(packed(files)).findings]


def test_it_works(bundle: bytes, tmp_path: Path) -> None:
    report = bundle_checks.check_bytes(bundle)
    assert report.findings == []
    assert report.facts["certificate"]["self_made"]
    _, receipt = report.facts[
        "receipts"
    ]  # as it was shown, and as it was signed with a reservation
    assert all(each["rebuilds"] for each in report.facts["receipts"])
    assert (receipt["stars"], receipt["signer_name"]) == (4, "Li Na")
    files = unpacked(bundle)
    assert sum(name.startswith("photos/") for name in files) == 2
    assert sum(name.endswith(".pdf") for name in files) == 1
    everything = b"".join(each for name, each in files.items() if name.endswith(".json"))
    assert b"difficult dog" not in everything, "a note for the office is the office's"
    sheet = files[named(files, "sheets/")]
    assert "phone" not in json.loads(sheet)["customer"], "it is not on the receipt, either"
    assert b"138 0013 8000" not in sheet


def test_a_bundle_of_one_receipt_has_no_photos_unless_asked(
    app: Flask, shop: Shop, tmp_path: Path, load: Callable[..., Any]
) -> None:
    house: House = app.extensions["doorstep"]
    ticket_id = done(shop, house).sheet["ticket"]["id"]
    receipt_id = load(lambda session: session.scalars(select(Receipt.id)).first())
    files = unpacked(bundle_of(receipt_id, house, tmp_path / "one.zip"))
    index = json.loads(files["evidence.json"])
    assert index["ticket_id"] == ticket_id
    assert [each["file"] for each in index["photos"]] == [None, None]
    assert not any(each.startswith("photos/") for each in files)
    assert findings(files) == []


def test_it_can_be_checked_by_hand(bundle: bytes, tmp_path: Path) -> None:
    """As its README says, with programs of others."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        archive.extractall(tmp_path)
    sums = ["sha256sum", "--quiet", "-c", "SHA256SUMS"]
    assert subprocess.run(sums, cwd=tmp_path, capture_output=True).returncode == 0
    opened = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-in", "SHA256SUMS.p7m",
         "-CAfile", "certificate.pem", "-purpose", "any", "-out", "signed.txt"],
        cwd=tmp_path, capture_output=True,
    )  # fmt: skip
    assert opened.returncode == 0, opened.stderr
    assert (tmp_path / "signed.txt").read_bytes() == (tmp_path / "SHA256SUMS").read_bytes()
    receipt = json.loads((tmp_path / "evidence.json").read_bytes())["receipts"][1]
    assert sha256((tmp_path / receipt["file"]).read_bytes()) == receipt["signed_digest"]


def _text(files: Files) -> None:
    edit(files, named(files, "receipts/"), lambda receipt: receipt.update(work="Nothing was done"))


def _price(files: Files) -> None:
    def lower(receipt: Any) -> None:
        receipt["parts"][0]["unit_price"] = 1

    edit(files, named(files, "receipts/"), lower)


def _price_in_event(files: Files) -> None:
    edit(files, event_of(files, "part.used"), lambda event: event["data"].update(unit_price=1))


def _date(files: Files) -> None:
    at = "2020-01-01T00:00:00.000+08:00"
    edit(files, event_of(files, "visit.arrived"), lambda event: event.update(captured_at=at))


def _photo(files: Files) -> None:
    files[named(files, "photos/")] = pictures.jpeg(quality=40)


def _photo_hash(files: Files) -> None:
    edit(files, "evidence.json", lambda index: index["photos"][0].update(sha256="0" * 64))


def _signature(files: Files) -> None:
    files[named(files, "signatures/")] = signature_png() + b"another"


def _order(files: Files) -> None:
    def swap(index: Any) -> None:
        listed = index["events"]
        listed[1], listed[2] = listed[2], listed[1]

    edit(files, "evidence.json", swap)


def _removed(files: Files) -> None:
    del files[event_of(files, "part.used")]


def _removed_well(files: Files) -> None:
    """With its line in the index, too."""
    name = event_of(files, "part.used")
    del files[name]

    def take_out(index: Any) -> None:
        index["events"] = [each for each in index["events"] if each["file"] != name]
        links = bundles.chained(each["sha256"] for each in index["events"])
        for each, link in zip(index["events"], links, strict=True):
            each["chain"] = link

    edit(files, "evidence.json", take_out)


def _added(files: Files) -> None:
    files["events/9999-forged.json"] = files[event_of(files, "part.used")]


def _signer(files: Files) -> None:
    edit(files, "evidence.json", lambda index: index["receipts"][1].update(signer_name="Wang"))


def _when_signed(files: Files) -> None:
    at = "2020-01-01T00:00:00.000+08:00"
    edit(files, event_of(files, "receipt.signed"), lambda event: event.update(captured_at=at))


def _stars(files: Files) -> None:
    edit(files, event_of(files, "receipt.signed"), lambda event: event["data"].update(stars=5))


def _sheet(files: Files) -> None:
    edit(files, named(files, "sheets/"), lambda sheet: sheet["shop"].update(name="Another shop"))


def _certificate(files: Files) -> None:
    files["certificate.pem"] = identities.pem(identities.self_made("x" * 40).certificate)


def _document(files: Files) -> None:
    name = named(files, "documents/")
    files[name] = files[name].replace(b"/Producer (Doorstep)", b"/Producer (doorstep)")


ALTERED: dict[str, tuple[Alter, tuple[str, str]]] = {
    "text": (_text, ("receipt_differs", "receipts/* work")),
    "price": (_price, ("receipt_differs", "receipts/* parts?0?.unit_price")),
    "price in its event": (_price_in_event, ("receipt_differs", "receipts/* parts?0?.unit_price")),
    "date": (_date, ("event_differs", "events/* captured_at")),
    "photo": (_photo, ("photo_changed", "photos/*")),
    "hash of a photo": (_photo_hash, ("photo_differs", "photos *")),
    "picture of the signature": (_signature, ("signature_picture_changed", "signatures/*")),
    "order of events": (_order, ("order_changed", "events?2? *")),
    "an event removed": (_removed, ("event_missing", "*")),
    "an event removed, its line too": (_removed_well, ("order_changed", "events/*")),
    "an event added": (_added, ("file_added", "events/9999-forged.json")),
    "who signed": (_signer, ("signing_differs", "receipts/* signer_name")),
    "when it was signed": (_when_signed, ("event_changed", "events/*")),
    "the stars": (_stars, ("signing_differs", "receipts/* stars")),
    "the office's half": (_sheet, ("receipt_differs", "receipts/* shop.name")),
    "the certificate": (_certificate, ("file_changed", "certificate.pem")),
    "the PDF": (_document, ("bytes_changed", "documents/*")),
}


@pytest.mark.parametrize("mends", [False, True], ids=["", "hashes mended"])
@pytest.mark.parametrize("part", ALTERED)
def test_whatever_was_altered_is_named(part: str, mends: bool, bundle: bytes) -> None:
    alter, (code, where) = ALTERED[part]
    files = unpacked(bundle)
    alter(files)
    if mends:
        resum(files)
    found = findings(files)
    assert any(each == code and Path(at).match(where) for each, at in found), found
    assert ("sums_changed", bundles.SUMS) in found or not mends
    assert {each for each, _ in found} & {"file_changed", "file_missing", "file_added"}


def test_a_list_signed_by_somebody_else_has_another_certificate(
    bundle: bytes, tmp_path: Path
) -> None:
    files = unpacked(bundle)
    _text(files)
    resum(files)
    other = identities.self_made("somebody else's secret, as long as any")
    files[bundles.SEALED] = seals.seal(files[bundles.SUMS], other)
    file = tmp_path / "evidence.zip"
    file.write_bytes(packed(files))
    ours = bundle_checks.check_bytes(bundle).facts["certificate"]["fingerprint"]
    codes = [each.code for each in checking.check(file, ours).findings]
    assert "other_certificate" in codes
    assert "receipt_differs" in codes


def test_a_changed_signature_does_not_fit(bundle: bytes) -> None:
    files = unpacked(bundle)
    sealed = files[bundles.SEALED]
    at = sealed.index(b"evidence.json") - 3  # within a hash of the signed list
    files[bundles.SEALED] = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    assert ("signature_wrong", bundles.SEALED) in findings(files)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04nothing", b"%PDF-1.7 nothing", b"hello"])  # fmt: skip
def test_it_refuses_what_is_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(Unreadable):
        checking.check(file)


def test_a_damaged_member_is_named(bundle: bytes) -> None:
    """A bit that flipped on a stick: the ZIP's own check would end the reading."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        about = next(each for each in archive.infolist() if each.filename.startswith("photos/"))
        at = about.header_offset + 500
    altered = bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]
    codes = {each.code for each in bundle_checks.check_bytes(altered).findings}
    assert codes == {"file_changed", "photo_changed"}


def test_every_finding_has_words() -> None:
    for code in [each for each in telling.WORDS if "{where}" in telling.WORDS[each][0]]:
        for language in ("en", "zh"):
            (line, more) = telling.of_finding(Finding(code, "here", "1", "2"), language)
            assert "here" in line
            assert "1" in more
