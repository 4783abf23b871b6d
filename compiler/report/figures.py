"""The figures that people compare, each with its name and in words."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cost import Report
from compiler.cost.field import pixels_text
from compiler.cost.footer import short_size
from compiler.ir.fit import least
from compiler.lowering.prepare import Prepared
from dsl.models.extent import a_sample, sample
from dsl.text.counts import count


def figures(prepared: Prepared, report: Report) -> Iterator[tuple[str, str]]:
    """Name and value, as the summary of a run and a report's head have them."""
    network, total = prepared.network, report.total
    rank = len(network.input.grid)
    if network.variant:
        yield "variant", f"{network.variant} of {network.name}"
    shape = " x ".join(str(int(n)) for n in network.input)
    yield "input", f"{shape}, {count(network.classes, 'class')}"
    yield "least input", str(least(network)).replace("x", " x ")
    heads = f"  ({total.params_with_aux:,} with auxiliary heads)" if network.taps else ""
    yield "parameters", f"{total.params:,}{heads}"
    yield "MACs", f"{total.macs:,} per {sample(rank)}  (FLOPs = 2 x MACs: {total.flops:,})"
    yield "padding waste", f"{total.waste:.1%} of the MACs read padding"
    yield "activations", f"{total.activations:,} elements written by convolutions and linear layers"
    peak = f"{short_size(total.peak_bytes)} of activations for one {sample(rank)}"
    yield "peak memory", f"{peak}, weights {short_size(total.weight_bytes)}"
    saved = total.saved_for_backward_bytes
    alone = f"batch norm can't train on one {sample(rank)} of this size"
    yield "saved for backward", alone if saved is None else f"{short_size(saved)} {a_sample(rank)}"
    if total.field:
        seen, stride = (" x ".join(map(pixels_text, a)) for a in total.field[:2])
        yield "receptive field", f"{seen} {SEEN[len(total.field.size)]}, stride {stride}"


SEEN = ("", "positions", "pixels", "frames and pixels")
"""What a receptive field is told in, by how many axes there are."""
