"""One row per step of the trunk, with everything inside it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cost.rows import Row, counted
from compiler.cost.sums import beginning, seen, tally
from compiler.ir.nodes import Leaf, Node, Series, Tap
from compiler.ops.words import holding, is_unit


def block_rows(
    nodes: tuple[Node, ...], batch: int, dtype_bytes: int, training: bool
) -> Iterator[Row]:
    """The row of each step, in the order of execution; it sees what its last layer sees."""
    before = beginning(nodes)
    for node in nodes:
        behind = before.then(seen(node.body if isinstance(node, Tap) else node))
        yield Row(
            **counted(tally(node, training), batch, dtype_bytes),
            field=behind.field if behind.spatial else None,
            path=node.name,
            of=block_kind(node),
            inp=node.inp,
            out=node.body.out if isinstance(node, Tap) else node.out,
        )
        before = before if isinstance(node, Tap) else behind


def block_kind(node: Node) -> Leaf | Series | str:
    """What a step of the trunk is: the layer, or in words what it holds."""
    if isinstance(node, Leaf) or (isinstance(node, Series) and is_unit(node)):
        return node
    return "auxiliary head" if isinstance(node, Tap) else holding(node)
