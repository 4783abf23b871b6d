"""Where a rule stands: the layer whose operations it writes, and the graph that it writes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from compiler.exporting.graph import Attribute, Constant, Dim, Element, Graph, Operation
from compiler.exporting.wishes import Dtype, ExportFault
from compiler.ir.op import Shape

HALVES = ("float16", "bfloat16")
"""Numbers in which a sum of squares overflows or loses its digits."""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the graph: its name, one sample's shape, and which axes the caller chooses.

    Where an axis is free, its number in `shape` is that of the spec's own input.
    """

    name: str
    shape: Shape
    free: tuple[bool, ...]

    @property
    def sides(self) -> tuple[Dim, ...]:
        """Sizes of all dimensions behind the batch; empty text for one that is free."""
        pairs = zip(self.shape.grid, self.free, strict=True)
        return int(self.shape.channels), *("" if free else int(side) for side, free in pairs)


class Place:
    """Writes one node of the tree: everything that it adds is called by the node's path."""

    def __init__(
        self, graph: Graph, path: str, x: Value, arrays: dict[str, Any], kind: tuple[Dtype, int]
    ) -> None:
        self.graph, self.path, self.x = graph, path, x
        self._arrays = arrays
        self.dtype, self.opset = kind

    @property
    def halved(self) -> bool:
        """Whether the graph computes in half precision."""
        return self.dtype in HALVES

    def add(
        self, op: str, inputs: Sequence[str], part: str = "", /, **attributes: Attribute
    ) -> str:
        """An operation with one output, which is the node's own but for a `part` of it."""
        return self.give(op, inputs, (part,), **attributes)[0]

    def give(
        self, op: str, inputs: Sequence[str], parts: Sequence[str], /, **attributes: Attribute
    ) -> tuple[str, ...]:
        """An operation with an output for each of the parts."""
        outputs = tuple(self.graph.free(self._named(part)) for part in parts)
        name = self._named(parts[0]) if len(parts) == 1 else self._named("split")
        self.graph.operations.append(Operation(op, name, tuple(inputs), outputs, attributes))
        return outputs

    def _named(self, part: str) -> str:
        return f"{self.path}/{part}" if part else self.path

    def weight(self, name: str, *sides: int, element: Element | None = None) -> str:
        """A tensor of the weights under its key, perhaps seen as having other sides."""
        key = f"{self.path}.{name}"
        array = self._arrays[key]
        return self._hold(key, sides or array.shape, array, element or self.dtype)

    def has(self, name: str) -> bool:
        """Whether the weights have a tensor of this name here."""
        return f"{self.path}.{name}" in self._arrays

    def numbers(
        self, part: str, values: Sequence[float], *sides: int, element: Element | None = None
    ) -> str:
        """A constant of real numbers: of `sides`, or a vector."""
        array = np.asarray(values, np.float64)
        name = self.graph.free(self._named(part))
        return self._hold(name, sides or array.shape, array, element or self.dtype)

    def scalar(self, part: str, value: float, element: Element | None = None) -> str:
        """A constant that is one number."""
        name = self.graph.free(self._named(part))
        return self._hold(name, (), np.asarray(value, np.float64), element or self.dtype)

    def sizes(self, part: str, values: Sequence[int]) -> str:
        """A constant of whole numbers: a shape, axes, places."""
        name = self.graph.free(self._named(part))
        return self._hold(name, (len(values),), np.asarray(values, np.int64), "int64")

    def filled(self, part: str, value: float, count: int) -> str:
        """A constant of so many equal numbers."""
        return self.numbers(part, [value] * count)

    def _hold(self, name: str, sides: Sequence[int], array: Any, element: Element) -> str:
        assert prod(sides) == array.size, (name, sides, array.shape)
        self.graph.constants[name] = Constant(name, element, tuple(map(int, sides)), array)
        return name

    def each(self, value: Value | None = None) -> tuple[int, ...]:
        """The sides of one number a channel, against a batch of values."""
        return int((value or self.x).shape.channels), *(1,) * len((value or self.x).shape.grid)

    def widened(self, name: str, part: str = "wide") -> str:
        """The value in float32 where the graph computes in halves."""
        return self.add("Cast", [name], part, to="float32") if self.halved else name

    @property
    def wide(self) -> Element:
        """In what is computed what halves can't hold."""
        return "float32" if self.halved else self.dtype

    def last(self, op: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """The node's own output, of what was computed in `wide`."""
        if not self.halved:
            return self.add(op, inputs, **attributes)
        found = self.add(op, inputs, "narrow", **attributes)
        return self.add("Cast", [found], to=self.dtype)

    def reshaped(self, name: str, sides: tuple[Dim, ...], like: str, part: str = "") -> str:
        """The value with other sides behind the batch, those of `like` where several are free."""
        if sum(side == "" for side in sides) > 1:
            shape = self.add("Shape", [like], "shape")
        else:
            shape = self.sizes("shape", [0, *(-1 if side == "" else int(side) for side in sides)])
        return self.add("Reshape", [name, shape], part)

    def needs(self, op: str, least: int) -> None:
        """Raise `ExportFault` where the graph's opset has no such operator yet."""
        if self.opset < least:
            message = f"{self.path} is ONNX's {op}, which opset {self.opset} lacks"
            raise ExportFault(message, f"take opset {least} or more")
