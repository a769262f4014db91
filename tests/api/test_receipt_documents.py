"""A receipt's PDF through the API: made by the worker, signed, and made anew when it would say something else."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server import worker
from server.house import House
from tests import pictures
from tests.client import Client
from tests.events import blob
from tests.papers import signature_png
from tests.people import ALICE, CAROL
from tests.shop import Json, Shop, Trip, asked


@pytest.fixture
def house(app: Flask) -> House:
    found: House = app.extensions["doorstep"]
    return found


def signed(shop: Shop, **said: Any) -> tuple[Trip, Json]:
    """A job that was done with pictures that can be looked at, and its receipt."""
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.arrives()
    for seed, slot in enumerate(trip.sheet["slots"]):
        trip.takes_photo(slot["slot"], pictures.jpeg(quality=60 + seed))
    trip.does("checklist.answered", step_id="level", answer=True)
    trip.files.append(signature_png())
    trip.has_it_signed(signature=blob(signature_png(), "image/png"), **said)
    trip.finishes()
    trip.comes_home()
    shop.clock.go_on(minutes=2)
    query = {"job_id": job["id"], "state": "signed"}
    (receipt,) = asked(shop.wei.get("/api/v1/receipts", query_string=query))["items"]
    return trip, receipt


def text_of(content: bytes, folder: Path) -> str:
    file = folder / "receipt.pdf"
    file.write_bytes(content)
    told = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    return told.stdout.decode()


def test_it_works(shop: Shop, wei: Client, house: House, tmp_path: Path) -> None:
    _, receipt = signed(shop, stars=4)
    worker.run_once(house)
    answer = wei.get(f"/api/v1/receipts/{receipt['id']}/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    name = f"receipt-{receipt['job_id']}-v1-zh.pdf"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    text = text_of(answer.get_data(), tmp_path)
    assert "服务回执" in text
    assert receipt["short_code"] in text
    assert "4/5星" in "".join(text.split())
    told = subprocess.run(
        ["pdfsig", tmp_path / "receipt.pdf"], capture_output=True, text=True, check=True
    )
    assert "Signature is Valid." in told.stdout


def test_the_other_language_is_made_when_somebody_asks(
    shop: Shop, wei: Client, house: House, tmp_path: Path
) -> None:
    _, receipt = signed(shop)
    worker.run_once(house)
    path = f"/api/v1/receipts/{receipt['id']}/pdf"
    for _ in range(2):
        early = wei.get(path, query_string={"language": "en"})
        assert (early.status_code, early.json["code"]) == (409, "document_not_ready")
    assert worker.run_once(house) == 1
    answer = wei.get(path, query_string={"language": "en"})
    assert "Service receipt" in text_of(answer.get_data(), tmp_path)


def test_an_older_version_says_that_there_is_a_newer_one(
    shop: Shop, wei: Client, house: House, tmp_path: Path
) -> None:
    trip, receipt = signed(shop)
    worker.run_once(house)
    path = f"/api/v1/receipts/{receipt['id']}/pdf"
    assert "更新的版本" not in text_of(wei.get(path).get_data(), tmp_path)
    trip.does("note.added", text="The left door was changed, too", audience="customer")
    trip.sends_events()
    assert wei.get(path).status_code == 409
    shop.clock.go_on(minutes=2)
    worker.run_once(house)
    assert "已有更新的版本：第 2 版" in text_of(wei.get(path).get_data(), tmp_path)
    query = {"job_id": receipt["job_id"], "state": "changed"}
    (newer,) = asked(wei.get("/api/v1/receipts", query_string=query))["items"]
    text = text_of(wei.get(f"/api/v1/receipts/{newer['id']}/pdf").get_data(), tmp_path)
    assert "签字后有变更，尚未重新签字" in text
    assert "已签字的是第 1 版" in text


def test_a_photo_that_vanished_is_told_with_its_hash(
    shop: Shop, wei: Client, house: House, tmp_path: Path
) -> None:
    trip, receipt = signed(shop)
    worker.run_once(house)
    photo = next(each for each in trip.lane.events if each["kind"] == "photo.taken")["data"]
    house.media.erase(photo["sha256"])
    path = f"/api/v1/receipts/{receipt['id']}/pdf"
    assert wei.get(path).status_code == 409
    worker.run_once(house)
    text = "".join(text_of(wei.get(path).get_data(), tmp_path).split())
    assert "照片缺失" in text
    assert photo["sha256"][:24] in text


def test_a_file_that_is_gone_is_made_again(shop: Shop, wei: Client, house: House) -> None:
    _, receipt = signed(shop)
    worker.run_once(house)
    path = f"/api/v1/receipts/{receipt['id']}/pdf"
    made = wei.get(path).headers["ETag"].strip('"')
    house.media.erase(made)
    assert wei.get(path).status_code == 409
    worker.run_once(house)
    assert wei.get(path).status_code == 200


@pytest.mark.parametrize("language", ["fr", "ZH", ""])
def test_it_refuses_other_languages(shop: Shop, wei: Client, language: str) -> None:
    _, receipt = signed(shop)
    answer = wei.get(f"/api/v1/receipts/{receipt['id']}/pdf", query_string={"language": language})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


def test_it_hides_what_others_signed(shop: Shop, sign_in: Callable[..., Client]) -> None:
    _, receipt = signed(shop)
    assert sign_in(CAROL).get(f"/api/v1/receipts/{receipt['id']}/pdf").status_code == 404
