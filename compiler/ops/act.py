"""Activations: one row of the table each."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.op import Call, Ending, Op, Shape, Work
from compiler.ir.op import Saved as Kept


@dataclass(frozen=True)
class Facts:
    """What sets one activation apart: its names, and what it keeps for the backward pass."""

    module: str
    function: str
    label: str
    keeps: str
    """`output` or `input`: which of them the derivative needs."""
    calflops: bool
    """Whether calflops counts it, one FLOP an element (its `pytorch_ops.py`); 0 otherwise."""
    inplace: bool = False
    """Whether torch can overwrite the input without an extra copy for the backward pass."""

    @property
    def class_name(self) -> str:
        """The module's class, `ReLU`: a word that can stand in the name of another class."""
        return self.module.removeprefix("nn.")


ACTIVATIONS = {
    "relu": Facts("nn.ReLU", "F.relu", "ReLU", "output", calflops=True, inplace=True),
    "relu6": Facts("nn.ReLU6", "F.relu6", "ReLU6", "input", calflops=False),
    "silu": Facts("nn.SiLU", "F.silu", "SiLU", "input", calflops=True),
    "gelu": Facts("nn.GELU", "F.gelu", "GELU", "input", calflops=True),
    "sigmoid": Facts("nn.Sigmoid", "torch.sigmoid", "sigmoid", "output", calflops=False),
    "tanh": Facts("nn.Tanh", "torch.tanh", "tanh", "output", calflops=False),
}


@dataclass(frozen=True)
class Activation(Op):
    """An elementwise nonlinearity; `inplace` overwrites its input."""

    kind: str
    inplace: bool = False

    @property
    def family(self) -> str:
        return "act"

    @property
    def facts(self) -> Facts:
        """The row of `ACTIVATIONS`."""
        return ACTIVATIONS[self.kind]

    @property
    def label(self) -> str:
        return self.facts.label

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call(self.facts.module, (), {"inplace": True} if self.inplace else {})

    def work(self, x: Shape) -> Work:
        return Work(act_elems=x.elements)

    def shares(self, training: bool) -> bool:
        return self.inplace

    def ending(self, x: Shape, before: Ending) -> Ending:
        if self.kind == "sigmoid":
            return "sigmoid"
        return before if self.kind in {"relu", "relu6"} else "logits"

    def saved(self, x: Shape) -> Kept:
        keeps_output = self.inplace or self.facts.keeps == "output"
        return Kept(input=not keeps_output, output=keeps_output)


@dataclass(frozen=True)
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
