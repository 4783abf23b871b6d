"""The ways in which a network can be run for inference, and those that torch has.

What is quickest depends on the processor and on the shape, so ways are measured, not believed in.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)
Layout = Literal["contiguous", "channels_last"]
"""Whether a map's channels lie apart, one plane each, or side by side at each place."""
Step = Callable[[Tensor], Any]
"""A module's `forward`, or what stands for it."""
FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}
"""What torch calls channels side by side, by the dimensions of a batch; a series has none."""


def layouts(example: Tensor) -> tuple[Layout, ...]:
    """In which layouts such a batch can be."""
    return ("contiguous", "channels_last") if example.dim() in FORMATS else ("contiguous",)


def laid_out(module: M, layout: Layout) -> M:
    """The module with its kernels in a layout, in place."""
    for weight in module.parameters():
        weight.data = _in(weight.data, layout)
    return module


def _in(x: Tensor, layout: Layout) -> Tensor:
    """A batch or a kernel in a layout; what has no such layout is contiguous."""
    usual = torch.contiguous_format
    form = FORMATS.get(x.dim(), usual) if layout == "channels_last" else usual
    return x.contiguous(memory_format=form)


@dataclass(frozen=True)
class Way:
    """One way to run a network: its name, what runs it, and the layout and type that this takes."""

    name: str
    step: Step = field(repr=False)
    layout: Layout
    takes: torch.dtype

    def __call__(self, x: Tensor) -> Any:
        """What the network gives for a batch, which is converted and laid out first."""
        return self.step(self.prepared(x))

    def prepared(self, x: Tensor) -> Tensor:
        """The batch as the step takes it."""
        return _in(x.to(self.takes), self.layout)


@contextmanager
def _fusing() -> Iterator[None]:
    """Have TorchScript hand what it can to oneDNN's graph compiler; afterwards all is as before."""
    jit: Any = torch.jit  # Its stubs lack both.
    before = jit.onednn_fusion_enabled()
    jit.enable_onednn_fusion(True)
    try:
        yield
    finally:
        jit.enable_onednn_fusion(before)


RUNS_UNTIL_READY = 3
"""TorchScript looks at shapes in the first run, compiles for them in the second, and settles."""


def graphed(way: Way, x: Tensor) -> Way:
    """The same as oneDNN's graph compiler runs it, for batches of this one's shape.

    The weights that the module has now are frozen into it.
    """
    jit: Any = torch.jit  # It leaves `trace` untyped.
    x = way.prepared(x)
    with _fusing(), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says of itself that this is deprecated.
        frozen: Step = jit.freeze(jit.trace(way.step, x, strict=False, check_trace=False))
        for _ in range(RUNS_UNTIL_READY):
            frozen(x)
    return replace(way, name=f"{way.layout}, oneDNN graph", step=frozen)
