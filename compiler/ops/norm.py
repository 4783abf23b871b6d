"""Normalisations."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from compiler.ir.facts import Extra, Work
from compiler.ir.facts import Saved as Kept
from compiler.ir.op import Call, Op, Shape, ShapeFault
from compiler.ir.symbols import is_plainly
from compiler.ops.window import divisors
from dsl.text.counts import count

BATCH_NORM, NORM = "bn", "norm"
"""What a unit calls its norm; state dicts have these names."""
COUNTER = "num_batches_tracked"
"""The buffer that counts the steps of training, which evaluating doesn't read."""
ALWAYS_ZERO = "each number would be normalised by itself, and come out as 0"
OVER_CHANNELS = "layernorm normalises over the channels"


class Norm(Op):
    """What the norms with weights share.

    Each has a number a channel to scale by and one to shift by. Without `gamma` neither is
    learned, which torch calls `affine=False`; batch norm goes on shifting.
    """

    usual: ClassVar[Mapping[str, Any]]
    """Keyword arguments of torch's constructor, each with torch's default."""
    word: ClassVar[str]
    """What it is called in a sentence."""
    short: ClassVar[str]
    """What a unit's class is called by: `BN` in `ConvBNReLU`."""
    unlearned: ClassVar[str] = "no γ, β"
    """What it says of itself without `gamma`."""
    gamma: bool

    @property
    def family(self) -> str:
        return "norm"

    @property
    def label(self) -> str:
        return self.named if self.gamma else f"{self.named}, {self.unlearned}"

    @property
    def named(self) -> str:
        """Its word, and what sets it apart from others of its kind."""
        return self.word

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What is chosen, by the names of `usual`."""

    @property
    def leading(self) -> tuple[str, ...]:
        """The settings that stand in front of the number of channels."""
        return ()

    def out(self, x: Shape) -> Shape:
        return x

    @abstractmethod
    def torch_name(self, x: Shape) -> str:
        """The class that does it for this input."""

    def call(self, x: Shape) -> Call:
        given, leading = self.settings, self.leading
        kwargs = {
            name: value
            for name, value in given.items()
            if name not in leading and not is_plainly(value, self.usual[name])
        }
        return Call(self.torch_name(x), (*(given[name] for name in leading), x.channels), kwargs)

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        shape = (int(x.channels),)
        return {"weight": shape, "bias": shape} if self.gamma else {}

    def work(self, x: Shape) -> Work:
        return Work(bn_elems=x.elements)


def rank_of(x: Shape) -> int:
    """The dimension in the name of torch's class; a vector's is 1."""
    return max(len(x) - 1, 1)


@dataclass(frozen=True, repr=False)
class BatchNorm(Norm):
    """Batch normalisation of each channel over the batch and the grid (arXiv:1502.03167).

    `momentum` is torch's: the share of the new batch in the running statistics. Without
    `gamma` it shifts but doesn't scale.
    """

    eps: float = 1e-5
    momentum: float = 0.1
    gamma: bool = True
    usual: ClassVar[Mapping[str, Any]] = {"eps": 1e-5, "momentum": 0.1}
    word: ClassVar[str] = "batch norm"
    short: ClassVar[str] = "BN"
    unlearned: ClassVar[str] = "no γ"

    @property
    def settings(self) -> dict[str, Any]:
        return {"eps": self.eps, "momentum": self.momentum}

    def torch_name(self, x: Shape) -> str:
        name = f"BatchNorm{rank_of(x)}d"
        return f"nn.{name}" if self.gamma else f"{name}NoGamma"

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        shape = (int(x.channels),)
        return {"weight": shape, "bias": shape} if self.gamma else {"bias": shape}

    def buffers(self, x: Shape) -> dict[str, tuple[int, ...]]:
        shape = (int(x.channels),)
        return {"running_mean": shape, "running_var": shape, COUNTER: ()}

    def saved(self, x: Shape) -> Kept:
        return Kept(input=True, extra=Extra(fixed=2 * int(x.channels)))

    def least_batch(self, x: Shape) -> int:
        return 2 if x.is_point else 1


@dataclass(frozen=True, repr=False)
class LayerNorm(Norm):
    """Normalisation of a vector, or of the channels at each place of a map (arXiv:1607.06450).

    A map's channels are moved to the end and back, as torch normalises the last axis alone.
    """

    eps: float = 1e-5
    gamma: bool = True
    usual: ClassVar[Mapping[str, Any]] = {"eps": 1e-5, "elementwise_affine": True}
    word: ClassVar[str] = "layer norm"
    short: ClassVar[str] = "LN"

    @property
    def settings(self) -> dict[str, Any]:
        return {"eps": self.eps, "elementwise_affine": self.gamma}

    def torch_name(self, x: Shape) -> str:
        return "ChannelLayerNorm" if x.is_map else "nn.LayerNorm"

    def _moved(self, x: Shape) -> int:
        """Elements that are written once more, so that they lie as others expect them."""
        return x.elements if 1 not in (int(x.channels), x.positions) else 0

    def work(self, x: Shape) -> Work:
        return Work(bn_elems=x.elements, eltwise_elems=self._moved(x))

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        return Extra(x.elements + 2 * x.positions), Extra(x.elements + self._moved(x))

    def saved(self, x: Shape) -> Kept:
        """The input, and the mean and deviation of each place."""
        return Kept(input=True, extra=Extra(2 * x.positions))


@dataclass(frozen=True, repr=False)
class GroupNorm(Norm):
    """Normalisation of groups of channels, each over the grid (arXiv:1803.08494)."""

    groups: int
    eps: float = 1e-5
    gamma: bool = True
    usual: ClassVar[Mapping[str, Any]] = {"num_groups": None, "eps": 1e-5, "affine": True}
    word: ClassVar[str] = "group norm"
    short: ClassVar[str] = "GN"

    @property
    def named(self) -> str:
        return f"{self.word} {self.groups}"

    @property
    def settings(self) -> dict[str, Any]:
        return {"num_groups": self.groups, "eps": self.eps, "affine": self.gamma}

    @property
    def leading(self) -> tuple[str, ...]:
        return ("num_groups",)

    def out(self, x: Shape) -> Shape:
        channels, groups = int(x.channels), int(self.groups)
        if channels % groups:
            own = count(channels, "channel")
            message = f"a group norm's {count(groups, 'group')} must divide its {own}"
            help = divisors(groups, channels)
            raise ShapeFault("E107", message, help, field="groups")
        if channels * x.positions == groups:
            raise ShapeFault("E116", f"{x} in {groups} groups: {ALWAYS_ZERO}", OVER_CHANNELS)
        return x

    def torch_name(self, x: Shape) -> str:
        return "nn.GroupNorm"

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        return (Extra(x.elements + 2 * int(self.groups)),)

    def saved(self, x: Shape) -> Kept:
        """The input, and the mean and deviation of each group."""
        return Kept(input=True, extra=Extra(2 * int(self.groups)), copies=True)


@dataclass(frozen=True, repr=False)
class InstanceNorm(Norm):
    """Normalisation of each channel of each sample over the grid (arXiv:1607.08022).

    Torch runs it as a batch norm of one sample that has all the channels of the batch.
    """

    eps: float = 1e-5
    gamma: bool = True
    usual: ClassVar[Mapping[str, Any]] = {"eps": 1e-5, "affine": False}
    word: ClassVar[str] = "instance norm"
    short: ClassVar[str] = "IN"

    @property
    def settings(self) -> dict[str, Any]:
        return {"eps": self.eps, "affine": self.gamma}

    def out(self, x: Shape) -> Shape:
        if not x.is_map:
            help = "layernorm and batchnorm take vectors, too"
            raise ShapeFault("E106", f"needs a map, gets a vector of {x}", help)
        if x.is_point:
            raise ShapeFault("E116", f"{x}: {ALWAYS_ZERO}", OVER_CHANNELS)
        return x

    def torch_name(self, x: Shape) -> str:
        return f"nn.InstanceNorm{rank_of(x)}d"

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        """Weights written out for each sample, and the mean and deviation of each channel."""
        channels = int(x.channels)
        return (Extra(x.elements + (4 if self.gamma else 2) * channels),)

    def saved(self, x: Shape) -> Kept:
        kept = (3 if self.gamma else 2) * int(x.channels)
        return Kept(input=True, extra=Extra(kept), copies=True)
