"""What one row of a cost report holds: counts of a layer, a block or the whole network."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from compiler.cost.counting import Tally
from compiler.cost.field import Field, Pixels
from compiler.ir.nodes import Leaf, Series
from compiler.ir.op import Shape
from compiler.ops.words import kind_of


@dataclass(slots=True)
class Counts:
    """What adds up: elements, multiply-accumulates and bytes, for the report's batch."""

    params: int = 0
    trainable: int = 0
    buffers: int = 0
    keras_total: int = 0
    """Parameters and batch norms' running statistics, as Keras counts."""
    macs: int = 0
    """Multiply-accumulates of convolutions and linear layers, taps on padding included."""
    effective_macs: int = 0
    """Those of them that read a pixel rather than padding."""
    bias_adds: int = 0
    bn_elems: int = 0
    act_elems: int = 0
    pool_elems: int = 0
    eltwise_elems: int = 0
    """Sums of branches, residual sums, explicit padding, local response norm, channel shuffle,
    dropout."""
    activations: int = 0
    """Elements that convolutions and linear layers write."""
    all_outputs: int = 0
    """Elements that every operation writes."""
    weight_bytes: int = 0

    @property
    def flops(self) -> int:
        """2 * macs: bias, norm and activation apart."""
        return 2 * self.macs

    @property
    def padding_macs(self) -> int:
        """Multiply-accumulates spent on padding."""
        return self.macs - self.effective_macs

    @property
    def waste(self) -> float:
        """The share of `macs` spent on padding, from 0 to 1."""
        return self.padding_macs / self.macs if self.macs else 0.0


COLUMNS = tuple(column.name for column in fields(Counts))
"""What is counted, by the names of `Counts`."""
Counted = dict[str, int]
"""The columns by name."""


def counted(tally: Tally, batch: int, dtype_bytes: int) -> Counted:
    """What is counted of one input, for a batch, in numbers of so many bytes."""
    return {
        "params": tally.params,
        "trainable": tally.params,
        "buffers": tally.buffers,
        "keras_total": tally.params + tally.statistics,
        "macs": tally.macs * batch,
        "effective_macs": tally.effective_macs * batch,
        "bias_adds": tally.bias_adds * batch,
        "bn_elems": tally.bn_elems * batch,
        "act_elems": tally.act_elems * batch,
        "pool_elems": tally.pool_elems * batch,
        "eltwise_elems": tally.eltwise_elems * batch,
        "activations": tally.activations * batch,
        "all_outputs": tally.outputs * batch + tally.constants,
        "weight_bytes": tally.params * dtype_bytes,
    }


@dataclass(slots=True)
class Placed(Counts):
    """Counts, and how one position of the map there sees the image, in pixels per axis."""

    field: Field | None = None
    """None past the last map."""

    @property
    def receptive_field(self) -> Pixels | None:
        """(h, w) of the window of the image that one position sees."""
        return self.field.size if self.field else None

    @property
    def stride(self) -> Pixels | None:
        """(h, w) from one position's window to the next one's: the effective stride."""
        return self.field.stride if self.field else None

    @property
    def padding(self) -> Pixels | None:
        """(h, w) by which the first window starts before the image."""
        return self.field.padding if self.field else None


@dataclass(slots=True)
class Row(Placed):
    """One layer, one join of branches, or one block with everything inside."""

    path: str = ""
    """Its place in the network, which is its module's name; a join has its parallel's."""
    of: Leaf | Series | str = ""
    """The layer that it counts, or a word for what is none; `kind` says it."""
    inp: Shape = field(default_factory=Shape)
    """Without the batch."""
    out: Shape = field(default_factory=Shape)

    @property
    def kind(self) -> str:
        """What it is: `conv 3×3 s2`, `concat`, or a block's name."""
        return self.of if isinstance(self.of, str) else kind_of(self.of)


@dataclass(slots=True)
class Total(Placed):
    """The whole network. `field` is that of the last map on the way to the logits."""

    params_with_aux: int = 0
    """Parameters with the auxiliary heads, whether or not they are counted elsewhere."""
    peak_bytes: int = 0
    """Most activation bytes alive at once while evaluating; weights apart."""
    saved_for_backward_bytes: int | None = None
    """Activation bytes kept by a training forward pass. None: batch norm refuses the batch, or
    the network was rewritten for inference."""
