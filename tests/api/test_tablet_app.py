"""The tablet app's files: there for everybody, packed, found again after an update, nothing else beside them."""

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server import tablet_app, tablet_packs


def start(client: FlaskClient, **headers: str) -> TestResponse:
    return client.get("/tablet/", headers=headers)


def test_it_works(app: Flask) -> None:
    page = start(app.test_client())
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.get_data(as_text=True)):
        answer = app.test_client().get(name)
        assert answer.status_code == 200, name
        assert answer.get_data()


def test_it_may_be_asked_for_without_the_slash(app: Flask) -> None:
    assert app.test_client().get("/tablet").headers["Location"] == "/tablet/"


def test_what_carries_its_hash_is_kept_for_ever_and_the_page_is_not(app: Flask) -> None:
    page = start(app.test_client())
    assert page.headers["Cache-Control"] == "no-cache"
    (script,) = re.findall(r'src="(/tablet/assets/[^"]+\.js)"', page.get_data(as_text=True))
    kept = app.test_client().get(script)
    assert kept.headers["Cache-Control"].endswith("immutable")
    assert kept.mimetype == "text/javascript"


def test_it_is_packed_for_whoever_takes_it(app: Flask) -> None:
    plain, packed = (
        start(app.test_client()),
        start(app.test_client(), **{"Accept-Encoding": "gzip"}),
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert packed.headers["Vary"] == "Accept-Encoding"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small app in a folder of its own, before set-up has packed it."""
    folder = tmp_path / "dist"
    folder.mkdir()
    folder.joinpath("index.html").write_text("<p>Doorstep</p>" * 100, encoding="utf-8")
    folder.joinpath("icon.png").write_bytes(bytes(range(256)))
    monkeypatch.setattr(tablet_packs, "BUILT", folder)
    tablet_app._files.cache_clear()
    yield folder
    tablet_app._files.cache_clear()


UNPACKED: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
    ],
)
def test_what_set_up_packed_is_sent_by_the_best_way_that_is_understood(
    app: Flask, built: Path, accepted: str, sent: str | None
) -> None:
    tablet_packs.pack(built)
    answer = start(app.test_client(), **{"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == sent
    body = answer.get_data()
    assert (UNPACKED[sent](body) if sent else body) == built.joinpath("index.html").read_bytes()


def test_what_set_up_did_not_pack_is_packed_by_the_server(app: Flask, built: Path) -> None:
    answer = start(app.test_client(), **{"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.get_data()) == built.joinpath("index.html").read_bytes()


def test_pictures_are_sent_as_they_are_and_packs_are_no_files_of_the_app(
    app: Flask, built: Path
) -> None:
    tablet_packs.pack(built)
    names = {each.name for each in built.iterdir()}
    assert names == {"icon.png", "index.html", "index.html.br", "index.html.gz"}
    client = app.test_client()
    icon = client.get("/tablet/icon.png", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in icon.headers
    assert client.get("/tablet/index.html.gz").status_code == 404


def test_an_unchanged_file_is_not_sent_again(app: Flask) -> None:
    known = start(app.test_client()).headers["ETag"]
    assert start(app.test_client(), **{"If-None-Match": known}).status_code == 304


def test_it_shows_nothing_beside_the_app(app: Flask) -> None:
    for name in ("nothing.js", "../package.json", "..%2f..%2fpackage.json", "%00"):
        assert app.test_client().get(f"/tablet/{name}").status_code == 404


def test_only_the_reader_of_codes_may_run_what_is_not_script(app: Flask) -> None:
    worker = app.test_client().get("/tablet/sw.js").get_data(as_text=True)
    names = re.findall(r'"(assets/(?:codes|zxing_reader)-[^"]+)"', worker)
    reader, program = (app.test_client().get(f"/tablet/{name}") for name in sorted(names))
    assert "'wasm-unsafe-eval'" in reader.headers["Content-Security-Policy"]
    assert program.mimetype == "application/wasm"
    assert "unsafe-eval" not in start(app.test_client()).headers["Content-Security-Policy"]
