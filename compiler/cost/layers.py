"""One row per operation: its counts, shapes and receptive field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from compiler.cost.counting import Tally
from compiler.cost.field import Trace
from compiler.cost.known import known
from compiler.cost.rows import Counted, Row, counted
from compiler.cost.sums import beginning, join_tally, met, residual_tally
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ir.op import Shape


def layer_rows(
    nodes: tuple[Node, ...], batch: int, dtype_bytes: int, training: bool
) -> Iterator[tuple[Row, ...]]:
    """The rows of what is inside each step, in the order of execution."""
    trace = beginning(nodes)
    for node in nodes:
        walk = _Walk(batch, dtype_bytes, training)
        trace = walk.node(node, node.name, trace)
        yield tuple(walk.rows)


@dataclass
class _Walk:
    """Walks nodes in the order of execution and collects their rows."""

    batch: int
    dtype_bytes: int
    training: bool
    rows: list[Row] = field(default_factory=list)

    def node(self, node: Node, path: str, trace: Trace) -> Trace:
        """Add the rows of a node at `path`; returns what its output sees."""
        match node:
            case Leaf():
                return self._leaf(node, path, trace)
            case Series():
                return self._summed(node, path, trace, self._series(node.nodes, path, trace))
            case Parallel():
                return self._parallel(node, path, trace)
            case Tap():
                self._series(node.body.nodes, path, trace)
                return trace

    def _series(self, nodes: tuple[Node, ...], path: str, trace: Trace) -> Trace:
        for node in nodes:
            trace = self.node(node, f"{path}.{node.name}", trace)
        return trace

    def _leaf(self, leaf: Leaf, path: str, trace: Trace) -> Trace:
        trace = trace.then(known(leaf).seen)
        counts = counted(known(leaf).tally(self.training), self.batch, self.dtype_bytes)
        self._row(counts, trace, path, leaf, leaf.inp, leaf.out)
        return trace

    def _row(
        self, counts: Counted, trace: Trace, path: str, of: Leaf | str, inp: Shape, out: Shape
    ) -> None:
        field = trace.field if trace.spatial else None
        self.rows.append(Row(**counts, field=field, path=path, of=of, inp=inp, out=out))

    def _parallel(self, node: Parallel, path: str, trace: Trace) -> Trace:
        outs = [self.node(b, f"{path}.{b.name}", trace) for b in node.branches]
        made = met(node, outs)
        self._written(join_tally(node), node.joined, path, node.join.word, made)
        if node.then:
            made = self.node(node.then, f"{path}.{node.then.name}", made)
        return self._summed(node, path, trace, made)

    def _summed(self, node: Series | Parallel, path: str, before: Trace, made: Trace) -> Trace:
        """The residual sum, if there is one: its shortcut, itself, and its activation."""
        if node.residual is None:
            return made
        act, shortcut = node.residual.act, node.residual.shortcut
        if shortcut:
            before = self.node(shortcut, f"{path}.{shortcut.name}", before)
        trace = made.hull(before)
        kind = f"residual ×{float(node.residual.scale):g}"
        self._written(residual_tally(node), node.out, path, kind, trace)
        return self.node(act, f"{path}.{act.name}", trace) if act else trace

    def _written(self, written: Tally, out: Shape, path: str, kind: str, trace: Trace) -> None:
        """Add the row of something that only writes, if it does."""
        if written.outputs:
            counts = counted(written, self.batch, self.dtype_bytes)
            self._row(counts, trace, path, kind, out, out)
