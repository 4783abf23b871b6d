"""Panels in rows on one page, as papers set them.

They stay in order. What stands in a row begins at one height, lower panels stand one below the
other there, and each row reaches from the left of the page to its right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, combinations

from compiler.diagram.panels import Panel
from compiler.diagram.turning import Placed

GUTTER, BELOW = 30, 20
"""Points between panels at least, side by side and one below the other."""
STRETCH = 5
"""Panels side by side come so many gutters apart to fill a row; where more is left, it ends."""
TRIED = 36
"""Widths of a page that are tried."""
FEW, ROUNDS = 12, 2
"""Panels that are still exchanged for a smaller page, and how often each pair is."""
BESIDE = 12
"""Panels in a row at most."""
RAGGED = 0.2
"""What an empty row would cost, of its height: full ones are better where all else is equal."""

Stack = tuple[Panel, ...]


@dataclass(frozen=True)
class Shelf:
    """A row: stacks of panels side by side."""

    stacks: tuple[Stack, ...]

    @cached_property
    def width(self) -> float:
        """Points that it needs."""
        return sum(map(_across, self.stacks)) + GUTTER * (len(self.stacks) - 1)

    @cached_property
    def head(self) -> float:
        """Where the boxes of its upper panels begin."""
        return max(stack[0].head for stack in self.stacks)

    @cached_property
    def height(self) -> float:
        """Points from its top to its bottom."""
        return max(map(self._reach, self.stacks))

    def placed(self, top: float, width: float) -> list[Placed]:
        """Its panels, the first one at the left and the last one at the right."""
        gaps = len(self.stacks) - 1
        gap = GUTTER + (width - self.width) / gaps if gaps else GUTTER
        gap = gap if gap <= STRETCH * GUTTER else GUTTER
        out, left = [], 0.0
        for stack in self.stacks:
            spare = self.height - self._reach(stack)
            spare = spare if len(stack) > 1 and spare <= BELOW else 0
            down = top
            for each in stack:
                head = self.head if each is stack[0] else each.head
                down += spare if each is stack[-1] else 0
                out.append(each.at(left, down, head))
                down += head + each.height - each.head + BELOW
            left += _across(stack) + gap
        return out

    def _reach(self, stack: Stack) -> float:
        return _down(stack) + self.head - stack[0].head


def arranged(panels: Sequence[Panel], widest: float, aspect: float) -> Placed:
    """The panels in rows, on the smallest page of a shape: no wider than `widest`, if they can."""
    least, most = _bounds(panels, widest)
    count = max(TRIED // -(-len(panels) // 40), 4)
    widths = [least + (most - least) * i / count for i in range(count + 1)]
    found = [_shelves(panels, width) for width in dict.fromkeys(widths)]
    best = min(found, key=lambda shelves: _page(shelves, aspect))
    width, tops = _across(best), accumulate((each.height + BELOW for each in best), initial=0.0)
    rows = (each.placed(top, width) for each, top in zip(best, tops, strict=False))
    tiles, edges = zip(*chain(*rows), strict=True)
    return tuple(chain(*tiles)), tuple(chain(*edges))


def denser(panels: Sequence[Panel], widest: float, aspect: float) -> list[Panel]:
    """The panels in an order that takes a smaller page, as far as exchanging two gets: for few.

    The first one stays where it is.
    """
    first, *others = panels
    order = [first, *sorted(others, key=lambda each: -each.height)]
    least, most = _bounds(panels, widest)
    widths = {max(least, most * part) for part in (1, 0.95)}

    def size(some: Sequence[Panel]) -> float:
        return min(_page(_shelves(some, width), aspect) for width in sorted(widths))

    best = size(order)
    for i, j in ROUNDS * list(combinations(range(1, len(order)), 2)) if len(order) <= FEW else []:
        order[i], order[j] = order[j], order[i]
        if (now := size(order)) < best:
            best = now
        else:
            order[i], order[j] = order[j], order[i]
    return order


def _bounds(panels: Sequence[Panel], widest: float) -> tuple[float, float]:
    """The least width that a page can have, and the most that is of use."""
    least = _across(panels)
    return least, max(least, min(widest, sum(GUTTER + each.width for each in panels)))


def _page(shelves: list[Shelf], aspect: float) -> float:
    """How large a page of a shape they take: its height."""
    return max(_across(shelves) / aspect, _down(shelves))


def _across(those: Sequence[Panel] | Sequence[Shelf]) -> float:
    """Points that the widest of those takes, one below the other."""
    return max(each.width for each in those)


def _down(those: Sequence[Panel] | Sequence[Shelf]) -> float:
    """Points from the top of the first to the bottom of the last."""
    return sum(each.height + BELOW for each in those) - BELOW


def _shelves(panels: Sequence[Panel], width: float) -> list[Shelf]:
    """The rows that are lowest in all, from the last panel to the first."""
    best: list[tuple[float, list[Shelf]]] = [(0.0, [])]
    for i in reversed(range(len(panels))):
        found = []
        for n in range(1, min(len(panels) - i, BESIDE) + 1):
            shelf = _shelf(panels[i : i + n], width)
            cost, rest = best[len(panels) - i - n]
            loose = 1 - shelf.width / width
            cost += (shelf.height + BELOW) * (1 + RAGGED * loose * loose)
            found.append((cost, [shelf, *rest]))
        best.append(min(found, key=lambda each: each[0]))
    return best[-1][1]


def _shelf(panels: Sequence[Panel], width: float) -> Shelf:
    """Some panels as one row, as low as it can be in that width."""
    tallest = max(each.height for each in panels)
    heights = [0.0, *accumulate(each.height + BELOW for each in panels)]
    sums = (b - a - BELOW for i, a in enumerate(heights) for b in heights[i + 1 :])
    tried = sorted({each for each in sums if each >= tallest})
    made = bisect_left(tried, -width, key=lambda most: -_stacked(panels, most).width)
    return _stacked(panels, tried[min(made, len(tried) - 1)])


def _stacked(panels: Sequence[Panel], most: float) -> Shelf:
    """A row no higher than that: panels one below the other as long as there is room."""
    stacks: list[Stack] = []
    for each in panels:
        if stacks and _down((*stacks[-1], each)) <= most + 0.01:
            stacks[-1] = (*stacks[-1], each)
        else:
            stacks.append((each,))
    return Shelf(tuple(stacks))
