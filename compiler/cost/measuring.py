"""Amounts of each step, as a report counts them: what the colours of an overview can tell."""

from __future__ import annotations

from compiler.cost.memory import step_peaks
from compiler.ir.measures import MEASURES, Amount, Counted, Measure
from compiler.ir.network import Network


def measure(network: Network, amount: Amount) -> Measure:
    """An amount for each step of a network's evaluating pass: of one input, in float32.

    Memory is the most that is alive while a step runs: the largest is the report's `peak_bytes`.
    """
    if amount == "memory":
        alive = step_peaks(network, batch=1, dtype_bytes=4)
        return Measure.given("activation bytes alive at once", alive, "B")
    return MEASURES[amount]


def heat_of(network: Network, amount: Amount) -> Counted | Measure:
    """The same for whoever draws: its word, where a step alone tells the amount."""
    return measure(network, amount) if amount == "memory" else amount
