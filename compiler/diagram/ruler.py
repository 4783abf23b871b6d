"""How wide chains, boxes and frames are, and where edges enter them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from compiler.diagram.bars import PAD, cell_text
from compiler.diagram.items import Box, Chain, Frame, Item, Split
from compiler.diagram.spacing import Spacing, even
from compiler.picture.labels import room_for

WIDE = 560
"""Points of a box in a trunk, unless it opens a wider split or says more."""


def widest(chain: Chain, spacing: Spacing, inside: bool = False) -> int:
    """The width of a plain column: the most that a box in a branch needs."""
    most = spacing.column
    for item in chain:
        if isinstance(item, Frame):
            most = max(most, widest(item.chain, spacing, inside))
        elif isinstance(item, Split):
            branched = not bypassed(item)
            most = max([most, *(widest(branch, spacing, branched) for branch in item.branches)])
        elif inside:
            most = max(most, spacing.need(item))
    return most


def bypassed(split: Split) -> bool:
    """Whether the input goes past one branch, which is like a trunk then."""
    return len(split.branches) == 2 and () in split.branches


@dataclass(frozen=True, slots=True)
class Ruler:
    """Widths and offsets, for a plain column of `unit` points."""

    unit: int
    spacing: Spacing

    def chain(self, chain: Chain) -> int:
        """The width that a chain takes."""
        return max(self._own(chain), default=self.spacing.shortcut)

    def _own(self, chain: Chain) -> list[int]:
        """The width of each item: of a frame more, where it ends above the branches of a split.

        Edges leave what is in it straight down to each of them.
        """
        pairs = zip_longest(chain, chain[1:])
        return [
            max(self.item(item), self.item(then) + 2 * self._inset(item))
            if isinstance(item, Frame) and isinstance(then, Split)
            else self.item(item)
            for item, then in pairs
        ]

    def _inset(self, item: Item) -> int:
        """How far from its sides the box stands in which it ends."""
        if not isinstance(item, Frame):
            return 0
        return self.spacing.air + self._inset(item.chain[-1])

    def item(self, item: Item) -> int:
        """The width that a box or a split takes by itself."""
        if isinstance(item, Box):
            return max(self.unit, self.spacing.need(item))
        if isinstance(item, Frame):
            inner = max(self.spacing.need(item.title), self.chain(item.chain))
            return inner + 2 * self.spacing.air
        widths = self._branches(item)
        columns = sum(widths) + self.spacing.gap * (len(widths) - 1) + 2 * self._margin(item)
        return max(columns, self.spacing.alone(item.bar))

    def _branches(self, split: Split) -> list[int]:
        names = split.past(self.spacing.told(split))  # Others have room in their column.
        said = zip(split.cells, split.shares or split.cells, names, strict=True)
        size = self.spacing.name
        texts = (
            even(max(room_for(cell_text(told, name, size)), room_for(cell_text(share))) + PAD)
            for told, share, name in said
        )
        pairs = zip(split.branches, texts, strict=True)
        return [max(self.chain(branch), text) for branch, text in pairs]

    def _margin(self, split: Split) -> int:
        """Half of what balances a shortcut, so that what it bypasses stays in the middle."""
        if not bypassed(split):
            return 0
        return (min(self._branches(split)) + self.spacing.gap) // 2

    def columns(self, split: Split, width: float) -> list[tuple[float, int]]:
        """Each branch's left end and width, in a split that is `width` wide."""
        widths = self._branches(split)
        total = sum(widths) + self.spacing.gap * (len(widths) - 1)
        margin = self._margin(split)
        left = (width - total) / 2 + (margin if split.branches[-1] == () else -margin)
        out = []
        for column in widths:
            out.append((left, column))
            left += column + self.spacing.gap
        return out

    def entries(self, chain: Chain, width: float) -> list[float]:
        """Where edges enter a chain from above: one for each column of an opening split."""
        first = chain[0] if chain else None
        if not isinstance(first, Split) or first.shares:
            return [width / 2]
        return self.beginnings(first, width)

    def beginnings(self, split: Split, width: float) -> list[float]:
        """Where edges enter the branches of a split."""
        own = self.item(split)
        shift = (width - own) / 2
        columns = zip(split.branches, self.columns(split, own), strict=True)
        return [shift + left + x for branch, (left, w) in columns for x in self.entries(branch, w)]

    def spread(self, chain: Chain, width: int, stretch: bool) -> list[int]:
        """The width of each item of a branch: what opens a split is as wide as the split.

        `stretch` makes boxes as wide as the branch, as in a trunk, within limits.
        """
        own = self._own(chain)
        after = [own[i + 1] if isinstance(item, Split) else 0 for i, item in enumerate(chain[1:])]
        least = [max(pair) for pair in zip(own, [*after, 0], strict=False)]
        if not stretch:
            return least
        pairs = zip(chain, least, strict=True)
        return [max(x, min(width, WIDE)) if isinstance(item, Box) else x for item, x in pairs]
