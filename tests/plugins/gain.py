"""A plugin in one file: `gain start=0.5 hard`, a factor for each channel that is learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from compiler.plugins import (
    BeforeValidator,
    Call,
    Extra,
    Layer,
    LayerKind,
    Number,
    Op,
    Saved,
    Shape,
    Spelled,
    Work,
    one_of,
)

MODES = {"soft": "soft", "hard": "hard"}


class Gain(Layer):
    """`gain start=0.5`; `hard` cuts the factor off at 1."""

    keyword = "gain"
    example = "gain start=0.5"
    auto = "gain"
    weighted = True
    start: Annotated[Number, Spelled(key="start")] = 1.0
    mode: Annotated[str, BeforeValidator(one_of(*MODES)), Spelled(words=MODES)] = "soft"


@dataclass(frozen=True)
class ChannelGain(Op):
    """y = x * weight, or x * min(weight, 1)."""

    start: float
    hard: bool

    @property
    def label(self) -> str:
        return "gain"

    @property
    def notes(self) -> tuple[str, ...]:
        return ("hard",) if self.hard else ()

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        given = {"hard": True} if self.hard else {}
        return Call("ChannelGain", (x.channels, self.start), given)

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (int(x.channels),)}

    def work(self, x: Shape) -> Work:
        cut = int(x.channels) if self.hard else 0
        return Work(eltwise_elems=x.elements, constants=cut)

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        return (Extra(x.elements, fixed=self.work(x).constants),)

    def saved(self, x: Shape) -> Saved:
        return Saved(input=True, extra=Extra(fixed=self.work(x).constants))


def lower(step: Gain, x: Shape, scope: Any) -> ChannelGain:
    return ChannelGain(scope.number(step, "start"), step.mode == "hard")


def reference(x: Any, weights: Any, values: Any, training: bool) -> Any:
    import torch

    gains = [min(gain, 1) if values["mode"] == "hard" else gain for gain in weights["weight"]]
    return torch.stack([row * gain for row, gain in zip(x.unbind(1), gains, strict=True)], 1)


GAIN = LayerKind(
    Gain,
    ChannelGain,
    lower,
    module="gain_torch.py",
    reference=reference,
    operators={"clamp": "pointwise"},
)
