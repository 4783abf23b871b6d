"""A compiled network with what an export adds: images of bytes, taps, heads and a softmax.

Its plain form is what every export is held against; torch's own formats are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from compiler.exporting.entering import numbers
from compiler.exporting.wishes import ExportFault, Preprocessing, Wishes
from compiler.ir.ending import endings
from compiler.ir.network import Network
from compiler.ir.nodes import Tap
from compiler.nn.module import CompiledNetwork, build
from dsl.models.extent import samples


class Served(nn.Module):
    """Takes float32 (uint8 with preprocessing) and gives a tensor of float32, or a tuple of them.

    In order: the trunk's output, auxiliary heads, taps. Its numbers are in the type of the model's
    weights in between. Raises `ExportFault` for what the network can't give.
    """

    def __init__(self, model: CompiledNetwork, wishes: Wishes) -> None:
        super().__init__()
        self.model = model.eval()
        network = model.network
        self._outside = getattr(torch, wishes.outside)
        self._inside = getattr(torch, wishes.dtype)
        model.to(self._inside)
        self._heads = [tap.name for tap in network.taps] if wishes.aux else []
        paths = dict.fromkeys((*self._heads, *wishes.taps))
        self._paths = [path for path in paths if path not in self._heads]
        self._softmax = wishes.softmax and _softens(model)
        self._last = wishes.preprocess is not None and wishes.preprocess.layout == "NHWC"
        self._bytes = wishes.preprocess is not None
        self._scales = wishes.preprocess is not None and not wishes.preprocess.in_weights
        if wishes.preprocess:
            self._prepare(network, wishes.preprocess)
        self._kept: dict[str, Tensor] = {}
        for path in self._paths:
            model.get_submodule(path).register_forward_hook(self._keep(path))

    def _prepare(self, network: Network, asked: Preprocessing) -> None:
        """Hold mean and deviation, unless the weights do."""
        rank = len(network.input.grid)
        if rank != 2:
            what = f"{network.name} takes {samples(rank)}, and preprocessing is for images"
            raise ExportFault(what, "export it without")
        if self._scales:
            for name, values in zip(("mean", "std"), numbers(network, asked), strict=True):
                each = torch.tensor(values, dtype=self._outside)
                self.register_buffer(name, each.reshape(1, -1, 1, 1))

    def _keep(self, path: str) -> Any:
        """A hook that keeps what a module gives, before the next one works on it in place."""

        def keep(module: nn.Module, given: Any, output: Tensor) -> None:
            self._kept[path] = output.clone()

        return keep

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = self._entered(x)
        heads: list[Tensor] = []
        for node in self.model.network.nodes:
            if node.name in self._heads:
                heads.append(self.model.get_submodule(node.name)(x))
            elif not isinstance(node, Tap):
                x = self.model.get_submodule(node.name)(x)
        if self._softmax:
            x = torch.softmax(x, 1)
        found = [x, *heads, *(self._kept[path] for path in self._paths)]
        self._kept.clear()
        made = tuple(each.to(self._outside) for each in found)
        return made if len(made) > 1 else made[0]

    def _entered(self, x: Tensor) -> Tensor:
        """What the first layer takes."""
        if self._bytes:
            x = x.permute(0, 3, 1, 2) if self._last else x
            x = x.to(self._outside)
        if self._scales:
            mean, std = self.get_buffer("mean"), self.get_buffer("std")
            x = (x / 255 - mean) / std
        return x.to(self._inside)


def loaded(network: Network, weights: Mapping[str, Tensor], *, aux: bool) -> CompiledNetwork:
    """The evaluated module with copies of these weights; heads are left out without `aux`."""
    with torch.device("meta"):
        model = build(network, aux=aux)
    model.to_empty(device="cpu")
    state = {key: weights[key] for key in model.state_dict()}
    model.load_state_dict(state)
    return model.eval()


def _softens(model: CompiledNetwork) -> bool:
    """Whether a softmax is still to come. Raises `ExportFault` where none may."""
    ending = endings(model.network)["logits"]
    if ending in ("logits", "softmax"):
        return ending == "logits"
    raise ExportFault(
        f"{model.network.name} gives no logits but what a sigmoid or other layers made of them",
        "export it without a softmax",
    )
