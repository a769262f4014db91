"""The receipt as a PDF: what can be read in it, how it is paged, and whatever names people have."""

import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from server.documents import drawing, faces, words
from server.documents.papers import Shot
from server.domain import receipts
from tests import papers
from tests.documents.conftest import SEAL, drawn

MEGABYTE = 1_000_000


def read(content: bytes, folder: Path, *how: str) -> str:
    """What a reader copies out of it."""
    file = folder / "read.pdf"
    file.write_bytes(content)
    told = subprocess.run(["pdftotext", *how, file, "-"], capture_output=True, check=True)
    return told.stdout.decode()


def facts(content: bytes, folder: Path) -> dict[str, str]:
    file = folder / "facts.pdf"
    file.write_bytes(content)
    told = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    return {name: value.strip() for name, _, value in (line.partition(":") for line in told.splitlines())}  # fmt: skip


@cache
def covered() -> frozenset[int]:
    with TTFont(faces.FILE, lazy=True) as font:
        return frozenset(font.getBestCmap())


def test_it_works(receipt: bytes, tmp_path: Path) -> None:
    text = "".join(read(receipt, tmp_path).split())
    for line in ("服务回执", "已签字", "赵敏（本人）", "110°铰链", "保修", "缓冲阻尼器", "¥91.00", "3·序列号标签",
                 "一周后请再紧一次螺丝。", "用微湿软布擦拭", "5/5星", "很满意,师傅很细心。"):  # fmt: skip
        assert line in text, line
    assert "".join(receipts.AGREEMENTS["zh"].split()) in text
    assert "https://service.example.com/c/receipts/7ZK40QWD8M2N5RTV" in text
    assert "自制证书" in text


def test_it_speaks_english(thumbs: Path, tmp_path: Path) -> None:
    paper = papers.paper(papers.visit(0, language="en"), thumbs, language="en")
    text = " ".join(read(drawn(paper), tmp_path).split())
    for line in ("Service receipt", "Signed", "(the customer)", "Hinge 110°", "under warranty",
                 "Soft-close damper", "5 of 5 stars", "My signature does not limit my statutory rights"):  # fmt: skip
        assert line in text, line


def test_it_says_of_itself_what_it_is(receipt: bytes, tmp_path: Path) -> None:
    told = facts(receipt, tmp_path)
    assert told["Title"].startswith("服务回执 J-8841")
    assert told["Page size"].endswith("(A4)")
    assert told["Tagged"] == "yes"
    assert b"/Lang (zh-CN)" in receipt


@pytest.mark.parametrize(
    ("photos", "pages", "megabytes"), [(0, 2, 0.3), (1, 2, 0.4), (20, 3, 1.5), (60, 5, 3.0)]
)
def test_it_is_paged(
    photos: int, pages: int, megabytes: float, thumbs: Path, tmp_path: Path
) -> None:
    content = drawn(papers.paper(papers.visit(photos), thumbs))
    told = facts(content, tmp_path)
    assert int(told["Pages"]) <= pages
    assert len(content) <= megabytes * MEGABYTE
    text = "".join(read(content, tmp_path).split())
    assert f"第{told['Pages']}页，共{told['Pages']}页" in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("赵敏 👍🏽", "赵敏 [U+1F44D U+1F3FD]"),
        ("محمد", "[U+0645 U+062D U+0645 U+062F]"),
        ("שרה", "[U+05E9 U+05E8 U+05D4]"),
        ("𠮷野\u202e", "[U+202E]"),
        ("a\x00b", "a[U+0000]b"),
        ("e\u0301mile", "émile"),
        ("👨\u200d👩\u200d👧", "[U+1F468 U+1F469 U+1F467]"),
    ],
)
def test_a_name_that_cannot_be_drawn_is_told_by_its_numbers(name: str, shown: str) -> None:
    face = faces.Face(covered())
    assert shown in face.visible(name)
    assert all(each.startswith("U+") for each in face.names())


def test_a_receipt_for_such_a_name_says_which_characters_they_are(
    thumbs: Path, tmp_path: Path
) -> None:
    visit = papers.visit(0, customer={"name": "محمد 😀"})
    text = " ".join(read(drawn(papers.paper(visit, thumbs, signer="محمد 😀")), tmp_path).split())
    assert "[U+0645 U+062D U+0645 U+062F] [U+1F600]" in text
    assert "U+1F600 grinning face" in text


def test_everything_that_we_say_can_be_drawn() -> None:
    ours = [text for pair in words.WORDS.values() for text in pair]
    ours += [text for each in receipts.WORDS.values() for text in each.values()]
    ours += list(receipts.AGREEMENTS.values())
    lacking = {letter for text in ours for letter in text if ord(letter) not in covered()}
    assert lacking == set()


def test_a_glyph_that_slipped_through_is_a_loud_fault(
    thumbs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        words.WORDS, "title", ("Service receipt ☃\U0001f600", "服务回执 \U0001f600")
    )
    with pytest.raises(drawing.MissingGlyph, match="U\\+1F600"):
        drawing.draw(papers.paper(papers.visit(0), thumbs), SEAL)


def test_what_is_not_here_is_told(thumbs: Path, tmp_path: Path) -> None:
    """Photos that vanished or are still to come, and a signature whose picture is not here."""
    visit = papers.visit(2)
    paper = papers.paper(visit, thumbs, signature=None)
    first, second = paper.shots
    gone = (replace(first, thumb=None), replace(second, thumb=None, is_awaited=True))
    text = "".join(read(drawn(replace(paper, shots=gone)), tmp_path, "-raw").split())
    assert "照片缺失" in text
    assert "尚未收到" in text
    assert first.sha256[:24] in text
    assert paper.signature_sha256 is not None
    assert paper.signature_sha256[:30] in text


STANDINGS = [
    ({"state": "unsigned", "unsigned_reason": "absent"}, "未签字原因：客户不在场"),
    ({"state": "changed", "version": 2, "newest": 2, "signed_version": 1}, "已签字的是第1版"),
    ({"newest": 3}, "已有更新的版本：第3版"),
    ({"signed_digest": "f" * 64}, "平板记录的签字内容与本文不同：ZZZZ-ZZZZ"),
]


@pytest.mark.parametrize(("changes", "line"), STANDINGS)
def test_its_standing_is_on_top(
    changes: dict[str, Any], line: str, thumbs: Path, tmp_path: Path
) -> None:
    paper = papers.paper(papers.visit(0), thumbs, **changes)
    text = "".join(read(drawing.draw(paper, SEAL), tmp_path, "-l", "1").split())
    assert line in text
    assert ("已签字赵敏" in text) == (paper.state == "signed")


def test_a_very_long_text_goes_on_over_pages(thumbs: Path, tmp_path: Path) -> None:
    visit = papers.visit(0, work="很长的说明，" * 900, crew=[])
    content = drawing.draw(papers.paper(visit, thumbs), SEAL)
    text = "".join(read(content, tmp_path).split())
    assert text.count("很长的说明，") >= 895  # where a page ends, its foot comes in between
    assert int(facts(content, tmp_path)["Pages"]) > 2


def test_odd_content_is_drawn_all_the_same(thumbs: Path) -> None:
    """A receipt that was built of an empty sheet and no event."""
    content = receipts.build({}, [], language="en")
    visit = papers.Visit({}, [], content, receipts.digest(content), [])
    for state in ("signed", "presented"):
        paper = papers.paper(visit, thumbs, state=state, signer=None, relation=None, signed_at=None)
        shots = (Shot(1, "…", "None", None),)
        assert drawing.draw(replace(paper, shots=shots), SEAL).startswith(b"%PDF-")
