"""What a pass is, and how several are run one after the other.

A pass takes a network and its weights and gives another network with weights that computes the
same while evaluating, but for rounding. Its tree is as true as one that was lowered: it keeps the
spec's blocks and names, and whatever is read off a tree (cost, source, drawings, modules) is read
off this one. Each step of the trunk that is left gives what the step of that name gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compiler.ir.network import Network
from compiler.ir.verifying import verify

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


def run(passes: tuple[Pass, ...], network: Network, weights: Weights | None = None) -> Held:
    """The network and its weights after all passes, in order; what was given stays as it is.

    `Network.rewritten` names those that changed something. Raises `ValueError` where weights don't
    fit the network, and `AssertionError` where a pass left a tree that doesn't hold together: a
    bug of the compiler.
    """
    from compiler.passes.dead_arguments import without_dead_arguments
    from compiler.passes.fitting import fit

    weights = None if weights is None else fit(network, weights)
    for each in passes:
        made, weights = each.run(network, weights)
        if made is not network:
            made = without_dead_arguments(network, made)
            verify(made)
            made = replace(made, rewritten=(*network.rewritten, each.name))
        network = made
    return network, weights
