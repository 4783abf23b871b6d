"""The analytic cost of a network: counts, memory and receptive fields, without running it.

>>> import dsl
>>> from compiler.lower import lower
>>> report = cost(lower(dsl.load("inception_v3")))
>>> report.total.params, report.total.macs
(23834568, 5713216096)
"""

from __future__ import annotations

from compiler.cost.field import Field, Trace
from compiler.cost.layers import Walk
from compiler.cost.memory import peak_bytes, saved_bytes
from compiler.cost.report import COLUMNS, Counts, Report, Row, Total, sums
from compiler.ir import Leaf, Network, Node, Parallel, Series, Tap, params
from compiler.words import is_unit, kind_of

__all__ = ["COLUMNS", "Counts", "Field", "Report", "Row", "Total", "cost"]


def cost(network: Network, *, batch: int = 1, dtype_bytes: int = 4, aux: bool = False) -> Report:
    """What one forward pass of `batch` images costs.

    By default an evaluating pass without auxiliary heads; with `aux` a training pass with
    them. `dtype_bytes` is the size of one weight or activation: 4 for float32.
    """
    walk = Walk(batch, dtype_bytes, training=aux)
    trace, parts = Trace(), list[tuple[Node, list[Row]]]()
    for node in network.nodes:
        if aux or not isinstance(node, Tap):
            walk.rows = []
            trace = walk.node(node, node.name, trace)
            parts.append((node, walk.rows))
    blocks = tuple(_block(node, rows) for node, rows in parts)
    added = sums(blocks)
    total = Total(
        **added,
        field=trace.field,
        params_with_aux=added["params"] + (0 if aux else params(*network.taps)),
        peak_bytes=peak_bytes(network, batch, dtype_bytes),
        saved_for_backward_bytes=saved_bytes(network, batch, dtype_bytes, aux),
    )
    layers = tuple(row for _, rows in parts for row in rows)
    sizes = tuple(len(rows) for _, rows in parts)
    return Report(network, batch, dtype_bytes, aux, total, blocks, layers, sizes)


def _block(node: Node, rows: list[Row]) -> Row:
    """The rows of one step of the trunk as one."""
    return Row(
        **sums(rows),
        field=rows[-1].field if rows else None,
        path=node.name,
        of=block_kind(node),
        inp=node.inp,
        out=node.body.out if isinstance(node, Tap) else node.out,
    )


def block_kind(node: Node) -> Leaf | Series | str:
    """What a step of the trunk is: its block's name, `A ×4`, or its first layer's kind."""
    match node:
        case Leaf():
            return node
        case Tap():
            return "auxiliary head"
        case Series() | Parallel() if node.use:
            return node.use.block
        case Series() if is_unit(node):
            return node
        case Series(nodes=(first, *_)):
            repeated = node.role == "sequence" and all(n.name.isdigit() for n in node.nodes)
            what = block_kind(first)
            word = what if isinstance(what, str) else kind_of(what)
            return f"{word} ×{len(node.nodes)}" if repeated else what
        case Parallel(branches=(alone,)):
            return "residual" if node.residual else block_kind(alone)
        case Parallel():
            return node.join.word
        case Series():
            return ""
