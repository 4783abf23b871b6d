"""Fully connected layers and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.ir.facts import Extra, Work
from compiler.ir.facts import Saved as Kept
from compiler.ir.op import Call, Ending, Init, Op, Shape, ShapeFault
from compiler.ir.symbols import brief


@dataclass(frozen=True, repr=False)
class Linear(Op):
    """A fully connected layer on a vector. MACs: in * out."""

    width: int
    bias: bool = True
    init: Init | None = field(default=None, compare=False)

    @property
    def family(self) -> str:
        return "linear"

    @property
    def label(self) -> str:
        return "fc"

    def out(self, x: Shape) -> Shape:
        if x.is_map:
            raise ShapeFault("E106", f"needs a vector, gets a map of {x}", "flatten it first")
        return Shape(self.width)

    def call(self, x: Shape) -> Call:
        return Call("nn.Linear", (x[0], self.width), {} if self.bias else {"bias": False})

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        weight = {"weight": (int(self.width), int(x[0]))}
        return weight | ({"bias": (int(self.width),)} if self.bias else {})

    def work(self, x: Shape) -> Work:
        outputs = int(self.width)
        return Work(int(x[0]) * outputs, outputs, outputs if self.bias else 0)

    def flattens(self, x: Shape) -> bool:
        return True

    def saved(self, x: Shape) -> Kept:
        return Kept(input=True)


@dataclass(frozen=True, repr=False)
class Flatten(Op):
    """A map as one vector of all its elements; shares its input's memory."""

    aliases = True

    @property
    def label(self) -> str:
        return "flatten"

    def out(self, x: Shape) -> Shape:
        return Shape(x.channels * x.positions)

    def call(self, x: Shape) -> Call:
        return Call("nn.Flatten")

    def ending(self, x: Shape, before: Ending) -> Ending:
        return "altered" if before == "softmax" and not x.is_point else before

    def flattens(self, x: Shape) -> bool:
        return True


@dataclass(frozen=True, repr=False)
class Dropout(Op):
    """Zeroes each element with probability `p` while training, and rescales the rest."""

    p: float
    aliases = True

    @property
    def label(self) -> str:
        return f"dropout {brief(self.p)}"

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call("nn.Dropout", (self.p,))

    def training_work(self, x: Shape) -> Work:
        return Work(eltwise_elems=x.elements if self.p else 0)

    def shares(self, training: bool) -> bool:
        return not (training and self.p)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return before if before == "logits" or not self.p else "altered"

    def saved(self, x: Shape) -> Kept:
        if self.p == 1:
            return Kept(extra=Extra(fixed=1))
        return Kept(extra=Extra(x.elements if self.p else 0))


@dataclass(frozen=True, repr=False)
class DropPath(Op):
    """Zeroes each sample with probability `p` while training, and rescales the rest.

    Stochastic depth where a residual sum adds it (arXiv:1603.09382).
    """

    p: float
    aliases = True

    @property
    def label(self) -> str:
        return f"drop path {brief(self.p)}"

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call("DropPath", (self.p,))

    def training_work(self, x: Shape) -> Work:
        """The product, and a number for each sample: drawn, and rescaled if any is kept."""
        drawn = 1 if self.p == 1 else 2
        return Work(eltwise_elems=x.elements + drawn if self.p else 0)

    def shares(self, training: bool) -> bool:
        return not (training and self.p)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return before if before == "logits" or not self.p else "altered"

    def saved(self, x: Shape) -> Kept:
        return Kept(extra=Extra(1 if self.p else 0))


@dataclass(frozen=True, repr=False)
class Identity(Op):
    """What comes in; the shortcut of an `add`."""

    aliases = True

    @property
    def label(self) -> str:
        return "identity"

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call("nn.Identity")

    def ending(self, x: Shape, before: Ending) -> Ending:
        return before
