"""The passes that make a network for inference: exact ones, in the order in which they help."""

from __future__ import annotations

from compiler.ir.network import Network
from compiler.passes.folding_norms import FOLD_BATCH_NORM
from compiler.passes.passing import Held, Pass, Weights, run

EXACT: tuple[Pass, ...] = (FOLD_BATCH_NORM,)
"""What gives the same outputs while evaluating, but for rounding."""


def optimized(network: Network, weights: Weights | None = None) -> Held:
    """The network for inference, with its weights where they are given.

    Raises `ValueError` where there is nothing left to run.
    """
    return run(EXACT, network, weights)
