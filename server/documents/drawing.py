"""The receipt's PDF: one paper, drawn from its head to the code by which anybody can check it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from fpdf.prefs import ViewerPreferences

from server.documents import photo_grid, squares
from server.documents.pages import ACCENT, BOTTOM, GREY, HEIGHT, INK, INNER, LEFT, Pages, leading
from server.documents.papers import ABOUT_FILE, ATTACHED, Json, Paper
from server.documents.words import heading, said
from server.domain import receipts as rules
from server.domain.receipts import address, clock

LABEL = 27.0  # mm, of a fact
QR = 33.0


class MissingGlyph(Exception):
    """Something was to be drawn that the typeface does not have: a fault of ours, never of a customer."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Who signs the file: what the paper says of it."""

    name: str
    is_self_made: bool


def draw(paper: Paper, seal: Seal) -> bytes:
    """The PDF without its signature. Raises `MissingGlyph`."""
    pages = Pages(partial(_running_head, paper))
    _describe(pages, paper)
    for part in (_head, _standing, _facts, _work, _parts, _remarks, _agreement, _care):
        part(pages, paper)
    _proof(pages, paper, seal)
    photo_grid.draw(pages, paper)
    _lacking(pages, paper)
    _feet(pages, paper)
    _attach(pages, paper)
    content = bytes(pages.pdf.output())
    lost = [glyph for font in pages.pdf.fonts.values() for glyph in font.missing_glyphs]  # type: ignore[union-attr]
    if lost:
        raise MissingGlyph(", ".join(f"U+{glyph:04X}" for glyph in lost))
    return content


def _describe(pages: Pages, paper: Paper) -> None:
    pdf, language = pages.pdf, paper.language
    code = rules.short_code(paper.digest)
    pdf.set_title(f"{said('title', language)} {paper.content.get('job_id')} · {code}")
    pdf.set_author(pages.face.visible(_shop(paper, "name")))
    pdf.set_subject(f"{said('version', language, number=paper.version)} · SHA-256 {paper.digest}")
    pdf.set_creator("Doorstep")
    pdf.set_producer("Doorstep")
    pdf.set_lang("zh-CN" if language == "zh" else "en")
    pdf.set_creation_date(paper.made_at)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)


def _shop(paper: Paper, name: str) -> str:
    return str((paper.content.get("shop") or {}).get(name) or "")


# From the top.


def _head(pages: Pages, paper: Paper) -> None:
    language = paper.language
    top, name, size = pages.y, _shop(paper, "name") or "…", 17.0
    if len(pages.lines(name, INNER * 0.62, size)) > 1:
        size = 13.5
    for line in pages.lines(name, INNER * 0.62, size)[:2]:
        pages.write(line, LEFT, pages.y, size, bold=True)
        pages.y += leading(size)
    pages.y = max(pages.y, top + leading(17))
    right = LEFT + INNER
    pages.write(said("title", language), right, top + 0.6, 13, bold=True, colour=ACCENT, right=True)
    code = said("short_code", language, code=rules.short_code(paper.digest))
    told = f"{code} · {said('version', language, number=paper.version)}"
    pages.write(told, right, top + 8, 9, colour=GREY, right=True)
    for line in pages.lines(_shop(paper, "phone"), INNER * 0.55, 9)[:1]:
        pages.write(line, LEFT, pages.y - 1, 9, colour=GREY)
    pages.skip(5)
    pages.rule(ACCENT, 0.7)
    pages.skip(4)


def _running_head(paper: Paper, pages: Pages) -> None:
    """On every page but the first."""
    told = f"{said('title', paper.language)} · {rules.short_code(paper.digest)}"
    shop = pages.lines(_shop(paper, "name"), INNER * 0.6, 8)[:1]
    for line in shop:
        pages.write(line, LEFT, pages.y - 3, 8, colour=GREY)
    pages.write(told, LEFT + INNER, pages.y - 3, 8, colour=GREY, right=True)
    pages.skip(3)
    pages.rule()
    pages.skip(3)


