"""What became of each step: the nodes of the network by the place that they were written at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.cost.field import Trace
from compiler.cost.sums import beginning, met, seen, tally
from compiler.editor.reading import Reading
from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Node, Parallel, Series, Tap, residual_of
from compiler.ir.op import Shape
from dsl.text.problems import Span

Spot = tuple[str, int, int]
"""A file, and a line and column of it, from 1."""


@dataclass(frozen=True)
class Use:
    """One node of a network, and how its first position sees the image before it."""

    path: str
    node: Node
    before: Trace

    @property
    def owner(self) -> str:
        """The path of what it is in."""
        return self.path.rpartition(".")[0]

    @property
    def call(self) -> BlockUse | None:
        """The block that it is a call of."""
        return self.node.use if isinstance(self.node, (Series, Parallel)) else None

    @property
    def inp(self) -> Shape:
        return self.node.inp

    @property
    def out(self) -> Shape:
        """What it gives; of an auxiliary head, its logits."""
        return self.node.body.out if isinstance(self.node, Tap) else self.node.out

    @property
    def params(self) -> int:
        return tally(self.node, training=False).params

    @property
    def macs(self) -> int:
        return tally(self.node, training=False).macs

    @property
    def behind(self) -> Trace:
        """How one position behind it sees the image."""
        inside = self.node.body if isinstance(self.node, Tap) else self.node
        return self.before.then(seen(inside))


def spot(span: Span) -> Spot:
    """Where a stretch of text begins."""
    return span.file, span.line, span.column


class Uses:
    """Every node of a network by where it was written: the outermost ones at each place."""

    def __init__(self, network: Network) -> None:
        self.at: dict[Spot, list[Use]] = {}
        self.calls: dict[str, list[Use]] = {}
        """The calls of each block, by its name."""
        self.by_path: dict[str, Use] = {}
        before = beginning(network.trunk or network.nodes)
        for use in _through(network.nodes, "", before):
            self.by_path[use.path] = use
            found = self.at.setdefault(spot(use.node.span), [])
            if found and found[-1].owner == use.owner:
                found.pop()  # The flattening that comes before it, which nobody wrote.
            if not found or not use.path.startswith(f"{found[-1].path}."):
                found.append(use)
            if use.call:
                self.calls.setdefault(use.call.block, []).append(use)


def _through(nodes: tuple[Node, ...], prefix: str, before: Trace) -> Iterator[Use]:
    """Nodes in order and all in them, each before what is in it."""
    for node in nodes:
        use = Use(f"{prefix}{node.name}", node, before)
        yield use
        yield from _inside(node, f"{use.path}.", before)
        before = before if isinstance(node, Tap) else use.behind


def _inside(node: Node, prefix: str, before: Trace) -> Iterator[Use]:
    match node:
        case Tap():
            yield from _through(node.body.nodes, prefix, before)
        case Series():
            yield from _through(node.nodes, prefix, before)
        case Parallel():
            for branch in node.branches:
                yield from _through((branch,), prefix, before)
            if node.then:
                joined = before.then(met(node, map(seen, node.branches)))
                yield from _through((node.then,), prefix, joined)
    if (residual := residual_of(node)) and residual.shortcut:
        yield from _through((residual.shortcut,), prefix, before)


def uses(reading: Reading) -> Uses | None:
    """The nodes of the last network that could be made of a text."""
    good = reading.good
    if good is None or good.network is None:
        return None
    notes = good.__dict__
    if "_uses" not in notes:
        notes["_uses"] = Uses(good.network)
    found: Uses = notes["_uses"]
    return found


def used_at(reading: Reading, span: Span) -> list[Use]:
    """What became of the step that is written at a place; nothing where its line is new."""
    found, line = uses(reading), reading.then(span.line)
    return found.at.get((span.file, line, span.column), []) if found and line else []
