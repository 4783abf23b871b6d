"""How wide a text is, without asking the renderer: boxes then have sizes of their own."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from unicodedata import combining, east_asian_width

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

_DEJAVU = (
    "318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 "
    "636 636 636 636 636 636 636 636 636 636 337 337 838 838 838 531 "
    "1000 684 686 698 770 632 575 775 752 295 295 656 557 863 748 787 "
    "603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 "
    "500 613 635 550 635 615 352 635 634 278 278 579 278 974 634 612 "
    "635 635 411 521 392 634 592 818 592 592 525 636 337 636 838"
)
_DEJAVU_BOLD = (
    "348 456 521 838 696 1002 872 306 457 457 523 838 380 415 380 365 "
    "696 696 696 696 696 696 696 696 696 696 400 400 838 838 838 580 "
    "1000 774 762 734 830 683 683 821 837 372 372 775 637 995 837 850 "
    "733 850 770 720 682 812 774 1103 771 724 725 457 365 457 838 500 "
    "500 675 716 593 716 678 435 716 712 343 343 665 343 1042 712 687 "
    "716 716 493 595 478 712 652 924 645 652 582 712 365 712 838"
)
"""The same of DejaVu Sans, which stands in where Helvetica and its kin are missing."""

Widths = dict[str, int]


def _widths(text: str, others: Widths) -> Widths:
    return {chr(0x20 + i): int(n) for i, n in enumerate(text.split())} | others


_OURS = {
    False: _widths(_REGULAR, {"×": 584, "\u00a0": 278, "…": 1000, "→": 1000, "′": 187, "γ": 500}),
    True: _widths(_BOLD, {"×": 584, "\u00a0": 278, "…": 1000, "→": 1000, "′": 187, "γ": 500}),
}
"""Widths in Helvetica, of what it has not in Arial, by whether the text is bold."""
_THEIRS = {
    False: _widths(_DEJAVU, {"×": 838, "\u00a0": 318, "′": 227, "γ": 592, "·": 318}),
    True: _widths(_DEJAVU_BOLD, {"×": 838, "\u00a0": 348, "′": 264, "γ": 681, "·": 380}),
}
_WIDEST = {
    bold: {char: max(ours.get(char, 0), width) for char, width in _THEIRS[bold].items()}
    | {char: width for char, width in ours.items() if char not in _THEIRS[bold]}
    for bold, ours in _OURS.items()
}
"""The wider of the two: what a text needs whichever font it gets."""


def _foreign(char: str, wide: int, usual: int) -> int:
    if combining(char):
        return 0
    return wide if east_asian_width(char) in "WFA" else usual


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Points that `text` takes in Helvetica of `size`."""
    table = _OURS[bold]
    return sum(table.get(char) or _foreign(char, 1000, 700) for char in text) * size / 1000


def room(text: str, size: float, *, bold: bool = False) -> float:
    """Points to set aside for `text`, enough for the fonts that may stand in."""
    return _needs(text, bold) * size / 1000


@lru_cache(maxsize=4096)
def _needs(text: str, bold: bool) -> int:
    """Thousandths of the size to set aside; the same few labels are asked for often."""
    return sum(_need(char, bold) for char in text)


def _need(char: str, bold: bool) -> int:
    return _WIDEST[bold].get(char) or _foreign(char, 1180, 838)


def fit(text: str, size: float, space: float, *, bold: bool = False) -> str:
    """`text`, cut with an ellipsis if it needs more than `space`."""
    ends = list(accumulate((_need(char, bold) for char in text), initial=0))
    if ends[-1] * size / 1000 <= space:
        return text
    more = _need("…", bold)
    length = bisect_right(ends, space, key=lambda end: (end + more) * size / 1000) - 1
    return f"{text[: max(0, length)].rstrip()}…"


def fit_list(text: str, size: float, space: float) -> str:
    """A list, cut behind one of its items if it needs more than `space`: `3×3, 1×1, …`."""
    if room(text, size) <= space:
        return text
    ends = [mark.end() for mark in re.finditer("[,;] ", text)]
    whole = (f"{text[:end]}…" for end in reversed(ends))
    return next((cut for cut in whole if room(cut, size) <= space), fit(text, size, space))
