"""A network for inference alone, prepared for the machine that it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Self

import torch
from torch import Tensor, nn

from compiler.ir.network import Network
from compiler.nn.extractor import FeatureNetwork
from compiler.nn.module import CompiledNetwork
from compiler.running.ways import Way

Rewritten = CompiledNetwork | FeatureNetwork
"""The modules that a network can be rewritten of."""


@dataclass(frozen=True)
class Choice:
    """What runs a network: `usual` every shape but those in `shaped`, and how it was found.

    `measured` has the seconds that each way took on the example, `left_out` why others weren't
    taken, and `error` is the largest difference from the model that the network came from, as a
    share of the largest element: on the example, or of int8 on images held out of its ranges.
    """

    usual: Way
    shaped: Mapping[torch.Size, Way]
    measured: Mapping[str, float]
    left_out: Mapping[str, str]
    error: float


class InferenceNetwork(nn.Module):
    """What `optimize_for_inference` gives: its `forward` gives what the model's gave.

    `module` is the rewritten network as an ordinary module, whose `state_dict` has the folded
    weights; `choice` is what was found to run it best, and `way` the name of that. `dtype` is
    what that computes in. Traced or exported by torch, it is the module.
    """

    def __init__(self, module: Rewritten, dtype: torch.dtype, choice: Choice) -> None:
        super().__init__()
        self.module, self.dtype, self.choice = module, dtype, choice
        super().train(False)

    @property
    def network(self) -> Network:
        """The rewritten network: its `rewritten` names the passes that changed it."""
        return self.module.network

    @property
    def way(self) -> str:
        """What is the quickest for the example's shape."""
        return next(iter(self.choice.shaped.values()), self.choice.usual).name

    @torch.no_grad()
    def forward(self, x: Tensor) -> Any:
        """(N, C, H, W) -> logits (N, classes), or feature maps by step; in the type of `x`.

        Raises `ValueError` naming what was expected for an input that can't be taken.
        """
        if not _is_batch(x):
            return self.module(x)  # It says what it takes.
        if _recorded():
            inside = next((weight.dtype for weight in self.module.parameters()), x.dtype)
            return _cast(self.module(x.to(inside)), x.dtype)
        way = self.choice.shaped.get(x.shape, self.choice.usual)
        return _cast(way(x), x.dtype)

    def train(self, mode: bool = True) -> Self:
        """Raise `RuntimeError`: what was folded can't be trained."""
        if mode:
            done = ", ".join(self.network.rewritten) or "frozen"
            raise RuntimeError(
                f"{self.network.name} is for inference ({done}): "
                "train the model that it came from, and optimize that again"
            )
        return super().train(False)

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        raise RuntimeError(
            f"{self.network.name} was prepared for where it is and for {self.dtype}: "
            "move or convert the model that it came from, and optimize that again"
        )

    def __getstate__(self) -> NoReturn:
        raise RuntimeError(
            f"{self.network.name} was prepared for this process and can't be copied or saved: "
            "keep the model that it came from, or the state_dict of its `module`"
        )


def _is_batch(x: object) -> bool:
    return isinstance(x, Tensor) and x.is_floating_point()


def _recorded() -> bool:
    """Whether torch takes down what runs: what an engine gives would be a constant there."""
    jit: Any = torch.jit  # Its stubs lack it.
    return jit.is_tracing() or torch.compiler.is_exporting()


def _cast(out: Any, dtype: torch.dtype) -> Any:
    """Logits, or feature maps by step, in a type."""
    if isinstance(out, Tensor):
        return out.to(dtype)
    return {name: value.to(dtype) for name, value in out.items()}
