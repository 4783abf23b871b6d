"""A cost report: its figures and rows, each found when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from compiler.cost.blocks import block_rows
from compiler.cost.counting import total
from compiler.cost.field import Field
from compiler.cost.launches import launches
from compiler.cost.layers import layer_rows
from compiler.cost.memory import peak_bytes, saved_bytes
from compiler.cost.rows import Counted, Row, Total, counted
from compiler.cost.sums import tally, whole_field
from compiler.ir.network import Network
from compiler.ir.nodes import Node
from compiler.ir.once import once
from compiler.ir.plugged import plugged


@dataclass(frozen=True, repr=False)
class Report:
    """The cost of one forward pass of `network`.

    With `training` it is the training pass: auxiliary heads run and dropout draws. Bytes are of
    `batch` inputs whose elements take `dtype_bytes` each.
    """

    network: Network = field(repr=False)
    batch: int
    dtype_bytes: int
    training: bool

    def __repr__(self) -> str:
        """The table that `inception-compile cost` prints."""
        from compiler.cost.render import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        """The same table as a notebook shows it."""
        from compiler.cost.html import as_html

        return as_html(self)

    def records(self, *, layers: bool = True) -> list[dict[str, Any]]:
        """The rows as plain values by column: what `pandas.DataFrame` takes.

        One a layer, or one a step of the network without `layers`.
        """
        from compiler.cost.render import record

        return [record(row) for row in (self.layers if layers else self.blocks)]

    @once
    def total(self) -> Total:
        """All figures of the whole network."""
        return Total(
            **self.counts,
            field=self.field,
            params_with_aux=self.params_with_aux,
            peak_bytes=self.peak_bytes,
            saved_for_backward_bytes=self.saved_bytes,
        )

    @once
    def counts(self) -> Counted:
        """What adds up over layers, by the columns of `Counts`."""
        added = total(tally(node, self.training) for node in self.nodes)
        return counted(added, self.batch, self.dtype_bytes)

    @once
    def field(self) -> Field | None:
        """How one position of the last map on the way to the logits sees the image."""
        return whole_field(self.network.trunk)

    @once
    def params_with_aux(self) -> int:
        """Parameters with those of auxiliary heads, whether or not these are counted."""
        heads = () if self.training else self.network.taps
        return self.counts["params"] + sum(tally(tap, self.training).params for tap in heads)

    @once
    def peak_bytes(self) -> int:
        """Most activation bytes alive at once while evaluating; weights apart."""
        return peak_bytes(self.network, self.batch, self.dtype_bytes)

    @once
    def saved_bytes(self) -> int | None:
        """Activation bytes that a training pass keeps; None where there can't be one."""
        if self.network.rewritten:
            return None
        return saved_bytes(self.network, self.batch, self.dtype_bytes, self.training)

    @once
    def launches(self) -> int:
        """How many operations write something in an evaluating pass: kernels to launch."""
        return sum(map(launches, self.network.trunk))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What runs: with `training` the auxiliary heads too."""
        return self.network.nodes if self.training else self.network.trunk

    @once
    def blocks(self) -> tuple[Row, ...]:
        """One row per step of the trunk (with `training` per head too), as they are executed."""
        return tuple(block_rows(self.nodes, self.batch, self.dtype_bytes, self.training))

    @once
    def layers_by_block(self) -> tuple[tuple[Row, ...], ...]:
        """One row per operation, for each of `blocks`."""
        return tuple(layer_rows(self.nodes, self.batch, self.dtype_bytes, self.training))

    @once
    def layers(self) -> tuple[Row, ...]:
        """One row per operation, block after block."""
        return tuple(row for rows in self.layers_by_block for row in rows)

    @once
    def alive(self) -> dict[str, int]:
        """The most bytes alive while each layer of an evaluating pass runs, by path."""
        from compiler.cost.timeline import alive

        return alive(self.network, self.batch, self.dtype_bytes)

    @once
    def kept(self) -> dict[str, int] | None:
        """What each layer of a training pass adds to the bytes kept for the backward pass.

        None where `total.saved_for_backward_bytes` is.
        """
        from compiler.cost.timeline import kept

        if self.network.rewritten:
            return None
        return kept(self.network, self.batch, self.dtype_bytes, self.training)

    @once
    def views(self) -> dict[str, int]:
        """The evaluation pass as other tools count it, by tool; see docs/cost.md."""
        from compiler.cost.peers import views

        return views(self.network, self.batch)

    @once
    def unviewed(self) -> tuple[str, ...]:
        """Layers of plugins: what tools count of them, torch's own apart, isn't known."""
        trunk = plugged(self.network.trunk)
        return tuple(kind.word for kind in trunk)
