"""From the tree to a graph: the four kinds of node, each in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from compiler.exporting.graph import Dim, Graph
from compiler.exporting.place import Place, Value
from compiler.exporting.rules import joined, written
from compiler.exporting.sizes import behind
from compiler.exporting.wishes import Dtype
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, shares_of
from compiler.ir.op import Shape


@dataclass
class Writer:
    """Writes nodes to a graph; `values` is what came out of each, by path."""

    graph: Graph
    arrays: dict[str, Any]
    kind: tuple[Dtype, int]
    batch: Dim
    values: dict[str, Value] = field(default_factory=dict)

    def through(self, nodes: tuple[Node, ...], x: Value, prefix: str = "") -> Value:
        """Nodes in order."""
        for node in nodes:
            x = self.node(node, x, f"{prefix}{node.name}")
        return x

    def node(self, node: Node, x: Value, path: str) -> Value:
        """One node and all that is in it; a tap's value is that of its head, and x goes on."""
        match node:
            case Leaf():
                y = self._leaf(node, x, path)
            case Series():
                y = self._summed(node, x, self.through(node.nodes, x, f"{path}."), path)
            case Parallel():
                y = self._summed(node, x, self._parallel(node, x, path), path)
            case Tap():
                self.values[path] = self.through(node.body.nodes, x, f"{path}.")
                return x
        self.values[path] = y
        return y

    def _place(self, path: str, x: Value) -> Place:
        return Place(self.graph, path, x, self.arrays, self.kind)

    def _made(self, name: str, shape: Shape, free: tuple[bool, ...]) -> Value:
        value = Value(name, shape, free)
        if name not in self.graph.known:
            self.graph.know(name, self.kind[0], (self.batch, *value.sides))
        return value

    def _leaf(self, leaf: Leaf, x: Value, path: str) -> Value:
        name = written(leaf.op, self._place(path, x))
        return self._made(name, leaf.out, behind(leaf, x.free))

    def _parallel(self, node: Parallel, x: Value, path: str) -> Value:
        at = self._place(path, x)
        inputs = self._shared(node, x, at)
        pairs = zip(node.branches, inputs, strict=True)
        outs = [self.node(branch, each, f"{path}.{branch.name}") for branch, each in pairs]
        # The bare path is the node's own value: what a `then` or a sum still changes isn't it.
        part = node.join.word if node.then or node.residual else ""
        free = tuple(map(any, zip(*(out.free for out in outs), strict=True)))
        y = self._made(joined(node.join, at, [out.name for out in outs], part), node.joined, free)
        return self.node(node.then, y, f"{path}.{node.then.name}") if node.then else y

    def _shared(self, node: Parallel, x: Value, at: Place) -> Iterator[Value]:
        """What each branch gets."""
        shapes = shares_of(node, x.shape)
        if not node.shares:
            return iter([x] * len(shapes))
        parts = [f"split_{number}" for number in range(len(shapes))]
        sizes = at.sizes("shares", [int(share) for share in node.shares])
        names = at.give("Split", [x.name, sizes], parts, axis=1)
        pairs = zip(names, shapes, strict=True)
        return iter([self._made(name, shape, x.free) for name, shape in pairs])

    def _summed(self, node: Series | Parallel, x: Value, y: Value, path: str) -> Value:
        """`act(shortcut(x) + scale * y)`, if there is a residual sum."""
        residual, at = node.residual, self._place(path, x)
        if residual is None:
            return y
        beside = x
        if residual.shortcut:
            beside = self.node(residual.shortcut, x, f"{path}.{residual.shortcut.name}")
        name = y.name
        if float(residual.scale) != 1:
            name = at.add("Mul", [name, at.scalar("scale", float(residual.scale))], "scaled")
        part = "sum" if residual.act else ""
        free = tuple(map(any, zip(y.free, beside.free, strict=True)))
        made = self._made(at.add("Add", [beside.name, name], part), y.shape, free)
        if residual.act:
            return self.node(residual.act, made, f"{path}.{residual.act.name}")
        return made
