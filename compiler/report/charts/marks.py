"""What charts are made of: texts, rectangles and lines as SVG, and scales with round numbers.

Colours are classes, which the page's style sheets give by day and by night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from compiler.picture.metrics import room
from compiler.picture.words import clean, number

SIZE = 12
"""Of letters, as the style sheet has them."""


def chart(name: str, about: str, size: tuple[float, float], marks: Iterable[str]) -> str:
    """A whole chart; `about` is what it says to who can't see it."""
    width, height = size
    box = f"0 0 {number(width)} {number(height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" id="{escape(name)}" '
        f'viewBox="{box}" width="{number(width)}" height="{number(height)}" role="img" '
        f'aria-label="{escape(clean(about))}">\n' + "\n".join(marks) + "\n</svg>"
    )


def text(at: tuple[float, float], said: str, kind: str = "", anchor: str = "start") -> str:
    """Words at a place, a little below its middle."""
    x, y = at
    classes = f' class="{kind}"' if kind else ""
    place = f'x="{number(x)}" y="{number(y + 4)}" text-anchor="{anchor}"'
    return f"<text {place}{classes}>{escape(clean(said))}</text>"


def shortened(name: str, space: float) -> str:
    """A name without its middle where there is no room for it: its end tells it from others.

    >>> shortened("mixed_6d.branch3.1", 80), shortened("fc", 80)
    ('mix….branch3.1', 'fc')
    """
    short = name
    for kept in range(len(name) - 1, 0, -1):
        if room(short, SIZE) <= space:
            break
        head = kept // 4
        short = f"{name[:head]}…{name[head - kept :]}"
    return short


def box(at: tuple[float, float], size: tuple[float, float], kind: str, told: str = "") -> str:
    """A rectangle, and what the pointer is told of it."""
    (x, y), (width, height) = at, size
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    title = f"<title>{escape(clean(told))}</title>" if told else ""
    return f'<rect {place} class="{kind}">{title}</rect>'


def circle(at: tuple[float, float], radius: float, kind: str, told: str) -> str:
    """A circle, and what the pointer is told of it."""
    place = f'cx="{number(at[0])}" cy="{number(at[1])}" r="{number(radius)}"'
    return f'<circle {place} class="{kind}"><title>{escape(clean(told))}</title></circle>'


def line(points: Iterable[tuple[float, float]], kind: str) -> str:
    """A line through points."""
    way = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polyline points="{way}" class="{kind}"/>'


def ticks(most: float, count: int = 4) -> Iterator[int]:
    """Round numbers from 0 on, about so many, the last at or above `most`.

    >>> [*ticks(93)], [*ticks(0)]
    ([0, 50, 100], [0, 1])
    """
    step = round_up(most / count)
    at = 0
    while True:
        yield at
        if at and at >= most:
            return
        at += step


def round_up(least: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 and so on."""
    scale = 1
    while True:
        for digit in (1, 2, 5):
            if digit * scale >= least:
                return digit * scale
        scale *= 10
