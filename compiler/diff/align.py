"""Which node of one network answers to which of another: by name, by what it is, in order."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby, islice, takewhile
from typing import TypeVar

from compiler.diff.facts import facts, is_layer
from compiler.ir.kept import remembered
from compiler.ir.nodes import Node, Parallel, Series, Tap, children, residual_of, use_of
from compiler.ops.words import core
from dsl.models.layers import AUTOMATIC, FOREIGN

T = TypeVar("T")
Pairing = list[tuple[Node | None, Node | None]]

NAMED = 3.0
EQUAL = 2.0
ALIKE = 1.0
COUNTED = 0.3
RELATED = 0.2
HALF = 0.5
AUTO = re.compile(rf"(branch|{'|'.join(sorted(AUTOMATIC))})?\d*")
"""Names that only count: two of them say little about belonging together."""


facts_of = remembered(facts)


def aligned(one: Sequence[Node], other: Sequence[Node]) -> Pairing:
    """Pairs in order; None on one side stands for a node that is only on the other.

    Which of several equally good pairings is taken doesn't depend on which network comes first.
    """
    if _order(one) <= _order(other):
        return _paired(one, other)
    swapped = [(old, new) for new, old in _paired(other, one)]
    pairs: Pairing = []
    for _, run in groupby(swapped, key=lambda pair: pair[0] is not None and pair[1] is not None):
        pairs += sorted(run, key=lambda pair: pair[0] is None)  # What went before what came.
    return pairs


def _order(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    return [(said(node.name), fingerprint(node)) for node in nodes]


def _paired(one: Sequence[Node], other: Sequence[Node]) -> Pairing:
    """The pairing of the highest total likeness.

    Steps that are the same at both ends, name and all, are each other's in every such pairing:
    nothing is as like one of them as the other. So only what lies between is weighed.
    """
    start = _alike(zip(one, other, strict=False))
    rest = min(len(one), len(other)) - start
    end = _alike(islice(zip(reversed(one), reversed(other), strict=False), rest))
    mine, theirs = one[start : len(one) - end], other[start : len(other) - end]
    pairs: Pairing = [*zip(one[:start], other[:start], strict=True)]
    pairs += _weighed(mine, theirs)
    pairs += zip(one[len(one) - end :], other[len(other) - end :], strict=True)
    return pairs


def _alike(pairs: Iterable[tuple[Node, Node]]) -> int:
    """How many pairs are the same, from the first one on."""
    same = takewhile(lambda pair: _order(pair[:1]) == _order(pair[1:]), pairs)
    return sum(1 for _ in same)


def _weighed(
    one: Sequence[Node], other: Sequence[Node]
) -> Iterator[tuple[Node | None, Node | None]]:
    """The best of all pairings (Needleman and Wunsch, 1970; gaps are free)."""
    best = Table(one, other)
    i, j = 0, 0
    while i < len(one) or j < len(other):
        if i < len(one) and best[i, j] == best[i + 1, j]:
            yield one[i], None
            i += 1
        elif j < len(other) and best[i, j] == best[i, j + 1]:
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

    def __init__(self, one: Sequence[Node], other: Sequence[Node]) -> None:
        self.size = len(one), len(other)
        alike = Likenesses(one, other)
        self.rows: list[array[float]] = []
        below = array("d")
        for i in reversed(range(len(one) + 1)):
            below = self._row(i, below, alike)
            self.rows.append(below)
        self.rows.reverse()

    def __getitem__(self, place: tuple[int, int]) -> float:
        """The total from there; less than any where it isn't near the diagonal."""
        i, j = place
        at = j - self._span(i).start
        return self.rows[i][at] if 0 <= at < len(self.rows[i]) else -1.0

    def _span(self, i: int) -> range:
        """The places of the other side that are near place `i` of the one."""
        mine, theirs = self.size
        if min(mine, theirs) <= BAND:
            return range(theirs + 1)
        centre = i * theirs // mine
        reach = BAND + theirs // mine
        return range(max(0, centre - reach), min(theirs, centre + reach) + 1)

    def _row(self, i: int, below: array[float], alike: Likenesses) -> array[float]:
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
            if j < self.size[1] and 0 <= j + 1 - start < most and (paired := alike(i, j)):
                total = max(total, paired + below[j + 1 - start])
            row[at] = right = total
        return row


