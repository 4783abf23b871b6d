"""What may be promised of a network, by name: how it is found, and how a person reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compiler.cost.field import pixels_text
from compiler.cost.report import Report
from compiler.ir.fit import least
from dsl.models.budgets import Limit, Measure
from dsl.models.extent import sample
from dsl.models.promises import Expect

Found = int | tuple[float, ...]
"""A number, or one an axis."""


@dataclass(frozen=True)
class Quantity:
    """One quantity of a network, of one input, evaluated without auxiliary heads."""

    words: str
    find: Callable[[Report], Found | None]
    limit: Limit = "max"
    """On which side people set a limit."""
    absent: Callable[[Report], str] = lambda report: "none"
    """Why there is nothing."""

    def of(self, report: Report) -> Found | None:
        """What the network has; None where it has no such thing, or no axes to have it on."""
        found = self.find(report)
        return None if found == () else found


def _counted(name: str) -> Callable[[Report], int]:
    return lambda report: report.counts[name]


def _no_variance(report: Report) -> str:
    alone = sample(len(report.network.input.grid))
    return f"none: batch norm can't train on one {alone} of this size"


QUANTITIES = {
    "params": Quantity("parameters", _counted("params")),
    "params_with_aux": Quantity(
        "parameters, auxiliary heads counted", lambda report: report.params_with_aux
    ),
    "trainable": Quantity("parameters that are trained", _counted("trainable")),
    "buffers": Quantity("elements of buffers", _counted("buffers")),
    "keras_total": Quantity("parameters and running statistics", _counted("keras_total")),
    "macs": Quantity("multiply-accumulates of one input", _counted("macs")),
    "activations": Quantity(
        "elements that convolutions and linear layers write", _counted("activations")
    ),
    "all_outputs": Quantity("elements that all operations write", _counted("all_outputs")),
    "launches": Quantity("operations that write something", lambda report: report.launches),
    "weight_bytes": Quantity("bytes of weights", _counted("weight_bytes")),
    "peak": Quantity(
        "activation bytes alive at once, evaluating", lambda report: report.peak_bytes
    ),
    "saved": Quantity(
        "activation bytes kept for the backward pass",
        lambda report: report.saved_bytes,
        absent=_no_variance,
    ),
    "receptive_field": Quantity(
        "pixels that one position of the last map sees, on each axis",
        lambda report: report.field.size if report.field else None,
        limit="min",
        absent=lambda report: "none: it has no map",
    ),
    "least_input": Quantity(
        "sides of the least input, evaluating", lambda report: least(report.network).evaluating
    ),
    "least_training_input": Quantity(
        "sides of the least input, in training", lambda report: least(report.network).training
    ),
}
"""By the names that `expect` has for them."""
MEASURES = Expect.measures()


def amount(found: Found, measure: Measure) -> str:
    """What was found in words: every digit, and of bytes a short form too."""
    if isinstance(found, tuple):
        return "x".join(map(pixels_text, found))
    if "B" not in measure.suffixes:
        return f"{found:,}"
    short = next((name for name in ("GiB", "MiB", "KiB") if found >= measure.suffixes[name]), "")
    return f"{found:,} bytes" + (f" ({found / measure.suffixes[short]:,.1f} {short})" * bool(short))


def exactly(found: Found) -> str:
    """What was found as `expect` says it: 75 for a square."""
    if not isinstance(found, tuple):
        return str(found)
    text = [pixels_text(side) for side in found]
    return text[0] if len(set(text)) == 1 and text[0].isdigit() else "x".join(text)
