"""Activations: one row of the table each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compiler.ir.facts import Saved as Kept
from compiler.ir.facts import Work
from compiler.ir.op import Call, Ending, Op, Shape
from compiler.ir.symbols import brief, is_plainly, names_in


@dataclass(frozen=True)
class Facts:
    """What sets one activation apart: its names, and what it keeps for the backward pass."""

    module: str
    function: str
    """Empty where it has weights of its own, and so is never a function alone."""
    label: str
    keeps: str
    """`output` or `input`: which of them the derivative needs."""
    calflops: bool
    """Whether calflops counts it, one FLOP an element (its `pytorch_ops.py`); 0 otherwise."""
    inplace: bool = False
    """Whether torch can overwrite the input without an extra copy for the backward pass."""
    passes: bool = False
    """Whether probabilities, which lie between 0 and 1, go through as they are."""
    slope: float | None = None
    """What torch takes for its slope below 0, which a spec may give; None for no such."""

    @property
    def class_name(self) -> str:
        """The module's class, `ReLU`: a word that can stand in the name of another class."""
        return self.module.removeprefix("nn.")


OVERWRITES = {"inplace": True, "passes": True}
"""What all have that are x itself above 0, and whose derivative follows from what they give."""
ACTIVATIONS = {
    "relu": Facts("nn.ReLU", "F.relu", "ReLU", "output", calflops=True, **OVERWRITES),
    "relu6": Facts("nn.ReLU6", "F.relu6", "ReLU6", "input", calflops=False, passes=True),
    "leakyrelu": Facts(
        "nn.LeakyReLU",
        "F.leaky_relu",
        "LeakyReLU",
        "input",
        calflops=True,
        slope=0.01,
        **OVERWRITES,
    ),
    "prelu": Facts("nn.PReLU", "", "PReLU", "input", calflops=True, passes=True),
    "elu": Facts("nn.ELU", "F.elu", "ELU", "input", calflops=True, **OVERWRITES),
    "silu": Facts("nn.SiLU", "F.silu", "SiLU", "input", calflops=True),
    "mish": Facts("nn.Mish", "F.mish", "Mish", "input", calflops=False),
    "gelu": Facts("nn.GELU", "F.gelu", "GELU", "input", calflops=True),
    "hardswish": Facts("nn.Hardswish", "F.hardswish", "hardswish", "input", calflops=False),
    "sigmoid": Facts("nn.Sigmoid", "torch.sigmoid", "sigmoid", "output", calflops=False),
    "hardsigmoid": Facts("nn.Hardsigmoid", "F.hardsigmoid", "hardsigmoid", "input", calflops=False),
    "tanh": Facts("nn.Tanh", "torch.tanh", "tanh", "output", calflops=False),
    "softplus": Facts("nn.Softplus", "F.softplus", "softplus", "input", calflops=False),
}


@dataclass(frozen=True, repr=False)
class Activation(Op):
    """An elementwise nonlinearity; `inplace` overwrites its input.

    `slope` is how steep a `leakyrelu` is below 0; None for torch's own. That of a `prelu` is
    learned (arXiv:1502.01852): one, or `channelwise` one for each channel.
    """

    kind: str
    inplace: bool = False
    slope: float | None = None
    channelwise: bool = False

    @property
    def family(self) -> str:
        return "act"

    @property
    def facts(self) -> Facts:
        """The row of `ACTIVATIONS`."""
        return ACTIVATIONS[self.kind]

    @property
    def function(self) -> str:
        """The torch function that it is; empty where only a module can hold what it needs."""
        return "" if names_in(self.slope) else self.facts.function

    @property
    def settings(self) -> tuple[Any, ...]:
        """What its function takes beside the input, where that isn't what torch takes anyway."""
        usual = self.slope is None or is_plainly(self.slope, self.facts.slope)
        return () if usual else (self.slope,)

    @property
    def label(self) -> str:
        words = ["channelwise"] if self.channelwise else map(brief, self.settings)
        return " ".join((self.facts.label, *words))

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        args = (x.channels,) if self.channelwise else self.settings
        return Call(self.facts.module, args, {"inplace": True} if self.inplace else {})

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        if self.facts.function:
            return {}
        return {"weight": (int(x.channels) if self.channelwise else 1,)}

    def work(self, x: Shape) -> Work:
        return Work(act_elems=x.elements)

    def shares(self, training: bool) -> bool:
        return self.inplace

    def ending(self, x: Shape, before: Ending) -> Ending:
        if self.kind in {"sigmoid", "hardsigmoid"}:
            return "sigmoid"
        return before if self.facts.passes else "logits"

    def saved(self, x: Shape) -> Kept:
        keeps_output = self.inplace or self.facts.keeps == "output"
        return Kept(input=not keeps_output, output=keeps_output)


@dataclass(frozen=True, repr=False)
class Softmax(Op):
    """exp(x) normalised over the channels."""

    @property
    def family(self) -> str:
        return "act"

    @property
    def label(self) -> str:
        return "softmax"

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call("nn.Softmax", (), {"dim": 1})

    def work(self, x: Shape) -> Work:
        return Work(act_elems=x.elements)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return "softmax"

    def saved(self, x: Shape) -> Kept:
        return Kept(output=True)
