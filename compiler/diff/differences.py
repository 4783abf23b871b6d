"""Two networks side by side: every structural difference, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from compiler.diff.align import ANY, Both, Pairing, aligned
from compiler.diff.canonical import Form, form
from compiler.diff.changes import Beside, Change, Place
from compiler.diff.facts import facts, is_layer, text
from compiler.diff.grids import grids
from compiler.diff.identity import fingerprint, said
from compiler.diff.repeats import is_repeat, steps
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Parallel, Series, Tap, children, use_of
from compiler.ops.words import sharing

TRAINING = ("init", "loss weight")
"""Facts that only training needs."""


def compare(one: Network, other: Network, training: bool = True) -> list[Change]:
    """What differs, from the input to the head; `training`: also what only training needs."""
    found = side_by_side(one, other, training=training)
    return [change for beside in found for change in beside.changes]


def side_by_side(one: Network, other: Network, *, training: bool = True) -> list[Beside]:
    """All steps in order, equal ones too, after the network as a whole.

    `training` says whether that counts which only training needs: how weights are drawn, and
    what the loss of an auxiliary head counts for.
    """
    places = grids(one), grids(other)
    found = [((), [*_settings(one, other)]), *_rows(one.nodes, other.nodes, Place(), places)]
    return [
        Beside(tuple(pairs), tuple(c for c in changes if training or c.what not in TRAINING))
        for pairs, changes in found
    ]


def _settings(one: Network, other: Network) -> Iterator[Change]:
    yield from _fact("input", str(one.input), str(other.input), Place())
    yield from _fact("classes", one.classes, other.classes, Place())
    yield from _fact("init", str(one.init or "torch"), str(other.init or "torch"), Place())


def _fact(what: str, old: Any, new: Any, place: Place) -> Iterator[Change]:
    if old != new:
        yield Change(what, place, old, new)


def _nodes(one: Sequence[Node], other: Sequence[Node], place: Place) -> Iterator[Change]:
    """The differences between steps in order, or branches side by side."""
    for _, changes in _rows(one, other, place):
        yield from changes


def _rows(
    one: Sequence[Node], other: Sequence[Node], place: Place, places: Both = ANY
) -> Iterator[tuple[Pairing, list[Change]]]:
    """The same with the steps that belong together, equal ones too."""
    pairs = _unrolled(aligned(one, other, places), places)
    at = 0
    while at < len(pairs):
        count = 1
        changes: list[Change] = []
        if not _equal(pairs[at]):
            if same := _same(pairs, at):
                count = same
                changes += _rewritten(pairs[at : at + count], place)
            else:
                changes += _pair(*pairs[at], place)
        yield pairs[at : at + count], changes
        at += count


def _unrolled(pairs: Pairing, places: Both) -> Pairing:
    """The pairs with repeats as single steps where steps of other names stand beside them."""
    found: Pairing = []
    for equal, run in groupby(pairs, key=_equal):
        segment = list(run)
        if not equal and any(map(_is_loose, segment)) and not _same(segment, 0):
            one, other = (
                [step for node in side if node for step in steps(node)]
                for side in zip(*segment, strict=True)
            )
            segment = aligned(one, other, places)
        found += segment
    return found


def _equal(pair: tuple[Node | None, Node | None]) -> bool:
    old, new = pair
    if not old or not new or fingerprint(old) != fingerprint(new):
        return False
    return getattr(old, "weight", None) == getattr(new, "weight", None)  # An auxiliary head's.


def _is_loose(pair: tuple[Node | None, Node | None]) -> bool:
    """Whether a repeat is paired with a single step that isn't its namesake."""
    old, new = pair
    return bool(
        old and new and is_repeat(old) != is_repeat(new) and said(old.name) != said(new.name)
    )


def _same(pairs: Pairing, at: int) -> int:
    """How many pairs from there do the same on both sides, written differently; 0 for none."""
    mine: Form = ()
    theirs: Form = ()
    for count, (old, new) in enumerate(pairs[at:], 1):
        mine += form((old,)) if old else ()
        theirs += form((new,)) if new else ()
        shared = min(len(mine), len(theirs))
        if mine[:shared] != theirs[:shared]:
            return 0
        if len(mine) == len(theirs):
            return count
    return 0


