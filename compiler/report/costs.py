"""The rows of a page's cost table: what scales with a batch stands there for one input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.cost import Report, cost
from compiler.cost.field import Pixels, pixels_text
from compiler.cost.rows import Row
from compiler.ir.network import Network
from compiler.ir.op import Shape


@dataclass(frozen=True)
class Shown:
    """One row, of a step or of a layer in it."""

    row: Row
    is_step: bool
    share: float
    aux: bool = False
    """Whether it belongs to an auxiliary head, which no total counts."""

    @property
    def field(self) -> str:
        """What one position sees of the input, in pixels."""
        return pair(self.row.receptive_field)

    @property
    def stride(self) -> str:
        """From one position to the next, in pixels."""
        return pair(self.row.stride)


def shown(report: Report) -> tuple[Shown, ...]:
    """Steps with their layers below, in the order of execution, heads where they stand."""
    network = report.network
    found = {
        block.path: list(_of(report, block, inside, aux=False)) for block, inside in _pairs(report)
    }
    if network.taps:
        training = cost(network, training=True)
        heads = {tap.name for tap in network.taps}
        found |= {
            block.path: list(_of(report, block, inside, aux=True))
            for block, inside in _pairs(training)
            if block.path in heads
        }
    return tuple(row for node in network.nodes for row in found[node.name])


def _pairs(report: Report) -> Iterator[tuple[Row, tuple[Row, ...]]]:
    return zip(report.blocks, report.layers_by_block, strict=True)


def _of(report: Report, block: Row, inside: tuple[Row, ...], *, aux: bool) -> Iterator[Shown]:
    whole = report.total.macs

    def shown(row: Row, *, is_step: bool) -> Shown:
        share = row.macs / whole if whole and not aux else 0.0
        return Shown(row, is_step, share, aux)

    yield shown(block, is_step=True)
    yield from (shown(row, is_step=False) for row in inside)


def pair(axes: Pixels | None) -> str:
    """One number for a square; nothing past the last map."""
    told = [*map(pixels_text, axes or ())]
    return told[0] if len(set(told)) == 1 else "×".join(told)


def shape_text(shape: Shape) -> str:
    """A shape in numbers, whatever its symbols: `768×17×17`."""
    return "×".join(str(int(n)) for n in shape)


def contract(network: Network) -> Iterator[tuple[str, str]]:
    """What the spec promises of its network, by the words of the spec."""
    promised = network.spec.expect.model_dump(exclude_none=True)
    outs = promised.pop("out", {})
    for name, value in promised.items():
        yield name, f"{value:,}" if isinstance(value, int) else str(value)
    for name, shape in outs.items():
        yield f"out.{name}", "×".join(map(str, shape))
