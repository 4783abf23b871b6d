"""What an amount of each step can be: what drawings colour steps by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from compiler.ir.kept import remembered
from compiler.ir.nodes import Node, leaves, macs, params


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount that each step of a network has, and what it is called.

    `adds` is whether a list of steps has what its steps have together; memory that is alive at
    once doesn't add up.
    """

    caption: str
    of: Callable[[Node], int]
    unit: str = ""
    adds: bool = True

    @classmethod
    def given(cls, caption: str, amounts: Mapping[str, int], unit: str = "") -> Measure:
        """Amounts by the names of steps: found by whoever knows; a step that isn't there has 0."""
        return cls(caption, lambda node: amounts.get(node.name, 0), unit, adds=False)


def activations(*nodes: Node) -> int:
    """Elements that convolutions and linear layers inside write, for one input."""
    return sum(leaf.work.activations for _, leaf in leaves(nodes))


Counted = Literal["macs", "params", "activations"]
"""What can be read off a step by itself."""
Amount = Literal[Counted, "memory"]
"""All that there is; what is alive at once isn't of a step alone (see `compiler.cost.measure`)."""


def _once(function: Callable[[Node], int]) -> Callable[[Node], int]:
    """The same, counted once a node."""
    return remembered(function)


MEASURES: dict[Counted, Measure] = {
    "macs": Measure("multiply-accumulates", _once(macs)),
    "params": Measure("parameters", _once(params)),
    "activations": Measure(
        "activations (what convolutions and linear layers write)", _once(activations)
    ),
}