def _rewritten(pairs: Pairing, place: Place) -> Iterator[Change]:
    """What is written differently: inside a pair, if all that differs lies there."""
    (old, new), *more = pairs
    inside = [] if more else list(_pair(old, new, place))
    if inside and all(change.what == "form" for change in inside):
        yield from inside
        return
    one = [old for old, _ in pairs if old]
    other = [new for _, new in pairs if new]
    firsts = (nodes[0].name if nodes else "" for nodes in (one, other))
    yield Change("form", place.into(*firsts), _listed(one), _listed(other))


def _listed(nodes: Sequence[Node]) -> str:
    """Nodes in words; by name, where there are several."""
    if len(nodes) == 1:
        return text(nodes[0])
    return ", ".join(f"{node.name}: {text(node)}" for node in nodes) or "nothing"


def _pair(old: Node | None, new: Node | None, place: Place) -> Iterator[Change]:
    inside = place.into(old.name if old else "", new.name if new else "")
    if old is None or new is None:
        yield Change("step", inside, text(old) if old else None, text(new) if new else None)
    else:
        yield from _node(old, new, inside)


def _node(old: Node, new: Node, place: Place) -> Iterator[Change]:
    if block := _shared(_block(old), _block(new)):
        place = place.inside(block)
    if is_layer(old) and is_layer(new):
        yield from _facts(old, new, place)
    elif is_repeat(old) or is_repeat(new):
        yield from _repeats(old, new, place)
    elif isinstance(old, Parallel) and isinstance(new, Parallel):
        yield from _parallels(old, new, place)
    else:
        if isinstance(old, Tap) and isinstance(new, Tap):
            yield from _fact("loss weight", old.weight, new.weight, place)
        yield from _nodes(_inside(old), _inside(new), place)
        if isinstance(old, Series) and isinstance(new, Series):
            yield from _sums(old, new, place)


def _shared(one: str, other: str) -> str:
    """The block that two steps use, under both its names; empty where one uses none."""
    if not one or not other or one == other:
        return one and other
    return f"{one} = {other}"


def _block(node: Node) -> str:
    use = use_of(node)
    return use.block if use else ""


def _facts(old: Node, new: Node, place: Place) -> Iterator[Change]:
    """The facts of two layers; of a layer of another kind, only that."""
    mine, theirs = facts(old), facts(new)
    if mine["layer"] != theirs["layer"]:
        yield Change("layer", place, text(old), text(new))
        return
    for name in {**mine, **theirs}:
        if name in mine and name in theirs:
            yield from _fact(name, mine[name], theirs[name], place)


def _repeats(old: Node, new: Node, place: Place) -> Iterator[Change]:
    """A repeat against another, or against a single step: every step that both have."""
    mine, theirs = (children(node) if is_repeat(node) else (node,) for node in (old, new))
    yield from _fact("repeat", len(mine), len(theirs), place)
    for one, other in zip(mine, theirs, strict=False):
        if fingerprint(one) != fingerprint(other):
            names = (n.name if is_repeat(node) else "" for n, node in ((one, old), (other, new)))
            yield from _node(one, other, place.into(*names))


def _parallels(old: Parallel, new: Parallel, place: Place) -> Iterator[Change]:
    yield from _fact("join", old.join.word, new.join.word, place)
    yield from _fact("split", sharing(old), sharing(new), place)
    yield from _nodes(old.branches, new.branches, place)
    yield from _nodes(_list(old.then), _list(new.then), place)
    yield from _sums(old, new, place)


def _inside(node: Node) -> tuple[Node, ...]:
    """The steps in a node, without what a residual sum around them runs itself."""
    return node.nodes if isinstance(node, Series) else children(node)


def _sums(old: Series | Parallel, new: Series | Parallel, place: Place) -> Iterator[Change]:
    """The residual sums around two nodes."""
    yield from _nodes(_shortcut(old), _shortcut(new), place)
    yield from _fact("residual scale", _scale(old), _scale(new), place)
    yield from _fact("residual activation", _activation(old), _activation(new), place)


def _shortcut(node: Series | Parallel) -> tuple[Node, ...]:
    return _list(node.residual.shortcut) if node.residual else ()


def _list(node: Node | None) -> tuple[Node, ...]:
    return (node,) if node else ()


def _scale(node: Series | Parallel) -> float | None:
    return float(node.residual.scale) if node.residual else None


def _activation(node: Series | Parallel) -> str:
    return node.residual.act.op.label if node.residual and node.residual.act else "none"
