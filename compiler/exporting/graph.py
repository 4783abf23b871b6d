"""A graph of ONNX as plain data: what rules write, before anything of ONNX is imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Element = Literal["float32", "float16", "bfloat16", "float64", "int64", "uint8"]
"""What a tensor holds."""
Dim = int | str
"""A size, or the name of one that the caller chooses; empty for one that follows from others."""
Attribute = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a tensor beforehand."""

    name: str
    element: Element
    dims: tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A tensor of the file: `array` is NumPy's, in float64, float32 or int64, of these `dims`.

    It is written as `element`, rounded where that has fewer digits.
    """

    name: str
    element: Element
    dims: tuple[int, ...]
    array: Any


@dataclass(frozen=True, slots=True)
class Operation:
    """A node: ONNX's operator, and the names of what it takes and gives."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass
class Graph:
    """Operations in an order in which they can run, and what they run on."""

    name: str
    operations: list[Operation] = field(default_factory=list)
    constants: dict[str, Constant] = field(default_factory=dict)
    inputs: list[Known] = field(default_factory=list)
    outputs: list[Known] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    """What else is known of values, by name."""
    taken: set[str] = field(default_factory=set)
    """Names that a value or a constant has, or will have."""

    def know(self, name: str, element: Element, dims: tuple[Dim, ...]) -> None:
        """Note what is known of a value."""
        self.known[name] = Known(name, element, dims)

    def free(self, name: str) -> str:
        """The name, or one like it where that is taken; it is taken then."""
        found, number = name, 0
        while found in self.taken:
            number += 1
            found = f"{name}/{number}"
        self.taken.add(found)
        return found

    def renamed(self, names: Mapping[str, str]) -> None:
        """Give values other names, everywhere."""

        def of(each: Iterable[str]) -> tuple[str, ...]:
            return tuple(names.get(name, name) for name in each)

        self.operations = [
            replace(each, inputs=of(each.inputs), outputs=of(each.outputs))
            for each in self.operations
        ]
        known = self.known.values()
        moved = [replace(each, name=names.get(each.name, each.name)) for each in known]
        self.known = {each.name: each for each in moved}
