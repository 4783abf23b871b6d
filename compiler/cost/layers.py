"""One row per operation: its counts, shapes and receptive field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod

from compiler.cost.field import Trace, effective, follow, joined
from compiler.cost.report import Row
from compiler.ir import Leaf, Node, Parallel, Series, Shape, Tap, Work, leaves

CONVS = ("pointwise", "conv", "factorised")


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
        op, x = leaf.op, leaf.inp
        trace = follow(leaf, trace)
        work = op.training_work(x) if self.training else op.work(x)
        counts = self._worked(work)
        counts |= self._held(op.params(x), op.buffers(x))
        counts["effective_macs"] = effective(work.macs, leaf, op.window(x)) * self.batch
        self._add(counts, path, kind_of(leaf), x, leaf.out, trace)
        return trace

    def _parallel(self, node: Parallel, path: str, trace: Trace) -> Trace:
        outs = [self.node(b, f"{path}.{b.name}", trace) for b in node.branches]
        shapes = tuple(branch.out for branch in node.branches)
        made = joined(outs)
        written = node.join.elements_written(shapes) * self.batch
        counts = {"all_outputs": written, "eltwise_elems": written if node.join.folds else 0}
        self._add(counts, path, node.join.word, node.inp, node.joined, made)
        if node.then:
            made = self.node(node.then, f"{path}.{node.then.name}", made)
        return self._residual(node, path, made.hull(trace)) if node.residual else made

    def _residual(self, node: Parallel, path: str, trace: Trace) -> Trace:
        """The sum around a parallel, and its activation."""
        assert node.residual is not None
        written = node.out.elements * self.batch
        counts = {"all_outputs": written, "eltwise_elems": written}
        kind = f"residual ×{float(node.residual.scale):g}"
        self._add(counts, path, kind, node.out, node.out, trace)
        act = node.residual.act
        return self.node(act, f"{path}.{act.name}", trace) if act else trace

    def _worked(self, work: Work) -> dict[str, int]:
        """The counts that grow with the batch."""
        batch = self.batch
        counts = {
            "macs": work.macs * batch,
            "bias_adds": work.bias_adds * batch,
            "bn_elems": work.bn_elems * batch,
            "act_elems": work.act_elems * batch,
            "pool_elems": work.pool_elems * batch,
            "eltwise_elems": work.eltwise_elems * batch,
            "activations": work.activations * batch,
        }
        written = sum(counts.values()) - counts["macs"] - counts["bias_adds"]
        return counts | {"all_outputs": written + work.constants}

    def _held(self, params: Shapes, buffers: Shapes) -> dict[str, int]:
        """Counts of what the layer holds, whatever the batch."""
        weights = elements(params)
        statistics = sum(prod(shape) for shape in buffers.values() if shape)
        return {
            "params": weights,
            "trainable": weights,
            "buffers": elements(buffers),
            "keras_total": weights + statistics,
            "weight_bytes": weights * self.dtype_bytes,
        }

    def _add(
        self, counts: dict[str, int], path: str, kind: str, inp: Shape, out: Shape, trace: Trace
    ) -> None:
        seen = trace.field if trace.spatial else None
        self.rows.append(Row(**counts, field=seen, path=path, kind=kind, inp=inp, out=out))


Shapes = Mapping[str, tuple[int, ...]]


def elements(shapes: Shapes) -> int:
    """Elements of several tensors together; a scalar is one."""
    return sum(prod(shape) for shape in shapes.values())


def kind_of(leaf: Leaf) -> str:
    """`conv 3×3 s2`, `max pool 3×3 V`, `ReLU`."""
    word = ("conv",) if leaf.op.family in CONVS else ()
    return " ".join((*word, leaf.op.label, *leaf.op.notes))


def params_in(nodes: tuple[Node, ...]) -> Iterator[int]:
    """Parameters of each layer."""
    for _, leaf in leaves(nodes):
        yield elements(leaf.op.params(leaf.inp))
