"""What a node adds up to for one image, whatever stands before it: worked out once a node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import NamedTuple

from compiler.cost.field import STILL, Trace, effective, followed, joined
from compiler.ir import Leaf, Node, Parallel, Series, children
from compiler.notes import remembered

Shapes = Mapping[str, tuple[int, ...]]


class Tally(NamedTuple):
    """What adds up: elements and multiply-accumulates for one image."""

    params: int = 0
    buffers: int = 0
    statistics: int = 0
    """Elements of the batch norms' running statistics."""
    macs: int = 0
    effective_macs: int = 0
    bias_adds: int = 0
    bn_elems: int = 0
    act_elems: int = 0
    pool_elems: int = 0
    eltwise_elems: int = 0
    activations: int = 0
    outputs: int = 0
    """Elements that every operation writes, constants apart."""
    constants: int = 0
    """Elements that don't depend on the input, whatever the batch."""


NOTHING = Tally()


def total(tallies: Iterable[Tally]) -> Tally:
    """Each column added up."""
    columns = list(zip(*tallies, strict=True))
    return Tally._make(map(sum, columns)) if columns else NOTHING


def tally(node: Node, training: bool) -> Tally:
    """Everything inside a node, joins and residual sums included."""
    return leaf_tally(node, training) if isinstance(node, Leaf) else _inside(node, training)


@remembered
def _inside(node: Node, training: bool) -> Tally:
    inside = [tally(child, training) for child in children(node)]
    if isinstance(node, Parallel):
        inside.append(written_by(node))
    return total(inside)


def written_by(node: Parallel) -> Tally:
    """What the join of a parallel's branches and its residual sum write themselves."""
    joins = join_tally(node)
    return total((joins, residual_tally(node))) if node.residual else joins


def join_tally(node: Parallel) -> Tally:
    """What the join writes."""
    written = node.join.elements_written(tuple(branch.out for branch in node.branches))
    return Tally(outputs=written, eltwise_elems=written if node.join.folds else 0)


def residual_tally(node: Parallel) -> Tally:
    """What a sum around a parallel writes."""
    written = node.out.elements
    return Tally(outputs=written, eltwise_elems=written)


def leaf_tally(leaf: Leaf, training: bool) -> Tally:
    """One layer."""
    op, x = leaf.op, leaf.inp
    work = op.training_work(x) if training else op.work(x)
    buffers = op.buffers(x)
    return Tally(
        elements(op.params(x)),
        elements(buffers),
        statistics(buffers),
        work.macs,
        effective(work.macs, leaf) if work.macs else 0,
        work.bias_adds,
        work.bn_elems,
        work.act_elems,
        work.pool_elems,
        work.eltwise_elems,
        work.activations,
        work.outputs,
        work.constants,
    )


def elements(shapes: Shapes) -> int:
    """Elements of several tensors together; a scalar is one."""
    count = 0
    for shape in shapes.values():
        count += prod(shape)
    return count


def statistics(buffers: Shapes) -> int:
    """Elements of a norm's running statistics: its buffers but for the counter of batches."""
    return elements(buffers) - sum(not shape for shape in buffers.values()) if buffers else 0


def seen(node: Node) -> Trace:
    """What one position of a node's output sees of its input."""
    return followed(node) if isinstance(node, Leaf) else _seen_inside(node)


@remembered
def _seen_inside(node: Node) -> Trace:
    match node:
        case Series(nodes=nodes):
            return through(nodes)
        case Parallel():
            made = joined(map(seen, node.branches))
            if node.then:
                made = made.then(seen(node.then))
            return made.hull(STILL) if node.residual else made
    return STILL  # What comes behind an auxiliary head is the trunk.


def through(nodes: Iterable[Node]) -> Trace:
    """What one position sees behind nodes in order."""
    trace = STILL
    for node in nodes:
        trace = trace.then(seen(node))
    return trace
