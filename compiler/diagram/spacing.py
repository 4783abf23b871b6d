"""How much room boxes and columns get: what is wide in comfort can stand closer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from compiler.diagram.items import NOTHING, Box, Split
from compiler.picture.labels import Align, Cell, Line, Run, beside, line, room_for

STEP = 14
"""Points from one line of a box's text to the next."""
NAME, SMALL = 9, 10
"""The size of branches' names, the smallest letters of all; and of all else that is small."""

TITLE = 22
"""The same of a frame's title, where that has one line; boxes are higher."""

Text = tuple[Run, ...]
START: Align = "start"
END: Align = "end"


@dataclass(frozen=True, slots=True)
class Spacing:
    """Points between columns, and inside boxes.

    `column` is the least width of a column; where it is nothing, each is as wide as its own
    boxes need. `height` and `bar` are how high boxes and bars are, `between` is what lies between
    them, `air` is inside frames. `below` sets shapes below the text of a box in a branch, `broken`
    breaks the text at its gaps too. Without `names` bars leave out what branches are called, which
    has the smallest letters.
    """

    column: int = 116
    gap: int = 16
    pad: int = 8
    shortcut: int = 48
    height: int = 30
    bar: int = 41
    between: int = 14
    air: int = 8
    below: bool = False
    broken: bool = False
    names: bool = True

    @property
    def title(self) -> int:
        """Points from the top to the bottom of a frame's title."""
        return self.height if self.below else TITLE

    def need(self, box: Box) -> int:
        """The least width at which a box's text fits, its middle in the middle."""
        if not self.below or self.called(box).text:
            return self.alone(box)
        shapes = [(box.right,)] if box.right.text else []
        text = broken(box.text) if self.broken else [box.text]
        return even(max(map(room_for, [*text, *shapes])) + 2 * self.pad)

    def alone(self, box: Box) -> int:
        """The same with all of it on one line."""
        side = max(box.right.room, self.called(box).room)
        side += self.pad if side else 0
        return even(room_for(box.text) + 2 * (side + self.pad))

    def called(self, box: Box) -> Run:
        """The name at a box's left, where there is room for such."""
        return box.left if self.names and not self.broken else NOTHING

    def told(self, split: Split) -> tuple[str, ...]:
        """What branches are called where that is shown; always of those that are the input."""
        return split.names if self.names else split.past(split.names)

    @property
    def name(self) -> float:
        """The size of the letters of a branch's name."""
        return NAME if self.names else SMALL

    def tall(self, box: Box, width: float, least: float) -> float:
        """How high a box is: some have more lines than others."""
        lines = self._lines(box, width) if self.below and self.alone(box) > width else []
        return max(least, STEP * len(lines) + 4)

    def _lines(self, box: Box, width: float) -> list[Text]:
        shapes = [(box.right,)] if box.right.text else []
        whole = room_for(box.text) <= width - 2 * self.pad
        return [*([box.text] if whole else broken(box.text)), *shapes]

    def face(self, box: Box, width: float, height: float) -> list[Line]:
        """The text in the middle and the shape at the right, or in lines where that is too wide."""
        if self.below and self.alone(box) > width:
            lines = self._lines(box, width)
            margin = Line((height - STEP * len(lines)) / 2, ())
            return [margin, *(Line(STEP, (Cell(width, STEP, text),)) for text in lines), margin]
        called = self.called(box)
        if not box.right.text and not called.text:
            return [Line(height, (Cell(width, height, box.text),))]
        side = ceil(max(box.right.room, called.room))
        air, middle = Cell(self.pad, height), Cell(width - 2 * (side + self.pad), height, box.text)
        left, right = (
            Cell(side, height, (run,) if run.text else (), align)
            for run, align in ((called, START), (box.right, END))
        )
        return [line(air, left, middle, right, air)]


ROOMY = Spacing()


def spacings(shapes: bool) -> tuple[Spacing, ...]:
    """From the roomiest to the closest; shapes inside branches stand below the boxes' texts."""
    first = replace(ROOMY, below=True, height=38) if shapes else ROOMY
    close = replace(first, column=0, gap=8, pad=4, shortcut=24, air=5)
    return first, close, replace(close, below=True, broken=True, pad=3, height=46 if shapes else 34)


def closest(shapes: bool) -> tuple[Spacing, ...]:
    """The same, and then rows as close as columns: for pages with much on them."""
    first, close, _ = spacings(shapes)
    flat = replace(close, height=34 if shapes else 24, bar=35, between=9, names=False)
    last = replace(flat, below=True, broken=True, pad=3)
    return first, close, flat, last


def even(points: float) -> int:
    """Rounded up to an even number, so that a middle falls on a point."""
    return 2 * ceil(points / 2)


def broken(text: Text) -> list[Text]:
    """A text in two lines: `max pool` above `3×3 s2`, `3×3` above `64`."""
    first, *rest = [run for run in text if run.text.strip()]
    head, space, tail = first.text.rpartition(" ")
    if space:
        return [(replace(first, text=head),), beside(replace(first, text=tail), *rest)]
    return [(first,), beside(*rest)] if rest else [text]
