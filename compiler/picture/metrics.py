"""How wide a text is, without asking the renderer: boxes then have sizes of their own."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from unicodedata import combining, east_asian_width

SLACK = 1.18
"""Where Helvetica and its kin are missing, DejaVu Sans stands in: that much wider."""

_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 "
    "556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 "
    "1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 "
    "333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 "
    "556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 "
    "556 556 556 556 556 556 556 556 556 556 333 333 584 584 584 611 "
    "975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 "
    "333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 "
    "611 611 389 556 333 611 556 778 556 556 500 389 280 389 584"
)
"""Adobe's metrics for Helvetica, U+0020 to U+007E, in thousandths of the size."""

_TABLES = {
    bold: [int(n) for n in text.split()] for bold, text in ((False, _REGULAR), (True, _BOLD))
}


_OTHERS = {"×": 584, "\u00a0": 278, "…": 1000, "→": 1000, "′": 187, "γ": 500}
"""Of what else we write; the last two are Arial's."""


def _advance(char: str, bold: bool) -> int:
    at = ord(char) - 0x20
    if 0 <= at < len(_TABLES[bold]):
        return _TABLES[bold][at]
    if combining(char):
        return 0
    return _OTHERS.get(char) or _foreign(char)


def _foreign(char: str) -> int:
    return 1000 if east_asian_width(char) in "WFA" else 700


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Points that `text` takes in Helvetica of `size`."""
    return _advances(text, bold) * size / 1000


def room(text: str, size: float, *, bold: bool = False) -> float:
    """Points to set aside for `text`, enough for the fonts that may stand in."""
    return _room(_advances(text, bold), size)


def _room(advances: int, size: float) -> float:
    return advances * size / 1000 * SLACK


@lru_cache(maxsize=4096)
def _advances(text: str, bold: bool) -> int:
    """Thousandths of the size that `text` takes; the same few labels are asked for often."""
    return sum(_advance(char, bold) for char in text)


def fit(text: str, size: float, space: float, *, bold: bool = False) -> str:
    """`text`, cut with an ellipsis if it needs more than `space`."""
    ends = list(accumulate((_advance(char, bold) for char in text), initial=0))
    if _room(ends[-1], size) <= space:
        return text
    more = _advance("…", bold)
    length = bisect_right(ends, space, key=lambda end: _room(end + more, size)) - 1
    return f"{text[: max(0, length)].rstrip()}…"
