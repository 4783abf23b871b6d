"""The short text that says what a spec came to."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cost import Report, cost
from compiler.cost.contract import broken
from compiler.cost.field import pixels_text
from compiler.ir.fit import least
from compiler.lowering.prepare import Prepared
from dsl.models.extent import a_sample, sample
from dsl.text.problems import SpecError


def measured(prepared: Prepared) -> Report:
    """The cost; raises `SpecError` where the spec's own `expect` isn't met."""
    report = cost(prepared.network)
    problems = broken(prepared.spec, report)
    if problems:
        raise SpecError(problems, prepared.spec.texts)
    return report


def summary(prepared: Prepared, report: Report) -> str:
    """Title, source and the figures that people compare."""
    network = prepared.network
    lines = [network.title]
    lines += [network.paper] if network.paper else []
    lines += [f"  {name:<18} {value}" for name, value in _figures(prepared, report)]
    return "\n".join(lines) + "\n"


def _figures(prepared: Prepared, report: Report) -> Iterator[tuple[str, str]]:
    network, total = prepared.network, report.total
    rank = len(network.input.grid)
    if network.variant:
        yield "variant", f"{network.variant} of {network.name}"
    shape = " x ".join(str(int(n)) for n in network.input)
    yield "input", f"{shape}, {network.classes:,} classes"
    yield "least input", str(least(network)).replace("x", " x ")
    heads = f"  ({total.params_with_aux:,} with auxiliary heads)" if network.taps else ""
    yield "parameters", f"{total.params:,}{heads}"
    yield "MACs", f"{total.macs:,} per {sample(rank)}  (FLOPs = 2 x MACs: {total.flops:,})"
    yield "padding waste", f"{total.waste:.1%} of the MACs read padding"
    yield "activations", f"{total.activations:,} elements written by convolutions and linear layers"
    yield (
        "peak memory",
        f"{_size(total.peak_bytes)} of activations, weights {_size(total.weight_bytes)}",
    )
    saved = total.saved_for_backward_bytes
    alone = f"batch norm can't train on one {sample(rank)} of this size"
    yield "saved for backward", alone if saved is None else f"{_size(saved)} {a_sample(rank)}"
    if total.field:
        size, stride = (" x ".join(map(pixels_text, a)) for a in total.field[:2])
        yield "receptive field", f"{size} {SEEN[len(total.field.size)]}, stride {stride}"


SEEN = ("", "positions", "pixels", "frames and pixels")
"""What a receptive field is told in, by how many axes there are."""


def _size(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB" if size >= 2**20 else f"{size / 2**10:,.1f} KiB"