class Likenesses:
    """How much each of one side's nodes is each of the other's; what is equal is asked once."""

    def __init__(self, one: Sequence[Node], other: Sequence[Node]) -> None:
        self.nodes = one, other
        kinds: dict[object, int] = {}
        self.kinds = tuple(
            [kinds.setdefault(_kind(node), len(kinds)) for node in side] for side in self.nodes
        )
        self.names = tuple([said(node.name) for node in side] for side in self.nodes)
        self.known: dict[tuple[int, int, str], float] = {}

    def __call__(self, i: int, j: int) -> float:
        """The likeness of a node of the one and a node of the other."""
        name = self.names[0][i]
        called = name if name == self.names[1][j] else ""
        key = self.kinds[0][i], self.kinds[1][j], called
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = likeness(self.nodes[0][i], self.nodes[1][j])
        return found


def _kind(node: Node) -> object:
    """All that counts for likeness, but the name."""
    use = use_of(node)
    return fingerprint(node), is_repeat(node), use.block if use else ""


def likeness(one: Node, other: Node) -> float:
    """How much two nodes are each other's; 0 for not at all."""
    name, called = said(one.name), said(one.name) == said(other.name)
    one, other = _once(one, other), _once(other, one)
    if _sort(one) != _sort(other):
        return 0.0
    given = called and not AUTO.fullmatch(name) and not _counts(name)
    if fingerprint(one) == fingerprint(other):
        alike = EQUAL
    elif is_layer(one):
        alike = _like_layers(one, other, called)
    else:
        alike = _like_branches(one, other, given, called)
    bonus = NAMED if given else COUNTED * called
    return bonus + alike if alike or given else 0.0


def _counts(name: str) -> bool:
    """Whether a name is one that a plugin's layers get by themselves."""
    return any(name.rstrip("0123456789") == said(kind.auto) for kind in FOREIGN.values())


def _once(node: Node, other: Node) -> Node:
    """A repeat beside a step that isn't one: what is repeated."""
    return children(node)[0] if is_repeat(node) and not is_repeat(other) else node


def _like_layers(one: Node, other: Node, called: bool) -> float:
    """Layers that differ in more than their size answer to each other where names say so."""
    mine, theirs = facts_of(one), facts_of(other)
    if mine["layer"] != theirs["layer"]:
        return RELATED * (called and core(one).op.family == core(other).op.family)
    same = all(mine.get(key) == theirs.get(key) for key in ("kernel", "stride"))
    return ALIKE if same else RELATED * called


def _like_branches(one: Node, other: Node, given: bool, called: bool) -> float:
    """By the layers inside; where few have the same kernel, by the kinds of layers there."""
    share = _shared(_counted(one), _counted(other))
    if given or share >= HALF:
        return ALIKE * share
    kinds = (Counter(kind for kind, _ in _shapes(node)) for node in (one, other))
    return RELATED * (called and _shared(*kinds) >= HALF)


def _shared(mine: Counter[T], theirs: Counter[T]) -> float:
    """The share of two collections that is in both."""
    return (mine & theirs).total() / max(mine.total(), theirs.total(), 1)


@remembered
def _counted(node: Node) -> Counter[tuple[str, str | None]]:
    """Layers by kind and kernel."""
    return Counter(_shapes(node))


def _shapes(node: Node) -> Iterator[tuple[str, str | None]]:
    if is_layer(node):
        found = facts_of(node)
        yield found["layer"], found.get("kernel")
    else:
        for child in children(node):
            yield from _shapes(child)


def _sort(node: Node) -> str:
    if is_layer(node):
        return "layer"
    return {Parallel: "parallel", Tap: "tap"}.get(type(node), "series")


@cache
def said(name: str) -> str:
    """A name as a person says it: `Mixed_5b` and `mixed_5b` are one."""
    return name.replace("_", "").lower()


@remembered
def fingerprint(node: Node) -> str:
    """All the facts of a node and of what is in it, names apart."""
    if is_layer(node):
        return repr(sorted((key, repr(value)) for key, value in facts_of(node).items()))
    head = type(node).__name__
    residual = residual_of(node)
    scale = float(residual.scale) if residual else None
    if isinstance(node, Parallel):
        head = f"{node.join.word} {len(node.branches)} {scale} {tuple(map(int, node.shares))}"
    elif isinstance(node, Series) and residual:
        head = f"{head} {len(node.nodes)} {scale}"
    if residual and residual.shortcut:
        head = f"{head} shortcut"
    return f"{head}({', '.join(fingerprint(child) for child in children(node))})"


@remembered
def is_repeat(node: Node) -> bool:
    """Whether a node is one step several times over (`x4`)."""
    inside = children(node)
    numbered = [child.name for child in inside] == [str(n) for n in range(len(inside))]
    plain = isinstance(node, Series) and not node.use and numbered and len(inside) > 1
    return plain and len({fingerprint(child) for child in inside}) == 1
