"""What a drawing leaves out where it would be too large to read, or to draw; it says how much.

As in the papers, the first and the last of many stay, with dots between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from compiler.diagram.items import Box, Chain, Frame, Item
from compiler.diagram.kernels import Colour
from compiler.picture.labels import small

T = TypeVar("T")

COLUMNS = 40
"""Branches side by side, those of inner splits counted: a PNG of 11,000 pixels."""
ROWS = 150
"""Boxes one below the other in a detail."""
FULL = 600
"""The same where everything is drawn out: Inception-ResNet-v2 takes 353."""


def trimmed(chain: Chain, rows: int = ROWS) -> Chain:
    """The chain, without the middle of what is too wide or too tall."""
    items = [_item(item, rows) for item in chain]
    head, tail = ends(items, _rows, rows)
    gone = len(items) - head - tail
    return (*items[:head], more(gone), *items[len(items) - tail :]) if gone else tuple(items)


def _item(item: Item, rows: int) -> Item:
    if isinstance(item, Box):
        return item
    if isinstance(item, Frame):
        return replace(item, chain=trimmed(item.chain, rows))
    branches = tuple(trimmed(branch, rows) for branch in item.branches)
    head, tail = ends(branches, _width, COLUMNS)
    gone = len(branches) - head - tail
    if not gone:
        return replace(item, branches=branches)
    last = len(branches) - tail
    colours = (*item.bar.branches[:head], Colour("other"), *item.bar.branches[last:])
    return replace(
        item,
        branches=(*branches[:head], (more(gone),), *branches[last:]),
        cells=(*item.cells[:head], "…", *item.cells[last:]),
        bar=replace(item.bar, branches=colours),
        names=(*item.names[:head], "", *item.names[last:]),
        shares=(*item.shares[:head], "…", *item.shares[last:]) if item.shares else (),
    )


def ends(items: Sequence[T], size: Callable[[T], int], room: int) -> tuple[int, int]:
    """How many of the first and of the last stay, so that about `room` is taken: 3 to 1."""
    if sum(map(size, items)) <= room:
        return len(items), 0
    head = max(1, _fitting(items, size, room * 3 // 4))
    return head, _fitting(items[: head - 1 : -1], size, room // 4)


def _fitting(items: Sequence[T], size: Callable[[T], int], room: int) -> int:
    """How many, from the first on, fit."""
    for count, item in enumerate(items):
        room -= size(item)
        if room < 0:
            return count
    return len(items)


def more(count: int) -> Box:
    """A box for what is left out."""
    words = f"⋮ {count:,} more"
    return Box((small(words),), "other", f"{words}, left out of the drawing", path="more")


def _width(chain: Chain) -> int:
    """Columns side by side."""
    return max((_columns(item) for item in chain), default=1)


def _columns(item: Item) -> int:
    if isinstance(item, Frame):
        return _width(item.chain)
    return 1 if isinstance(item, Box) else sum(map(_width, item.branches))


def _rows(item: Item) -> int:
    """Boxes one below the other."""
    if isinstance(item, Box):
        return 1
    if isinstance(item, Frame):
        return 1 + sum(map(_rows, item.chain))
    bars = 2 if item.shares else 1
    return bars + max(sum(map(_rows, branch)) for branch in item.branches)
