"""A tree as text: one node a line, indented, its columns in line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

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


def said(call: Call) -> str:
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
