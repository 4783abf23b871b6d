"""One row per step of the trunk, with everything inside it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cost.rows import Row, counted
from compiler.cost.sums import beginning, seen, tally
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ops.words import is_unit, kind_of


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
        case Series() if node.residual:
            return "residual"
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
