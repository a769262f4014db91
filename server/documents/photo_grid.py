"""The photos of a receipt, by number: four in a row, each with what it shows."""

from server.documents.pages import GREY, INK, INNER, LEFT, PALE, Pages, leading
from server.documents.papers import Paper, Shot
from server.documents.words import heading, said

IN_A_ROW = 4
GAP = 3.2
WIDTH = (INNER - (IN_A_ROW - 1) * GAP) / IN_A_ROW
PICTURE = WIDTH * 0.75
CAPTION = 2 * leading(8.5) + leading(6.5) + 2
ROW = PICTURE + CAPTION


def draw(pages: Pages, paper: Paper) -> None:
    if not paper.shots:
        return
    pages.heading(f"{heading('photos', paper.language)} ({len(paper.shots)})", keep=ROW)
    for start in range(0, len(paper.shots), IN_A_ROW):
        pages.room(ROW)
        for place, shot in enumerate(paper.shots[start : start + IN_A_ROW]):
            _cell(pages, paper, shot, LEFT + place * (WIDTH + GAP))
        pages.skip(ROW)


def _cell(pages: Pages, paper: Paper, shot: Shot, x: float) -> None:
    language, y = paper.language, pages.y
    label = said("shot", language, number=shot.number, label=shot.label)
    if shot.thumb is not None:
        pages.picture(shot.thumb, x, y, WIDTH, PICTURE, label)
        pages.box(x, y, WIDTH, PICTURE)
    else:
        _absent(pages, paper, shot, x)
    caption = pages.lines(f"{shot.number} · {shot.label}", WIDTH, 8.5)[:2]
    for number, line in enumerate(caption):
        pages.write(line, x, y + PICTURE + 0.8 + number * leading(8.5), 8.5, colour=INK)
    below = y + PICTURE + 0.8 + len(caption) * leading(8.5)
    pages.write(shot.sha256[:20], x, below, 6.5, colour=GREY)


def _absent(pages: Pages, paper: Paper, shot: Shot, x: float) -> None:
    """Where a photo is not here, its whole hash stands for it: whoever has the file can still show it."""
    pages.box(x, pages.y, WIDTH, PICTURE, PALE)
    told = said("awaited" if shot.is_awaited else "missing", paper.language)
    pages.write(told, x + 3, pages.y + 3, 9, bold=True)
    for number, line in enumerate(pages.lines(shot.sha256, WIDTH - 6, 6.5)):
        pages.write(line, x + 3, pages.y + 10 + number * leading(6.5), 6.5, colour=GREY)
