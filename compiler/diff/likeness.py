"""How much two nodes are each other's: by their names, by what they are, by where they work."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from compiler.diff.facts import is_layer
from compiler.diff.identity import facts_of, fingerprint, said
from compiler.diff.repeats import is_repeat, once
from compiler.ir.kept import remembered
from compiler.ir.nodes import Node, Parallel, Tap, children
from compiler.ops.words import core
from dsl.models.layers import AUTOMATIC, FOREIGN

T = TypeVar("T")

NAMED = 3.0
EQUAL = 2.0
ALIKE = 1.0
COUNTED = 0.3
RELATED = 0.2
HALF = 0.5
FAR = 0.25
"""What a block that is alike on another grid is worth of what it were on the same."""
OFTEN = 0.9
"""Repeats of one length are liked a little better than others."""
AUTO = re.compile(rf"(branch|{'|'.join(sorted(AUTOMATIC))})?\d*")
"""Names that only count: two of them say little about belonging together."""


def likeness(one: Node, other: Node, near: bool | None = None) -> float:
    """How much two nodes are each other's; 0 for not at all.

    `near` says whether they work on one grid, None that it doesn't count. On another grid the same
    name says no more than what is there: networks of one family give names to other places.
    """
    name, called = said(one.name), said(one.name) == said(other.name)
    given = called and not AUTO.fullmatch(name) and not _counts(name)
    alike = _alike(one, other, given, called)
    if alike is None:
        return 0.0
    if near is False and given:
        return 2 * alike
    if near is False and alike < EQUAL:
        alike *= FAR
    return alike + (NAMED if given else COUNTED * called) if alike or given else 0.0


def _alike(one: Node, other: Node, given: bool, called: bool) -> float | None:
    """How much they are the same; None for other sorts of nodes.

    Repeats by all that they are, or by what is repeated, which is alike however often it is.
    """
    found = [] if is_repeat(one) != is_repeat(other) else [_like(one, other, given, called)]
    if is_repeat(one) or is_repeat(other):
        single = _like(once(one), once(other), given, called)
        found.append(None if single is None else OFTEN * single)
    return max((each for each in found if each is not None), default=None)


def _like(one: Node, other: Node, given: bool, called: bool) -> float | None:
    if _sort(one) != _sort(other):
        return None
    if fingerprint(one) == fingerprint(other):
        return EQUAL
    if is_layer(one):
        return _like_layers(one, other, called)
    return _like_branches(one, other, given, called)


def _counts(name: str) -> bool:
    """Whether a name is one that a plugin's layers get by themselves."""
    return any(name.rstrip("0123456789") == said(kind.auto) for kind in FOREIGN.values())


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
