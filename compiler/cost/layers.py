"""One row per operation: its counts, shapes and receptive field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from compiler.cost.field import Trace, effective, follow, joined
from compiler.cost.report import Row
from compiler.ir import Leaf, Node, Parallel, Residual, Series, Tap
from compiler.op import Shape


@dataclass
class Walk:
    """Walks nodes in the order of execution and collects their rows."""

    batch: int
    dtype_bytes: int
    training: bool = False
    rows: list[Row] = field(default_factory=list)

    def node(self, node: Node, path: str, trace: Trace) -> Trace:
        """Add the rows of a node at `path`; returns what its output sees."""
        match node:
            case Leaf():
                return self._leaf(node, path, trace)
            case Series():
                return self._series(node.nodes, path, trace)
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
        op, x, batch = leaf.op, leaf.inp, self.batch
        window, buffers = op.window(x), op.buffers(x)
        trace = follow(leaf, window, trace)
        work = op.training_work(x) if self.training else op.work(x)
        params = elements(op.params(x))
        row = Row(
            params=params,
            trainable=params,
            buffers=elements(buffers),
            keras_total=params + statistics(buffers),
            macs=work.macs * batch,
            effective_macs=effective(work.macs, leaf, window) * batch,
            bias_adds=work.bias_adds * batch,
            bn_elems=work.bn_elems * batch,
            act_elems=work.act_elems * batch,
            pool_elems=work.pool_elems * batch,
            eltwise_elems=work.eltwise_elems * batch,
            activations=work.activations * batch,
            all_outputs=work.outputs * batch + work.constants,
            weight_bytes=params * self.dtype_bytes,
            field=trace.field if trace.spatial else None,
            path=path,
            of=leaf,
            inp=x,
            out=leaf.out,
        )
        self.rows.append(row)
        return trace

    def _parallel(self, node: Parallel, path: str, trace: Trace) -> Trace:
        outs = [self.node(b, f"{path}.{b.name}", trace) for b in node.branches]
        made = joined(outs)
        written = node.join.elements_written(tuple(branch.out for branch in node.branches))
        if written:
            row = self._written(node.joined, path, node.join.word, made, written)
            row.eltwise_elems = row.all_outputs if node.join.folds else 0
        if node.then:
            made = self.node(node.then, f"{path}.{node.then.name}", made)
        return (
            self._residual(node.residual, node, path, made.hull(trace)) if node.residual else made
        )

    def _residual(self, residual: Residual, node: Parallel, path: str, trace: Trace) -> Trace:
        """The sum around a parallel, and its activation."""
        kind = f"residual ×{float(residual.scale):g}"
        row = self._written(node.out, path, kind, trace, node.out.elements)
        row.eltwise_elems = row.all_outputs
        act = residual.act
        return self.node(act, f"{path}.{act.name}", trace) if act else trace

    def _written(self, out: Shape, path: str, kind: str, trace: Trace, elements: int) -> Row:
        """Add the row of something that only writes."""
        seen = trace.field if trace.spatial else None
        written = elements * self.batch
        row = Row(all_outputs=written, field=seen, path=path, of=kind, inp=out, out=out)
        self.rows.append(row)
        return row


Shapes = Mapping[str, tuple[int, ...]]


def elements(shapes: Shapes) -> int:
    """Elements of several tensors together; a scalar is one."""
    total = 0
    for shape in shapes.values():
        total += prod(shape)
    return total


def statistics(buffers: Shapes) -> int:
    """Elements of a norm's running statistics: its buffers but for the counter of batches."""
    return elements(buffers) - sum(not shape for shape in buffers.values()) if buffers else 0
