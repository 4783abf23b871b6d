"""What a drawing of two networks tells of the steps that belong together, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from compiler.diagram.entries import Entry, entries
from compiler.diagram.text import ending_of
from compiler.diagram.trimming import ROWS, ends
from compiler.diff.changes import Beside, Change, Kind
from compiler.diff.facts import text
from compiler.diff.wording import Diff
from compiler.ir.nodes import Node, Tap
from dsl.text.counts import count

Fate = Kind | Literal["alike", "left out"]
"""What became of steps; changed in nothing but what is said once for all is alike, too.

Of what is too long for a drawing the middle is left out.
"""
Nodes = tuple[Node, ...]

WHOLE = "network"
ENTRIES = 40
"""Differences in one card."""
NAMED = 2
"""So many steps are named; of more the first and the last."""


@dataclass(frozen=True, slots=True)
class Told:
    """Steps of both networks that stand side by side, and what differs in them."""

    fate: Fate
    ones: Nodes
    others: Nodes
    entries: tuple[Entry, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is of the networks as a whole, not of any step."""
        return not self.ones and not self.others

    @property
    def title(self) -> str:
        """What the first side is called that has anything."""
        return self.titles[0] or self.titles[1]

    @property
    def titles(self) -> tuple[str, str]:
        """What either side is called; the network as a whole where there is no step."""
        if self.is_whole:
            return WHOLE, WHOLE
        return naming(self.ones), naming(self.others)

    @property
    def texts(self) -> tuple[str, str]:
        """What either side is: `4 × block A`, or `4 steps` of several kinds."""
        told = _common(self.ones), _common(self.others)
        return (f"{told[0]}, alike", f"{told[1]}, alike") if self.is_beside else told

    @property
    def aside(self) -> bool:
        """Whether it is auxiliary heads alone, beside the trunk and there in training only."""
        return not self.is_whole and all(
            isinstance(node, Tap) for node in (*self.ones, *self.others)
        )

    @property
    def is_beside(self) -> bool:
        """Whether it is heads that are alike: cards of their own, as the trunk goes past them."""
        return self.aside and self.fate == "alike"

    @property
    def is_folded(self) -> bool:
        """Whether it is one line through which both trunks go."""
        return self.fate == "left out" or (self.fate == "alike" and not self.aside)

    @property
    def size(self) -> int:
        """In boxes of other drawings, about."""
        return 1 + len(self.entries) // 3

    def more(self, amount: Callable[[Node], int]) -> int:
        """How much more of an amount the second network has here, without heads beside others."""
        one, other = (
            sum(amount(node) for node in nodes if self.aside or not isinstance(node, Tap))
            for nodes in (self.ones, self.others)
        )
        return int(other - one)


def naming(nodes: Nodes) -> str:
    """`a`, `a, b`, or `a … d`."""
    names = [ending_of(node.name) for node in nodes]
    return ", ".join(names) if len(names) <= NAMED else f"{names[0]} … {names[-1]}"


def _common(nodes: Nodes) -> str:
    found = {text(node) for node in nodes}
    if len(nodes) < 2:
        return "".join(found)
    return f"{len(nodes)} steps" if len(found) > 1 else f"{len(nodes)} × {found.pop()}"


def told(found: Diff) -> list[Told]:
    """The networks side by side: what is equal in stretches, what differs step by step.

    Steps that follow one another and differ in the same are told together.
    """
    _, left = found.common()
    named = {*left, *found.rewritten}
    rows = (_row(beside, named) for beside in found.steps if beside.pairs or beside.changes)
    return _fewer([_trimmed(row) for row in _joined(rows)])


def _trimmed(row: Told) -> Told:
    head, tail = ends(row.entries, lambda _: 1, ENTRIES)
    gone = len(row.entries) - head - tail
    if not gone:
        return row
    note = Entry("changed", *(f"⋮ {count(gone, 'more difference')}",) * 2)
    return replace(
        row, entries=(*row.entries[:head], note, *row.entries[len(row.entries) - tail :])
    )


def _fewer(rows: list[Told]) -> list[Told]:
    head, tail = ends(rows, lambda row: row.size, ROWS)
    gone = rows[head : len(rows) - tail]
    if not gone:
        return rows
    ones = tuple(node for row in gone for node in row.ones)
    others = tuple(node for row in gone for node in row.others)
    return [*rows[:head], Told("left out", ones, others), *rows[len(rows) - tail :]]


def _row(beside: Beside, named: set[Change]) -> Told:
    ones = tuple(old for old, _ in beside.pairs if old)
    others = tuple(new for _, new in beside.pairs if new)
    changes = [change for change in beside.changes if change in named]
    bases = tuple(nodes[0].name if nodes else "" for nodes in (ones, others))
    inside = tuple(entries(changes, (bases[0], bases[1])))
    return Told(_fate(beside, changes), ones, others, inside)


def _fate(beside: Beside, changes: list[Change]) -> Fate:
    """Widths that a factor changed are seen in the shapes, so those steps are told singly."""
    kinds = {change.kind for change in changes}
    if not changes:
        return "changed" if any(c.what == "width" for c in beside.changes) else "alike"
    whole = len(beside.pairs) == 1 and None in beside.pairs[0]
    return kinds.pop() if whole or kinds == {"rewritten"} else "changed"


def _joined(rows: Iterable[Told]) -> Iterator[Told]:
    for _, group in groupby(rows, key=_likeness):
        first, *rest = group
        for each in rest:
            first = replace(first, ones=first.ones + each.ones, others=first.others + each.others)
        yield first


def _likeness(row: Told) -> object:
    """Rows of equal ones are told together, those with nothing to tell but a shape by its shape.

    Heads are told by themselves, as they stand beside the trunk.
    """
    if row.fate == "alike":
        return row.fate, row.aside
    shapes = tuple(tuple(map(int, node.out)) for node in (*row.ones, *row.others))
    kinds = tuple(text(node) for node in (*row.ones, *row.others))
    return row.fate, row.entries, kinds, row.aside, () if row.entries else shapes
