"""The analytic cost of a network: counts, memory and receptive fields, without running it.

>>> import dsl
>>> from compiler.lowering.lower import lower
>>> report = cost(lower(dsl.load("inception_v3")))
>>> report.total.params, report.total.macs
(23834568, 5713216096)
"""

from __future__ import annotations

from compiler.cost.counting import total
from compiler.cost.field import Field
from compiler.cost.measuring import measure
from compiler.cost.memory import peak_bytes, saved_bytes
from compiler.cost.report import Report
from compiler.cost.rows import COLUMNS, Counts, Row, Total, counted
from compiler.cost.sums import tally, whole_field
from compiler.ir.network import Network
from dsl.models.faults import expect

__all__ = ["COLUMNS", "Counts", "Field", "Report", "Row", "Total", "cost", "measure"]


def cost(
    network: Network, *, batch: int = 1, dtype_bytes: int = 4, training: bool = False
) -> Report:
    """What one forward pass of `batch` inputs costs.

    By default an evaluating pass without auxiliary heads; with `training` a training pass with
    them. `dtype_bytes` is the size of one weight or activation: 4 for float32.
    """
    expect(network, (Network,), "cost takes a Network", "`lower` gives one of a Spec")
    trunk, nodes = network.trunk, network.nodes if training else network.trunk
    added = total(tally(node, training) for node in nodes)
    heads = 0 if training else sum(tally(tap, training).params for tap in network.taps)
    whole = Total(
        **counted(added, batch, dtype_bytes),
        field=whole_field(trunk),
        params_with_aux=added.params + heads,
        peak_bytes=peak_bytes(network, batch, dtype_bytes),
        saved_for_backward_bytes=None
        if network.rewritten
        else saved_bytes(network, batch, dtype_bytes, training),
    )
    return Report(network, batch, dtype_bytes, training, whole)
