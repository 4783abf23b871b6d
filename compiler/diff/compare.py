"""Two networks side by side: every structural difference, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from compiler.diff.align import aligned, fingerprint, is_repeat
from compiler.diff.facts import facts, is_layer, text
from compiler.ir import Network, Node, Parallel, Series, Tap, children


@dataclass(frozen=True)
class Place:
    """Where a difference is: the node's path in each network, and in the block that has it."""

    one: str = ""
    other: str = ""
    block: str = ""
    steps: tuple[str, str] = ("", "")
    """The paths of the steps that use the block."""
    times: int = 1
    """How many layers it stands for: of a repeat, the first is compared for all."""

    def into(self, one: str, other: str) -> Place:
        """The place of a child."""
        return replace(self, one=_joined(self.one, one), other=_joined(self.other, other))

    def inside(self, block: str) -> Place:
        """The same place as the beginning of a block."""
        return replace(self, block=block, steps=(self.one, self.other))

    @property
    def inner(self) -> tuple[str, str]:
        """The paths inside the block."""
        return (
            self.one.removeprefix(self.steps[0]).lstrip("."),
            self.other.removeprefix(self.steps[1]).lstrip("."),
        )


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


@dataclass(frozen=True)
class Change:
    """One difference. `old` and `new` are None where the node is only in the other network."""

    what: str
    """The fact that differs (`width`, `kernel`, `norm`…), or `step` for a whole node."""
    place: Place = field(default_factory=Place)
    old: Any = None
    new: Any = None

    @property
    def kind(self) -> str:
        """`changed`, `removed` or `added`."""
        if self.what == "step" and self.new is None:
            return "removed"
        return "added" if self.what == "step" and self.old is None else "changed"


TRAINING = ("init", "loss weight")
"""Facts that only training needs."""


def compare(one: Network, other: Network, training: bool = True) -> list[Change]:
    """What differs, from the input to the head.

    `training` says whether that counts which only training needs: how weights are drawn, and
    what the loss of an auxiliary head counts for.
    """
    found = [*_settings(one, other), *_nodes(one.nodes, other.nodes, Place())]
    return [change for change in found if training or change.what not in TRAINING]


def _settings(one: Network, other: Network) -> Iterator[Change]:
    yield from _fact("input", str(one.input), str(other.input), Place())
    yield from _fact("classes", one.classes, other.classes, Place())
    yield from _fact("init", str(one.init or "torch"), str(other.init or "torch"), Place())


def _fact(what: str, old: Any, new: Any, place: Place) -> Iterator[Change]:
    if old != new:
        yield Change(what, place, old, new)


def _nodes(one: Sequence[Node], other: Sequence[Node], place: Place) -> Iterator[Change]:
    """The differences between steps in order, or branches side by side."""
    for old, new in aligned(one, other):
        inside = place.into(old.name if old else "", new.name if new else "")
        if old is None or new is None:
            yield Change("step", inside, text(old) if old else None, text(new) if new else None)
        elif fingerprint(old) != fingerprint(new) or isinstance(old, Tap):
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
        yield from _nodes(children(old), children(new), place)


def _shared(one: str, other: str) -> str:
    """The block that two steps use, under both its names; empty where one uses none."""
    if not one or not other or one == other:
        return one and other
    return f"{one} = {other}"


def _block(node: Node) -> str:
    return node.use.block if isinstance(node, (Series, Parallel)) and node.use else ""


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
    """A repeat against another, or against a single step."""
    mine, theirs = (children(node) if is_repeat(node) else (node,) for node in (old, new))
    yield from _fact("repeat", len(mine), len(theirs), place)
    every = replace(place, times=place.times * min(len(mine), len(theirs)))
    if is_repeat(old) and is_repeat(new):
        yield from _nodes(mine[:1], theirs[:1], every)
    elif fingerprint(mine[0]) != fingerprint(theirs[0]):
        numbers = (node[0].name if len(node) > 1 else "" for node in (mine, theirs))
        yield from _node(mine[0], theirs[0], every.into(*numbers))


def _parallels(old: Parallel, new: Parallel, place: Place) -> Iterator[Change]:
    yield from _fact("join", old.join.word, new.join.word, place)
    yield from _nodes(old.branches, new.branches, place)
    yield from _nodes(_list(old.then), _list(new.then), place)
    yield from _fact("residual scale", _scale(old), _scale(new), place)
    yield from _fact("residual activation", _activation(old), _activation(new), place)


def _list(node: Node | None) -> tuple[Node, ...]:
    return (node,) if node else ()


def _scale(node: Parallel) -> float | None:
    return float(node.residual.scale) if node.residual else None


def _activation(node: Parallel) -> str:
    return node.residual.act.op.label if node.residual and node.residual.act else "none"