def _standing(pages: Pages, paper: Paper) -> None:
    """Signed, or why not; and whether this version still is the newest."""
    language = paper.language
    if paper.newest > paper.version:
        newer = said("newer", language, number=paper.newest)
        _told(pages, newer, [said("newer_why", language)])
    if paper.state == "signed":
        _told(pages, said("signed", language), _signing(paper))
    elif paper.state == "unsigned":
        why = f"unsigned.{paper.unsigned_reason}"
        reason = said(why, language) if paper.unsigned_reason else ""
        _told(pages, said("unsigned", language), [reason, *_spoken(paper)])
    elif paper.state == "changed":
        number = paper.signed_version
        lines = [said("changed_from", language, number=number)] if number else []
        _told(pages, said("changed", language), lines)
    else:
        _told(pages, said("presented", language), [])


def _signing(paper: Paper) -> list[str]:
    language = paper.language
    at = clock(paper.signed_at.isoformat(), paper.zone) if paper.signed_at else "…"
    relation = _relation(paper)
    lines = [said("signed_by", language, name=paper.signer or "…", relation=relation, at=at)]
    if paper.device:
        lines.append(said("on_device", language, device=paper.device))
    if paper.signed_digest != paper.digest:
        other = rules.short_code(paper.signed_digest or "0" * 10)
        lines.append(said("signed_other", language, code=other))
    return lines


def _relation(paper: Paper) -> str:
    try:
        return said(f"relation.{paper.relation}", paper.language)
    except KeyError:
        return paper.relation or "…"


def _spoken(paper: Paper) -> list[str]:
    return paper.words.splitlines() if paper.words else []


def _told(pages: Pages, title: str, lines: list[str]) -> None:
    shown = [line for each in lines if each for line in pages.lines(each, INNER - 8)]
    pages.room(leading(11) + len(shown) * leading(9.5) + 3)
    with pages.framed() as left:
        pages.write(pages.face.visible(title), left, pages.y, 11, bold=True)
        pages.y += leading(11)
        for line in shown[:40]:
            pages.write(line, left, pages.y)
            pages.y += leading(9.5)
    pages.skip(2.5)


def _facts(pages: Pages, paper: Paper) -> None:
    """Who, where, what, when: in two columns, each fact with its name."""
    content, language = paper.content, paper.language
    asset, window, times = (content.get(each) or {} for each in ("asset", "window", "times"))
    crew = [str(each.get("name")) for each in content.get("crew") or [] if each.get("name")]
    start, end = (clock(window.get(each), paper.zone) for each in ("start", "end"))
    if start and end and start[:10] == end[:10]:
        end = end[11:]
    agreed = said("to", language, start=start, end=end) if start and end else None
    product = " · ".join(str(asset[each]) for each in ("name", "model") if asset.get(each))
    between = heading("between_names", language)
    left = [
        ("customer", (content.get("customer") or {}).get("name")),
        ("address", address(content.get("site") or {})),
        ("product", product),
        ("serial", asset.get("serial")),
        ("order", asset.get("order_number")),
        ("warranty", asset.get("warranty_until")),
    ]
    right = [
        ("ticket", content.get("ticket_id")),
        ("job", content.get("job_id")),
        ("installer", (content.get("installer") or {}).get("name")),
        ("crew", between.join(crew)),
        ("window", agreed),
        ("arrived", clock(times.get("arrived"), paper.zone)),
    ]
    pages.skip(1)
    half = (INNER - 6) / 2
    heights = [_column(pages, paper, left, LEFT, half, draws=False),
               _column(pages, paper, right, LEFT + half + 6, half, draws=False)]  # fmt: skip
    pages.room(min(max(heights), 200))
    _column(pages, paper, left, LEFT, half)
    _column(pages, paper, right, LEFT + half + 6, half)
    pages.skip(max(heights))


def _column(
    pages: Pages, paper: Paper, facts: list[tuple[str, Any]], x: float, width: float,
    *, draws: bool = True,
) -> float:  # fmt: skip
    """Draws the facts from where the pen is, which stays there; how high they are."""
    y = pages.y
    for name, value in facts:
        shown = pages.lines(str(value), width - LABEL, 9.5)[:9] if value else []
        if draws and shown:
            pages.write(said(name, paper.language), x, y + 0.2, 8.5, colour=GREY)
        for line in shown:
            if draws:
                pages.write(line, x + LABEL, y)
            y += leading(9.5)
        y += 0.4 if shown else 0
    return y - pages.y


