"""Which node of one network answers to which of another: by name, by what it is, in order."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice, takewhile

from compiler.diff.grids import Grids
from compiler.diff.identity import fingerprint, said
from compiler.diff.likeness import likeness
from compiler.diff.repeats import is_repeat
from compiler.ir.nodes import Node, use_of

Pairing = list[tuple[Node | None, Node | None]]
Both = tuple[Grids, Grids]
"""The grids of either side's steps."""
ANY: Both = ({}, {})
"""Nothing is known of grids, or they don't count: between branches, which share one."""


def aligned(one: Sequence[Node], other: Sequence[Node], grids: Both = ANY) -> Pairing:
    """Pairs in order; None on one side stands for a node that is only on the other.

    Which of several equally good pairings is taken doesn't depend on which network comes first.
    """
    if _order(one) <= _order(other):
        found = _paired(one, other, grids)
    else:
        found = [(old, new) for new, old in _paired(other, one, (grids[1], grids[0]))]
    pairs: Pairing = []
    for _, run in groupby(found, key=lambda pair: pair[0] is not None and pair[1] is not None):
        pairs += sorted(run, key=lambda pair: pair[0] is None)  # What went before what came.
    return pairs


def _order(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    return [(said(node.name), fingerprint(node)) for node in nodes]


def _paired(one: Sequence[Node], other: Sequence[Node], grids: Both) -> Pairing:
    """The pairing of the highest total likeness.

    Steps that are the same at both ends, name and all, are each other's in every such pairing:
    nothing is as like one of them as the other. So only what lies between is weighed.
    """
    start = _alike(zip(one, other, strict=False))
    rest = min(len(one), len(other)) - start
    end = _alike(islice(zip(reversed(one), reversed(other), strict=False), rest))
    mine, theirs = one[start : len(one) - end], other[start : len(other) - end]
    pairs: Pairing = [*zip(one[:start], other[:start], strict=True)]
    pairs += _weighed(mine, theirs, grids)
    pairs += zip(one[len(one) - end :], other[len(other) - end :], strict=True)
    return pairs


def _alike(pairs: Iterable[tuple[Node, Node]]) -> int:
    """How many pairs are the same, from the first one on."""
    same = takewhile(lambda pair: _order(pair[:1]) == _order(pair[1:]), pairs)
    return sum(1 for _ in same)


def _weighed(
    one: Sequence[Node], other: Sequence[Node], grids: Both
) -> Iterator[tuple[Node | None, Node | None]]:
    """The best of all pairings (Needleman and Wunsch, 1970; gaps are free).

    A block that is equally like several is the first one's, as the steps of repeats are: what there
    is more of the same comes last.
    """
    best = Table(one, other, grids)
    i, j = 0, 0
    while i < len(one) or j < len(other):
        mine = i < len(one) and best[i, j] == best[i + 1, j]
        theirs = j < len(other) and best[i, j] == best[i, j + 1]
        if best.blocks(i, j) and best.pairs(i, j):
            mine = theirs = False
        if mine and not (theirs and best.is_block(i)):
            yield one[i], None
            i += 1
        elif theirs:
            yield None, other[j]
            j += 1
        else:
            yield one[i], other[j]
            i, j = i + 1, j + 1


BAND = 200
"""How far from its place a step is looked for, where both sides are longer than that.

The whole table of two networks with thousands of steps would take minutes.
"""


class Table:
    """The best total likeness from each pair of places to the ends, near the diagonal."""

    def __init__(self, one: Sequence[Node], other: Sequence[Node], grids: Both) -> None:
        self.size = len(one), len(other)
        self.alike = Likenesses(one, other, grids)
        self.rows: list[array[float]] = []
        below = array("d")
        for i in reversed(range(len(one) + 1)):
            below = self._row(i, below)
            self.rows.append(below)
        self.rows.reverse()

    def __getitem__(self, place: tuple[int, int]) -> float:
        """The total from there; less than any where it isn't near the diagonal."""
        i, j = place
        at = j - self._span(i).start
        return self.rows[i][at] if 0 <= at < len(self.rows[i]) else -1.0

    def is_block(self, i: int) -> bool:
        """Whether the node of the one is a block of the trunk."""
        return self.alike.grids[0][i] is not None

    def blocks(self, i: int, j: int) -> bool:
        """Whether both there are."""
        mine, theirs = self.alike.grids
        return i < len(mine) and j < len(theirs) and bool(mine[i] and theirs[j])

    def pairs(self, i: int, j: int) -> bool:
        """Whether the two there are each other's in a best pairing of all that follows."""
        alike = self.alike(i, j)
        return bool(alike) and self[i, j] == alike + self[i + 1, j + 1]

    def _span(self, i: int) -> range:
        """The places of the other side that are near place `i` of the one."""
        mine, theirs = self.size
        if min(mine, theirs) <= BAND:
            return range(theirs + 1)
        centre = i * theirs // mine
        reach = BAND + theirs // mine
        return range(max(0, centre - reach), min(theirs, centre + reach) + 1)

    def _row(self, i: int, below: array[float]) -> array[float]:
        span = self._span(i)
        row = array("d", [0.0]) * len(span)
        if i == self.size[0]:
            return row
        start, most = self._span(i + 1).start, len(below)
        right = -1.0
        for at in reversed(range(len(span))):
            j = span.start + at
            down = below[j - start] if 0 <= j - start < most else -1.0
            total = max(down, right)
            if j < self.size[1] and 0 <= j + 1 - start < most and (paired := self.alike(i, j)):
                total = max(total, paired + below[j + 1 - start])
            row[at] = right = total
        return row


class Likenesses:
    """How much each of one side's nodes is each of the other's; what is equal is asked once."""

    def __init__(self, one: Sequence[Node], other: Sequence[Node], grids: Both) -> None:
        self.nodes = one, other
        kinds: dict[object, int] = {}
        self.kinds = tuple(
            [kinds.setdefault(_kind(node), len(kinds)) for node in side] for side in self.nodes
        )
        self.names = tuple([said(node.name) for node in side] for side in self.nodes)
        self.grids = tuple(
            [there.get(node.name) for node in side]
            for side, there in zip(self.nodes, grids, strict=True)
        )
        self.known: dict[tuple[int, int, str, bool | None], float] = {}

    def __call__(self, i: int, j: int) -> float:
        """The likeness of a node of the one and a node of the other."""
        name = self.names[0][i]
        called = name if name == self.names[1][j] else ""
        mine, theirs = self.grids[0][i], self.grids[1][j]
        near = mine == theirs if mine and theirs else None
        key = self.kinds[0][i], self.kinds[1][j], called, near
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = likeness(self.nodes[0][i], self.nodes[1][j], near)
        return found


def _kind(node: Node) -> object:
    """All that counts for likeness, but the name and the grid."""
    use = use_of(node)
    return fingerprint(node), is_repeat(node), use.block if use else ""
