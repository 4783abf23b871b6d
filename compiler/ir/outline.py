"""A tree as text: one node a line, indented, its columns in line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from compiler.ir.nodes import BlockUse, Leaf, Node, Parallel, Series, Tap, children, params
from compiler.ir.op import Call, Shape

WIDEST = 64
"""A column is as wide as its widest cell, but for cells wider than that."""


class Line(NamedTuple):
    """One node: how deep it lies, its path, what it is, its shapes, its parameters."""

    depth: int
    path: str
    what: str
    inp: Shape
    out: Shape
    params: int

    @property
    def cells(self) -> tuple[str, str, str]:
        """What stands in the columns before the parameters."""
        shapes = str(self.out) if self.inp == self.out else f"{self.inp} -> {self.out}"
        return "  " * self.depth + self.path, self.what, shapes


def lines(node: Node, path: str, depth: int = 0) -> Iterator[Line]:
    """The node and all in it, as lines of text."""
    out = node.body.out if isinstance(node, Tap) else node.out
    yield Line(depth, path, _what(node), node.inp, out, params(node))
    for child in children(node):
        yield from lines(child, f"{path}.{child.name}", depth + 1)


def _what(node: Node) -> str:
    match node:
        case Leaf():
            return _said(node.call)
        case Tap():
            return f"auxiliary head from {node.source}, weight {node.weight:g}"
        case Series(residual=None):
            return _call(node.use) if node.use else f"{node.role} of {len(node.nodes)}"
    words = [_call(node.use)] if node.use else []
    if isinstance(node, Series):
        words.append(f"{len(node.nodes)} in order")
    else:
        words += _joining(node)
    if node.residual:
        words.append(f"residual ×{float(node.residual.scale):g}")
    return ", ".join(words)


def _joining(node: Parallel) -> Iterator[str]:
    if node.shares:
        yield f"split {'|'.join(str(int(share)) for share in node.shares)}"
    yield f"{node.join.word} of {len(node.branches)}"
    if node.then:
        yield "then"


def _call(use: BlockUse) -> str:
    args = (
        f" {key}={f'{float(value):g}' if isinstance(value, (int, float)) else value}"
        for key, value in use.args.items()
    )
    return f"block {use.block}{''.join(args)}"


def outline(lines: Iterable[Line]) -> str:
    """The lines, with their columns in line."""
    return "\n".join(_rows(list(lines)))


def _rows(lines: list[Line]) -> Iterator[str]:
    cells = [line.cells for line in lines]
    widths = [
        max((len(cell) for cell in column if len(cell) <= WIDEST), default=0)
        for column in zip(*cells, strict=True)
    ]
    numbers = [f"{line.params:,}" if line.params else "" for line in lines]
    room = max(map(len, numbers), default=0)
    for row, number in zip(cells, numbers, strict=True):
        columns = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        yield "  ".join([*columns, f"{number:>{room}}"]).rstrip()


def _said(call: Call) -> str:
    """A constructor call in numbers: `Conv2d(3, 64, 7, stride=2)`."""
    args = [*map(_plain, call.args), *(f"{k}={_plain(v)}" for k, v in call.kwargs.items())]
    return f"{call.name.removeprefix('nn.')}({', '.join(args)})"


def _plain(value: object) -> str:
    match value:
        case bool() | None:
            return str(value)
        case tuple():
            return f"({', '.join(map(_plain, value))})"
        case int():
            return str(int(value))
        case float():
            return f"{float(value):g}"
    return repr(value)
