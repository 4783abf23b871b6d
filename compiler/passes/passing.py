"""What a pass is.

A pass takes a network and its weights and gives another network with weights that computes the
same while evaluating, but for rounding. Its tree is as true as one that was lowered: it keeps the
spec's blocks and names, and whatever is read off a tree (cost, source, drawings, modules) is read
off this one. Each step of the trunk that is left gives what the step of that name gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compiler.ir.network import Network

if TYPE_CHECKING:
    from torch import Tensor

Weights = Mapping[str, "Tensor"]
"""Parameters and buffers by path, as in a state dict."""
Held = tuple[Network, Weights | None]
"""A network and its weights; None where the tree alone is of interest."""


@dataclass(frozen=True)
class Pass:
    """One rewriting: `name` is what it did, in the words of a report."""

    name: str
    run: Callable[[Network, Weights | None], Held]
