"""The analytic cost of a network: counts, memory and receptive fields, without running it.

>>> import dsl
>>> from compiler.lowering.lower import lower
>>> report = cost(lower(dsl.load("inception_v3")))
>>> report.total.params, report.total.macs
(23834568, 5713216096)
"""

from __future__ import annotations

from compiler.cost.field import Field
from compiler.cost.measuring import measure
from compiler.cost.report import Report
from compiler.cost.rows import COLUMNS, Counts, Row, Total
from compiler.ir.network import Network
from dsl.models.faults import expect

__all__ = ["COLUMNS", "Counts", "Field", "Report", "Row", "Total", "cost", "measure"]


def cost(
    network: Network, *, batch: int = 1, dtype_bytes: int = 4, training: bool = False
) -> Report:
    """What one forward pass of `batch` inputs costs; each figure is found when it is asked for.

    By default an evaluating pass without auxiliary heads; with `training` a training pass with
    them. `dtype_bytes` is the size of one weight or activation: 4 for float32.
    """
    expect(network, (Network,), "cost takes a Network", "`lower` gives one of a Spec")
    return Report(network, batch, dtype_bytes, training)
