"""Norms without weights: by neighbouring channels, and to unit length."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from compiler.ir.facts import Extra, Work
from compiler.ir.facts import Saved as Kept
from compiler.ir.op import Call, Ending, Op, Shape, ShapeFault
from compiler.ir.symbols import is_plainly


@dataclass(frozen=True, repr=False)
class LocalResponseNorm(Op):
    """Normalisation over neighbouring channels (Krizhevsky et al. 2012, section 3.3).

    torch's convention: `alpha` is divided by `size`.
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    @property
    def family(self) -> str:
        return "norm"

    @property
    def label(self) -> str:
        return f"LRN {self.size}"

    def out(self, x: Shape) -> Shape:
        if not x.is_map:
            raise ShapeFault("E106", f"needs a map, gets a vector of {x}")
        return x

    def call(self, x: Shape) -> Call:
        kwargs = {"alpha": self.alpha, "beta": self.beta, "k": self.k}
        usual = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
        changed = {key: value for key, value in kwargs.items() if not is_plainly(value, usual[key])}
        return Call("nn.LocalResponseNorm", (self.size,), changed)

    def work(self, x: Shape) -> Work:
        return Work(eltwise_elems=x.elements)

    def squares(self, x: Shape) -> int:
        """Elements of the squared input with the missing neighbours padded."""
        return (int(x.channels) + self.size - 1) * x.positions

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        return Extra(x.elements + self.squares(x)), Extra(3 * x.elements)

    def saved(self, x: Shape) -> Kept:
        return Kept(input=True, extra=Extra(self.squares(x) + 2 * x.elements))


@dataclass(frozen=True, repr=False)
class L2Norm(Op):
    """The channels of each position divided by their length, or by `eps` if that is more."""

    eps: float = 1e-12

    @property
    def family(self) -> str:
        return "norm"

    @property
    def label(self) -> str:
        return "L2 norm"

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call("L2Norm", (), {} if is_plainly(self.eps, 1e-12) else {"eps": self.eps})

    def work(self, x: Shape) -> Work:
        return Work(eltwise_elems=x.elements)

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        return (Extra(x.elements + prod(x.grid)),)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return "logits" if before == "logits" else "altered"

    def saved(self, x: Shape) -> Kept:
        """The input, its lengths, and those that are no less than `eps`."""
        return Kept(input=True, extra=Extra(2 * prod(x.grid)))
