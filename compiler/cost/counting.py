"""What adds up over layers: elements and multiply-accumulates for one input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import NamedTuple

from compiler.cost.field import effective
from compiler.ir.op import Op, Shape

Shapes = Mapping[str, tuple[int, ...]]


class Tally(NamedTuple):
    """What adds up: elements and multiply-accumulates for one input."""

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


def layer_tally(op: Op, x: Shape, training: bool) -> Tally:
    """One layer."""
    work = op.training_work(x) if training else op.work(x)
    buffers = op.buffers(x)
    held = elements(buffers) if buffers else 0
    return Tally(
        elements(op.params(x)),
        held,
        held and held - sum(not shape for shape in buffers.values()),
        work.macs,
        effective(work.macs, op, x),
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
