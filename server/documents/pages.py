"""A4 pages with a pen that goes down: every measure in millimetres, every text made visible and broken by us."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TextMode

from server.documents import faces
from server.documents.lines import broken

WIDTH, HEIGHT = 210.0, 297.0
LEFT, TOP, BOTTOM = 17.0, 15.0, 19.0
INNER = WIDTH - 2 * LEFT
POINT = 25.4 / 72  # mm
INK, GREY, PALE, ACCENT = (26, 28, 30), (96, 100, 104), (206, 209, 212), (13, 84, 84)

Colour = tuple[int, int, int]


class Pages:
    """The document under the pen. `y` is where the next thing goes."""

    def __init__(self, header: Callable[["Pages"], None]) -> None:
        self._header = header
        self.pdf = FPDF(format="A4")
        self.pdf.set_auto_page_break(False)
        self.pdf.add_font("noto", "", faces.FILE)
        font = self.pdf.fonts["noto"]
        font.ttfont.recalcBBoxes = False  # type: ignore[union-attr]  # reckoned anew it is a third of all
        self.face = faces.Face(font.cmap)  # type: ignore[union-attr]
        self.pdf.set_line_width(0.2)
        self.y = TOP
        self._add()

    def _add(self) -> None:
        self.pdf.add_page()
        self.y = TOP
        if self.pdf.page > 1:
            self._header(self)

    def room(self, height: float) -> None:
        """A new page where so much does not fit any more."""
        if self.y + height > HEIGHT - BOTTOM:
            self._add()

    def skip(self, height: float) -> None:
        self.y += height

    # Text.

    def lines(self, text: str, width: float, size: float = 9.5) -> list[str]:
        self.pdf.set_font("noto", size=size)
        seen = "\n".join(map(self.face.visible, text.splitlines()))
        return broken(seen, width, self.pdf.get_string_width)

    def write(
        self, line: str, x: float, y: float, size: float = 9.5,
        *, colour: Colour = INK, bold: bool = False, right: bool = False,
    ) -> None:  # fmt: skip
        """One line that is visible already; `y` is its top, `right` makes `x` its end."""
        pdf = self.pdf
        pdf.set_font("noto", size=size)
        pdf.set_text_color(*colour)
        at = x - pdf.get_string_width(line) if right else x
        baseline = y + leading(size) * 0.5 + size * POINT * 0.35
        if not bold:
            pdf.text(at, baseline, line)
            return
        with pdf.local_context(
            text_mode=TextMode.FILL_STROKE, draw_color=colour, line_width=size * POINT * 0.028
        ):
            pdf.text(at, baseline, line)

    def text(
        self, text: str, x: float = LEFT, width: float = INNER, size: float = 9.5,
        *, colour: Colour = INK, bold: bool = False,
    ) -> None:  # fmt: skip
        """A paragraph; it goes over to the next page line by line."""
        for line in self.lines(text, width, size):
            self.room(leading(size))
            self.write(line, x, self.y, size, colour=colour, bold=bold)
            self.y += leading(size)

    def heading(self, text: str, keep: float = 12.0) -> None:
        """A heading with its rule, which never stands alone at the foot of a page."""
        self.skip(3.5)
        self.room(8.5 + keep)
        (line, *_) = self.lines(text, INNER, 11)
        self.write(line, LEFT, self.y, 11, bold=True, colour=ACCENT)
        self.pdf.start_section(line)
        self.skip(6.3)
        self.rule()
        self.skip(1.7)

    # Shapes.

    def rule(self, colour: Colour = PALE, width: float = 0.25) -> None:
        with self.pdf.local_context(draw_color=colour, line_width=width):
            self.pdf.line(LEFT, self.y, LEFT + INNER, self.y)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour = PALE) -> None:
        with self.pdf.local_context(draw_color=colour, line_width=0.3):
            self.pdf.rect(x, y, width, height)

    def bar(self, x: float, y: float, width: float, height: float, colour: Colour = INK) -> None:
        with self.pdf.local_context(fill_color=colour):
            self.pdf.rect(x, y, width, height, style="F")

    def picture(
        self, file: Path, x: float, y: float, width: float, height: float, alt: str
    ) -> None:
        """A picture as large as fits, in the middle, never stretched."""
        self.pdf.image(
            file, x, y, width, height, keep_aspect_ratio=True, alt_text=self.face.visible(alt)
        )

    @contextmanager
    def framed(self, colour: Colour = INK) -> Iterator[float]:
        """A bar at the left of what is drawn inside, which must fit on the page; gives its left edge."""
        top = self.y
        yield LEFT + 4.5
        self.bar(LEFT, top + 0.6, 1.1, self.y - top - 1.2, colour)


def leading(size: float) -> float:
    """From line to line."""
    return size * POINT * 1.5
