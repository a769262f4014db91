"""Receipts to draw, sign and prove, made of a sheet and a lane as the field would have sent them."""

import io
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from server.demo.pictures import SCENES
from server.documents.papers import Paper, Shot
from server.domain import receipts
from server.domain.errors import Language
from server.ids import new_id
from tests import pictures
from tests.events import Event, Lane, blob, sha256
from tests.people import ALICE, NOW

Json = dict[str, Any]

SLOTS = [("before", "Before", "施工前"), ("after", "After", "施工后"),
         ("serial_label", "Serial label", "序列号标签"), ("area_clean", "Area left clean", "现场清洁")]  # fmt: skip
STEPS = [("level", "Is it level?", "水平吗？"), ("fixed", "Screws tight?", "螺丝已紧固？"),
         ("clean", "Area left clean?", "现场已清洁？")]  # fmt: skip


def sheet(**changes: Any) -> Json:
    ordinary: Json = {
        "id": "J-8841",
        "rev": 3,
        "work": "更换厨房吊柜铰链,调平柜门 · Replace the hinges of the wall cabinets, align the doors",
        "ticket": {"id": "T-8700"},
        "shop": {"id": "north", "name": "安居家居 · Homeward Chengdu", "phone": "028 5550 0100"},
        "customer": {"name": "赵敏", "language": "zh"},
        "site": {"address": "锦江路 12 号 3 栋 801", "district": "锦江区", "city": "成都"},
        "asset": {
            "id": "A-7", "model": "KW-80", "name": "Wall cabinet 80", "name_zh": "吊柜 80",
            "serial": "KW80-00017", "warranty_until": "2028-11-20", "order_number": "SO-5512",
        },
        "assignee": {"id": ALICE.id, "name": "Alice"},
        "crew": [{"id": "ann", "name": "Ann"}],
        "window": {
            "start": "2026-11-21T06:00:00.000Z", "end": "2026-11-21T08:00:00.000Z",
            "time_zone": "Asia/Shanghai",
        },
        "slots": [{"slot": s, "label": e, "label_zh": z, "minimum": 1} for s, e, z in SLOTS],
        "checklist": {"name": "repair", "version": 1, "steps": [
            {"step_id": s, "kind": "yes_no", "label": e, "label_zh": z} for s, e, z in STEPS]},
        "planned_parts": [
            {"sku": "HINGE-110", "name": "Hinge 110°", "name_zh": "110° 铰链"},
            {"sku": "DAMPER-2", "name": "Soft-close damper", "name_zh": "缓冲阻尼器"}],
        "care_card": "用微湿软布擦拭,勿用钢丝球或腐蚀性清洁剂。\nWipe with a damp cloth; no scouring agents.",
    }  # fmt: skip
    return {**ordinary, **changes}


@cache
def signature_png() -> bytes:
    """A name in ink on nothing, as the tablet stores it."""
    picture = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    points = [(60 + 9 * n, 100 + (60 if n % 2 else -50) * (1 - n / 60)) for n in range(52)]
    ImageDraw.Draw(picture).line(points, fill=(20, 20, 40, 255), width=5, joint="curve")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@cache
def photo_file(number: int) -> bytes:
    """As large as those of a tablet's are small: every number is another file."""
    with io.BytesIO() as out:
        picture = pictures.scene(SCENES[number % len(SCENES)], (800, 600)).copy()
        picture.putpixel((0, 0), (number % 256, number // 256, 7))
        picture.save(out, "JPEG", quality=70)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class Visit:
    """One that was worked, shown and signed."""

    sheet: Json
    events: list[Event]
    content: Json
    digest: str
    photos: list[bytes]


def visit(
    photos: int = 4,
    *,
    language: Language = "zh",
    reservation: str | None = None,
    found: str = "铰链磨损",
    note: str = "一周后请再紧一次螺丝。",
    **changes: Any,
) -> Visit:
    files = [photo_file(number) for number in range(photos)]
    lane = Lane(ALICE, "J-8841", base_rev=3, at=NOW - timedelta(hours=2))
    given = sheet(**changes)
    for kind in ("job.accepted", "travel.started", "visit.arrived"):
        lane.add(kind)
    lane.add("visit.assessed", {"severity": "major", "findings": ["door_sags"], "words": found})
    for step, _, _ in STEPS:
        lane.add("checklist.answered", {"step_id": step, "answer": True})
    for number, file in enumerate(files):
        slot = SLOTS[number % len(SLOTS)][0]
        data = {**blob(file), "photo_id": new_id(), "slot": slot, "source": "camera"}
        lane.add("photo.taken", {**data, "width": 800, "height": 600})
    for sku, charge, price in (("HINGE-110", "warranty", 1500), ("DAMPER-2", "customer", 4550)):
        lane.add("part.used", {"line_id": new_id(), "sku": sku, "quantity": 2, "from": "van",
                               "charge": charge, "unit_price": price, "currency": "CNY"})  # fmt: skip
    lane.add("note.added", {"text": note, "audience": "customer"})
    shown = receipts.build(given, lane.events, language=language)
    lane.add("receipt.presented", {"receipt_digest": receipts.digest(shown), "language": language})
    content = receipts.build(given, lane.events, language=language, reservation=reservation)
    digest = receipts.digest(content)
    mark = blob(signature_png(), "image/png")
    lane.add("receipt.signed", {"receipt_digest": digest, "signer_name": "赵敏", "relation": "self",
                                "signature": mark, "stars": 5, "words": "很满意,师傅很细心。",
                                **({"reservation": reservation} if reservation else {})})  # fmt: skip
    return Visit(given, lane.events, content, digest, files)


def paper(of: Visit, folder: Path, *, language: Language = "zh", **changes: Any) -> Paper:
    """As the worker would have it drawn: the small copies lie in the folder."""
    labels = {slot: zh if language == "zh" else en for slot, en, zh in SLOTS}
    shots = []
    for photo, content in zip(of.content["photos"], of.photos, strict=True):
        thumb = folder / f"{sha256(content)}.jpg"
        if not thumb.exists():
            with Image.open(io.BytesIO(content)) as picture:
                picture.thumbnail((320, 320))
                picture.save(thumb, "JPEG", quality=85)
        label = labels.get(str(photo["slot"]), "")
        shots.append(Shot(photo["number"], label, photo["sha256"], thumb))
    signature = folder / "signature.jpg"
    if not signature.exists():
        with Image.open(io.BytesIO(signature_png())) as ink:
            ground = Image.new("RGB", ink.size, "white")
            ground.paste(ink, mask=ink.getchannel("A"))
            ground.save(signature, "JPEG", quality=85)
    ordinary: Json = {
        "receipt_id": "0197f3d0-0000-7000-8000-00000000aaaa",
        "language": language,
        "content": of.content,
        "sheet": of.sheet,
        "digest": of.digest,
        "version": 1,
        "newest": 1,
        "state": "signed",
        "made_at": NOW,
        "code": "7ZK40QWD8M2N5RTV",
        "address": "https://service.example.com/c/receipts/7ZK40QWD8M2N5RTV",
        "shots": tuple(shots),
        "signer": "赵敏",
        "relation": "self",
        "signed_at": NOW,
        "signed_digest": of.digest,
        "signature_sha256": sha256(signature_png()),
        "signature": signature,
        "device": "Alice's tablet",
        "stars": 5,
        "words": "很满意,师傅很细心。",
    }
    return Paper(**{**ordinary, **changes})
