"""What a recording consists of: the calls of torch, and what stands for tensors in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import Tensor

from compiler.importing.atoms import Unsaid


@dataclass(frozen=True)
class Call:
    """One call of a torch function that gave a tensor.

    `args` hold plain values, `Ref` for tensors of the graph, `Weight` for the model's own
    tensors. Shapes leave the batch out.
    """

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    inputs: tuple[int, ...]
    path: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...]
    training: bool
    unsaid: Unsaid | None = None
    """Why it can't be taken, whatever it does."""
    merges: bool = False
    """Whether the first axis of its output is no longer that of the images."""


@dataclass(frozen=True)
class Ref:
    """The output of an earlier call, by its number; 0 is the model's input."""

    index: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Weight:
    """A parameter or buffer of the model; `viewed` where it is seen in another shape."""

    name: str
    shape: tuple[int, ...]
    buffer: bool = False
    viewed: bool = False
    data: Tensor | None = field(default=None, compare=False, repr=False)
    """With its numbers, as the model has it."""

    @property
    def fill(self) -> float | None:
        """The number that all of it is; None for several, or where there is no data."""
        if self.data is None or self.data.is_meta:
            return None
        low, high = self.data.min().item(), self.data.max().item()
        return shortest(low) if low == high else None

    @property
    def is_row(self) -> bool:
        """Whether the model itself has it as a row of numbers, whatever ones its shape has."""
        sides = () if self.data is None else self.data.shape
        return bool(sides) and max(sides) == prod(sides)


@dataclass
class Recording:
    """All calls of one run; `outputs` are the numbers of what the model returned."""

    kinds: Mapping[str, str]
    calls: list[Call] = field(default_factory=list)
    outputs: tuple[int, ...] = ()

    def needed(self) -> set[int]:
        """The calls that the outputs depend on."""
        found = set(self.outputs)
        for number in range(len(self.calls), 0, -1):
            if number in found:
                found.update(self.calls[number - 1].inputs)
        return found


def shortest(value: float) -> float:
    """A number as a person would write it: 1e-06, of which float32 makes 9.9999999e-07."""
    short = (float(f"{value:.{digits}g}") for digits in range(1, 17))
    return next((each for each in short if _single(each) == _single(value)), value)


def _single(value: float) -> float:
    return torch.tensor(value, dtype=torch.float32).item()