def _work(pages: Pages, paper: Paper) -> None:
    """What was asked for, what was found and what was answered, as the domain reads it out."""
    told = dict(rules.explain(paper.content, paper.language, paper.sheet))
    for name in ("work", "findings", "checklist", "swaps", "requests", "notes"):
        title = heading(name, paper.language)
        if title in told:
            pages.heading(title)
            for line in told[title]:
                pages.text(line)


def _parts(pages: Pages, paper: Paper) -> None:
    language, parts = paper.language, paper.content.get("parts") or []
    pages.heading(heading("parts", language), keep=16)
    if not parts:
        pages.text(said("no_parts", language), colour=GREY)
        return
    right = LEFT + INNER
    for name, x in (("quantity", LEFT), ("part", LEFT + 14)):
        pages.write(said(name, language), x, pages.y, 8.5, colour=GREY)
    pages.write(said("price", language), right, pages.y, 8.5, colour=GREY, right=True)
    pages.skip(leading(8.5) + 0.5)
    for part in parts:
        _part(pages, paper, part)
    for total in paper.content.get("totals") or []:
        pages.skip(0.8)
        pages.room(8)
        amount = rules.money(total.get("amount"), total.get("currency"))
        pages.write(said("total", language), LEFT + 14, pages.y, 10.5, bold=True)
        pages.write(pages.face.visible(amount), right, pages.y, 10.5, bold=True, right=True)
        pages.skip(leading(10.5))


def _part(pages: Pages, paper: Paper, part: Json) -> None:
    language = paper.language
    name = str(part.get("name") or part.get("sku") or "…")
    detail = [str(part["sku"])] if part.get("sku") and part.get("sku") != part.get("name") else []
    if part.get("serial"):
        detail.append(heading("serial", language).format(serial=part["serial"]))
    shown = pages.lines(name, INNER - 60)
    below = pages.lines(" · ".join(detail), INNER - 60, 8) if detail else []
    pages.room(len(shown) * leading(9.5) + len(below) * leading(8) + 1)
    count, price = str(part.get("quantity") or "…"), rules.price(part, language)
    pages.write(pages.face.visible(count), LEFT, pages.y)
    for line in pages.lines(price, 44)[:1]:
        pages.write(line, LEFT + INNER, pages.y, right=True)
    for line in shown:
        pages.write(line, LEFT + 14, pages.y)
        pages.skip(leading(9.5))
    for line in below:
        pages.write(line, LEFT + 14, pages.y, 8, colour=GREY)
        pages.skip(leading(8))
    pages.skip(0.8)
    pages.rule()
    pages.skip(0.8)


def _remarks(pages: Pages, paper: Paper) -> None:
    """What the customer keeps open."""
    reservation = paper.content.get("reservation")
    if reservation:
        pages.skip(4)
        _told(pages, heading("reservation", paper.language), [str(reservation)])


def _agreement(pages: Pages, paper: Paper) -> None:
    """The sentence, as it was signed, and the signature beneath."""
    language = paper.language
    pages.heading(heading("agreement", language), keep=42)
    pages.text(str(paper.content.get("agreement") or ""))
    pages.skip(1.5)
    if paper.state != "signed":
        return
    pages.room(30)
    width, height, top = 72.0, 26.0, pages.y
    pages.box(LEFT, top, width, height)
    if paper.signature is not None:
        alt = f"{said('signature', language)}: {paper.signer}"
        pages.picture(paper.signature, LEFT + 2, top + 1.5, width - 4, height - 3, alt)
    else:
        told = said("signature_awaited", language, sha256=paper.signature_sha256)
        for number, line in enumerate(pages.lines(told, width - 6, 8)):
            pages.write(line, LEFT + 3, top + 2 + number * leading(8), 8, colour=GREY)
    _said_beside(pages, paper, LEFT + width + 6, top, INNER - width - 6)
    pages.y = max(pages.y, top + height)
    pages.skip(1)


