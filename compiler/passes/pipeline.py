"""The passes that make a network for inference: exact ones, in the order in which they help."""

from __future__ import annotations

from compiler.ir.network import Network
from compiler.passes.dropping import DROP_HEADS, DROP_IDLE
from compiler.passes.folding_norms import FOLD_BATCH_NORM
from compiler.passes.folding_scales import FOLD_SCALES
from compiler.passes.lone_units import LONE_UNITS
from compiler.passes.nested_joins import NESTED_JOINS
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.renumbering import RENUMBER
from compiler.passes.run import run

EXACT: tuple[Pass, ...] = (
    DROP_HEADS,  # First: their weights may be missing.
    DROP_IDLE,  # What stood between two layers makes them neighbours.
    FOLD_BATCH_NORM,
    FOLD_SCALES,
    LONE_UNITS,
    NESTED_JOINS,
    RENUMBER,
)
"""What gives the same outputs while evaluating, but for rounding."""


def optimized(network: Network, weights: Weights | None = None) -> Held:
    """The network for inference, with its weights where they are given.

    Raises `ValueError` where there is nothing left to run, and where weights don't fit.
    """
    return run(EXACT, network, weights)
