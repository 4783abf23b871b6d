"""Several passes, one after the other."""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.verifying import verify
from compiler.passes.dead_arguments import without_dead_arguments
from compiler.passes.fitting import fit
from compiler.passes.passing import Held, Pass, Weights


def run(passes: tuple[Pass, ...], network: Network, weights: Weights | None = None) -> Held:
    """The network and its weights after all passes, in order; what was given stays as it is.

    `Network.rewritten` names those that changed something. Raises `ValueError` where weights don't
    fit the network, and `AssertionError` where a pass left a tree that doesn't hold together: a
    bug of the compiler.
    """
    weights = None if weights is None else fit(network, weights)
    for each in passes:
        made, weights = each.run(network, weights)
        if made is not network:
            made = without_dead_arguments(network, made)
            verify(made)
            made = replace(made, rewritten=(*network.rewritten, each.name))
        network = made
    return network, weights