def _said_beside(pages: Pages, paper: Paper, x: float, y: float, width: float) -> None:
    at = clock(paper.signed_at.isoformat(), paper.zone) if paper.signed_at else ""
    lines = [f"{paper.signer or '…'} ({_relation(paper)})", at or ""]
    for number, line in enumerate(line for each in lines for line in pages.lines(each, width)):
        pages.write(line, x, y + number * leading(9.5), bold=number == 0)
    y += leading(9.5) * (number + 1)
    if paper.stars:
        _stars(pages, x, y + 1, paper.stars)
        pages.write(said("stars", paper.language, stars=paper.stars), x + 30, y + 0.5, 9)
        y += 6
    for line in (
        pages.lines(said("quoted", paper.language, words=paper.words), width)[:60]
        if paper.words
        else []
    ):
        if y + leading(9.5) > HEIGHT - BOTTOM:
            break
        pages.write(line, x, y + 0.5)
        y += leading(9.5)
    pages.y = y


def _stars(pages: Pages, x: float, y: float, count: int) -> None:
    """Filled and empty ones, so that black and white tells them apart."""
    for number in range(5):
        filled = "DF" if number < min(count, 5) else "D"
        with pages.pdf.local_context(draw_color=INK, fill_color=INK, line_width=0.2):
            pages.pdf.star(x + 2.2 + number * 5.6, y + 2.2, 0.95, 2.3, 5, style=filled)


def _care(pages: Pages, paper: Paper) -> None:
    told = dict(rules.explain(paper.content, paper.language, paper.sheet))
    title = heading("care", paper.language)
    if title in told:
        pages.heading(title)
        for line in told[title]:
            pages.text(line)


def _proof(pages: Pages, paper: Paper, seal: Seal) -> None:
    """The code, and what it opens."""
    language = paper.language
    pages.heading(said("check", language), keep=QR + 2)
    top, x, width = pages.y, LEFT + QR + 3, INNER - QR - 3
    squares.draw(pages, paper.address, LEFT - 3, top - 2, QR)
    told = [
        (said("check_how", language), 9.0, INK),
        (paper.address, 9.0, ACCENT),
        (f"{said('digest', language)}: {_grouped(paper.digest)}", 8.0, GREY),
        (said("sealed", language, name=seal.name), 8.0, GREY),
        (said("self_made", language) if seal.is_self_made else "", 8.0, GREY),
        (said("attached", language), 8.0, GREY),
    ]
    for text, size, colour in told:
        pages.text(text, x, width, size, colour=colour)
        pages.skip(0.6)
    pages.pdf.link(x, top + leading(9), width, leading(9), paper.address)
    pages.y = max(pages.y, top + QR - 2)


def _lacking(pages: Pages, paper: Paper) -> None:
    """Which characters were told by their numbers."""
    if pages.face.lacking:
        pages.skip(2)
        names = "; ".join(pages.face.names()[:60])
        pages.text(said("lacking", paper.language, names=names), size=8, colour=GREY)


def _grouped(digest: str) -> str:
    return " ".join(digest[start : start + 16] for start in range(0, 64, 16))


def _feet(pages: Pages, paper: Paper) -> None:
    """On every page, once it is known how many there are."""
    pdf, language = pages.pdf, paper.language
    told = [str(paper.content.get("ticket_id") or ""), str(paper.content.get("job_id") or "")]
    told += [said("version", language, number=paper.version), rules.short_code(paper.digest)]
    left = pages.face.visible(" · ".join(each for each in told if each))
    count = pdf.pages_count
    for number in range(1, count + 1):
        pdf.page = number
        pdf.set_font("noto", size=7)  # so that the next one is written down on this page, too
        pages.y = HEIGHT - BOTTOM + 4
        pages.rule()
        pages.write(left, LEFT, pages.y + 1.2, 8, colour=GREY)
        its = said("page", language, number=number).format(nb=count)
        pages.write(its, LEFT + INNER, pages.y + 1.2, 8, colour=GREY, right=True)


def _attach(pages: Pages, paper: Paper) -> None:
    """The very bytes that the digest covers, and what else the paper says."""
    for name, document in ((ATTACHED, paper.content), (ABOUT_FILE, paper.about())):
        pages.pdf.embed_file(
            bytes=rules.canonical(document),
            basename=name,
            mime_type="application/json",
            modification_date=paper.made_at,
            creation_date=paper.made_at,
            compress=True,
        )
