"""Steps that run in order: what a whole network and its feature maps have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Proxy

from compiler.checkpointing import checkpointed
from compiler.features import FeatureInfo, default_taps, described
from compiler.fit import misfit
from compiler.inits import init_call
from compiler.ir import Network, Node, own_inits
from compiler.nodes import build_node
from compiler.op import Init


class Trunk(nn.Module):
    """Modules of a network's steps, each under its name in the spec."""

    network: Network
    """The IR behind it."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self._checkpointing = False
        self._fits: dict[tuple[Any, ...], str] = {}

    def _build(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self.add_module(node.name, build_node(node))

    @property
    def feature_info(self) -> tuple[FeatureInfo, ...]:
        """The feature map at the end of each stride: name, channels, reduction."""
        return described(self.network, default_taps(self.network))

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        """In training, keep only what passes between stem's and body's steps.

        Each step runs again in the backward pass: less memory, more time, equal results.
        """
        self._checkpointing = enable

    def _run(self, names: Iterable[str], x: Tensor) -> Tensor:
        for name in names:
            x = self._step(name, x)
        return x

    def _step(self, name: str, x: Tensor) -> Tensor:
        module: Any = self._modules[name]
        again = self._checkpointing and self.training and torch.is_grad_enabled()
        if not again or self.network.sections[name] == "head" or isinstance(x, Proxy):
            y: Tensor = module(x)
            return y
        return checkpointed(module, x)

    def _check(self, x: Tensor, *, heads: bool = False, upto: int | None = None) -> None:
        """Raise `ValueError` for an input that the first `upto` nodes can't take."""
        if _traced(x):
            return
        key = (x.shape[1:], heads, upto)
        if key not in self._fits:
            part = replace(self.network, nodes=self.network.nodes[:upto])
            self._fits[key] = misfit(part, tuple(x.shape), heads)
        if self._fits[key]:
            raise ValueError(self._fits[key])

    def reset_parameters(self) -> None:
        """Draw all weights as the spec says, from torch's global generator."""
        if self.network.init:
            for module in self.modules():
                if isinstance(module, nn.Conv2d | nn.Linear):
                    draw(self.network.init, module.weight)
        for path, init in own_inits(self.network):
            if path.split(".", 1)[0] in self._modules:
                draw(init, self.get_parameter(f"{path}.weight"))


def _traced(x: Tensor) -> bool:
    """Whether a tracer is at work, for which sizes are not plain numbers."""
    jit: Any = torch.jit  # its stubs lack is_tracing
    return isinstance(x, Proxy) or jit.is_tracing() or torch.compiler.is_compiling()


def draw(init: Init, weight: Tensor) -> None:
    """Fill a weight as its scheme says."""
    call = init_call(init)
    getattr(nn.init, call.name.removeprefix("nn.init."))(weight, **call.kwargs)
