"""What an op is: shapes, facts, and the torch call that constructs it.

Every op owns its facts (`Op`): output shape, parameters, work, and a torch constructor
call held as plain data, which the module emitter performs and the source emitter prints.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from operator import le
from typing import Any, ClassVar, Literal, Self

from compiler.ir.facts import Axes, Enlarging, Extra, Saved, Window, Work
from compiler.ir.legible import Legible

LETTERS = ((), ("L",), ("H", "W"), ("T", "H", "W"))
"""What the axes are called, by how many there are."""
Ending = Literal["logits", "softmax", "sigmoid", "altered"]
"""What numbers are to a loss: of any size, probabilities that a softmax or a sigmoid gave, or
probabilities that were made into something else since."""


class Shape(tuple[int, ...]):
    """One sample's shape without the batch: channels, then the grid; (F,) for a vector.

    A map is (C, L), (C, H, W) or (C, T, H, W).
    """

    __slots__ = ()

    def __new__(cls, *dims: int) -> Self:
        return super().__new__(cls, dims)

    def __getnewargs__(self) -> tuple[int, ...]:
        """What pickle and copy construct it from; a tuple's own would be one tuple."""
        return tuple(self)

    @property
    def channels(self) -> int:
        """C, or the length of a vector."""
        return self[0]

    @property
    def grid(self) -> Axes:
        """(H, W), or (L,), or (T, H, W); a vector has no axes."""
        return self[1:]

    @property
    def positions(self) -> int:
        """H * W: 1 for a vector."""
        return prod(self[1:])

    @property
    def is_map(self) -> bool:
        """Whether there is a grid at all."""
        return len(self) > 1

    @property
    def is_point(self) -> bool:
        """Whether there is one position only, as in a vector."""
        return all(size == 1 for size in self[1:])

    @property
    def elements(self) -> int:
        """C * H * W: of all axes."""
        return prod(map(int, self))

    def __str__(self) -> str:
        return "x".join(str(int(n)) for n in self)


def shrunk(before: Axes, after: Axes) -> bool:
    """Whether a grid became smaller on every axis; the frames of a clip may stay as they are."""
    less = [new < old for old, new in zip(before, after, strict=True)]
    return all(less[-2:]) and all(map(le, after, before))


@dataclass(frozen=True, slots=True)
class Call:
    """A torch constructor call as plain data: `nn.Conv2d(128, 192, (1, 7))`.

    `name` is a class of `torch.nn`, or one of `compiler.nn.runtime` where torch has none.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


class Worded(Legible):
    """A part of an op that says some of its numbers in words, too."""

    def reworded(self) -> Self:
        """The same with words that fit its numbers."""
        raise NotImplementedError


class Op(Legible, ABC):
    """One operation and every fact about it. Subclasses are frozen dataclasses."""

    @property
    def family(self) -> str:
        """Its colour in a diagram: pointwise, conv, factorised, pool, norm, act, linear, other."""
        return "other"

    aliases: ClassVar[bool] = False
    """Whether the output shares its input's memory (views, dropout when evaluating)."""

    @abstractmethod
    def out(self, x: Shape) -> Shape:
        """The output shape. Raises `ShapeFault` where the input can't be taken."""

    @abstractmethod
    def call(self, x: Shape) -> Call:
        """How torch constructs it for this input."""

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for diagrams and tables: `1×7`, `max pool 3×3`, `ReLU`."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a diagram should say: `s2`, `V` for valid padding, `d2`, `g32`."""
        return ()

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the trainable parameters, in torch's order: whatever the grid."""
        return {}

    def buffers(self, x: Shape) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the buffers, in torch's order."""
        return {}

    def work(self, x: Shape) -> Work:
        """Elements touched by one sample while evaluating, by category."""
        return Work()

    def training_work(self, x: Shape) -> Work:
        """The same while training."""
        return self.work(x)

    def launches(self, x: Shape) -> int:
        """How many operations write something while evaluating: each is a kernel to launch."""
        work = self.work(x)
        parts = (work.activations, work.bn_elems, work.act_elems, work.pool_elems)
        return sum(map(bool, (*parts, work.eltwise_elems)))

    def window(self, x: Shape) -> Window | None:
        """The sliding window, where there is one."""
        return None

    def enlarging(self, x: Shape) -> Enlarging | None:
        """How positions see fewer ones, where the map becomes larger."""
        return None

    def flattens(self, x: Shape) -> bool:
        """Whether positions end here: what comes out sees the whole map at once."""
        return False

    def shares(self, training: bool) -> bool:
        """Whether the output lies in its input's memory: views, and work in place."""
        return self.aliases

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        """What it makes beside its input at moments when more is alive than the output."""
        return ()

    def saved(self, x: Shape) -> Saved:
        """What autograd keeps for the backward pass."""
        return Saved()

    def ending(self, x: Shape, before: Ending) -> Ending:
        """What its output is to a loss, where its input is `before`."""
        return "logits"

    def least_batch(self, x: Shape) -> int:
        """The smallest batch that it can train on."""
        return 1


class ShapeFault(ValueError):
    """An input that an op can't take; `help` says what would do.

    `field` is what the step calls the setting that doesn't fit, if one alone doesn't.
    """

    def __init__(self, code: str, message: str, help: str = "", field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.help = help
        self.field = field


@dataclass(frozen=True)
class Init:
    """How weights are drawn: a function of `torch.nn.init` without its underscore."""

    scheme: str
    args: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """As a spec writes it: `trunc_normal:0.01`."""
        return ":".join([self.scheme, *(f"{number:g}" for number in self.args.values())])
