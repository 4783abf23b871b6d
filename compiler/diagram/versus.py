"""What a drawing of two networks tells of the steps that belong together, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from compiler.diagram.text import ending_of
from compiler.diagram.trimming import ROWS, ends
from compiler.diff.changes import Beside, Change, Kind
from compiler.diff.facts import text
from compiler.diff.wording import Diff, called, shown
from compiler.ir.nodes import Node, Tap

Fate = Kind | Literal["alike", "left out"]
"""What became of steps; changed in nothing but what is said once for all is alike, too.

Of what is too long for a drawing the middle is left out.
"""
Nodes = tuple[Node, ...]

EXTENTS = ("input", "kernel", "stride", "padding", "dilation")
"""Facts with sides, which drawings write with a cross."""
WHOLE = "network"
ENTRIES = 40
"""Differences in one card."""
NAMED = 2
"""So many steps are named; of more the first and the last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One difference inside steps, as it is on either side; empty where there is none."""

    kind: Kind
    one: str
    other: str


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
        return _common(self.ones), _common(self.others)

    @property
    def aside(self) -> bool:
        """Whether it is auxiliary heads alone, beside the trunk and there in training only."""
        return not self.is_whole and all(
            isinstance(node, Tap) for node in (*self.ones, *self.others)
        )

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
    found = {text(node).replace(" x ", " × ") for node in nodes}
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
    note = Entry("changed", *(f"⋮ {gone:,} more differences",) * 2)
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
    entries = tuple(_entries(changes, (bases[0], bases[1])))
    return Told(_fate(beside, changes), ones, others, entries)


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
    """Rows of equal ones are told together; those with nothing to tell but a shape by its shape."""
    if row.fate == "alike":
        return row.fate
    shapes = tuple(tuple(map(int, node.out)) for node in (*row.ones, *row.others))
    kinds = tuple(text(node) for node in (*row.ones, *row.others))
    return row.fate, row.entries, kinds, row.aside, () if row.entries else shapes


def _entries(changes: list[Change], bases: tuple[str, str]) -> Iterator[Entry]:
    """What differs inside; a step that is only on one side is told by its card alone.

    Equal differences of a repeat's steps are one entry.
    """
    alike: dict[tuple[Kind, tuple[str, str], str, str], list[tuple[str, str]]] = {}
    for group in _by_place(change for change in changes if not _is_whole(change, bases)):
        kind, place = group[0].kind, group[0].place
        paths = _beyond(place.one, bases[0]), _beyond(place.other, bases[1])
        inner = place.inner if place.block else paths
        one, other = (
            ", ".join(filter(None, side)) for side in zip(*map(_said, group), strict=True)
        )
        alike.setdefault((kind, inner, one, other), []).append(paths)
    for (kind, inner, one, other), places in alike.items():
        named = inner if len(places) > 1 else places[0]
        where = [_where(path, len(places)) for path in named]
        yield Entry(kind, _told(where[0], one), _told(where[1], other))


def _by_place(changes: Iterable[Change]) -> list[list[Change]]:
    found: dict[tuple[object, Kind], list[Change]] = {}
    for change in changes:
        found.setdefault((change.place, change.kind), []).append(change)
    return [*found.values()]


def _is_whole(change: Change, bases: tuple[str, str]) -> bool:
    place = change.place
    alone = ((bases[0], ""), ("", bases[1]))
    return change.what == "step" and (place.one, place.other) in alone


def _beyond(path: str, base: str) -> str:
    """The path from a step on."""
    return path.removeprefix(base).lstrip(".")


def _where(path: str, steps: int) -> str:
    many = f"in {steps} steps" if steps > 1 else ""
    return " ".join(filter(None, (ending_of(path), many)))


def _told(where: str, words: str) -> str:
    """What differs at a place; nothing for the side that hasn't got it."""
    return ": ".join(filter(None, (where, words))) if words else ""


def _said(change: Change) -> tuple[str, str]:
    """What a change is on either side."""
    if change.kind != "changed" or change.what == "layer":
        return change.old or "", change.new or ""
    name = called(change)
    old, new = (_value(change.what, value) for value in (change.old, change.new))
    return f"{name} {old}", f"{name} {new}"


def _value(what: str, value: object) -> str:
    said = shown(value)
    return said.replace("x", "×") if what in EXTENTS and said[:1].isdigit() else said
