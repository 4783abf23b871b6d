"""Steps that run in order: what a whole network and its feature maps have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.fx import Proxy

from compiler.ir.features import FeatureInfo, default_taps, described
from compiler.ir.fit import misfit, norms_of_one, takes
from compiler.ir.network import Network
from compiler.ir.nodes import Node, own_inits
from compiler.ir.op import Init, Shape
from compiler.ir.rewritten import refusal
from compiler.nn.built import build_node
from compiler.nn.checkpointing import checkpointed
from compiler.ops.inits import init_call
from dsl.models.extent import sample, samples

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
DECONVS = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
DRAWN = (*CONVS, *DECONVS, nn.Linear)
"""The layers whose weights a spec's `init` draws."""


class TooFew(ValueError):
    """A batch of one, in which batch norm has one value a channel to normalise."""

    too_few = True


class Trunk(nn.Module):
    """Modules of a network's steps, each under its name in the spec."""

    network: Network
    """The IR behind it."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self._checkpointing = False
        self._fits: dict[tuple[Any, ...], tuple[str, tuple[str, ...]]] = {}

    def train(self, mode: bool = True) -> Self:
        """Turn training on or off. Raises `RuntimeError` for a network rewritten for inference."""
        if mode and self.network.rewritten:
            raise RuntimeError(refusal(self.network, "it can't be trained"))
        return super().train(mode)

    def _refuse_rewritten(self, wish: str) -> None:
        if self.network.rewritten:
            raise ValueError(refusal(self.network, wish))

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
        if enable:
            self._refuse_rewritten("it keeps nothing for training")
        self._checkpointing = enable

    def _run(self, names: Iterable[str], x: Tensor) -> Tensor:
        for name in names:
            x = self._step(name, x)
        return x

    def _step(self, name: str, x: Tensor) -> Tensor:
        module: Any = self._modules[name]
        again = self._checkpointing and self.training and torch.is_grad_enabled()
        if not again or self.network.sections[name] == "head" or _symbolic(x):
            y: Tensor = module(x)
            return y
        return checkpointed(module, x)

    def _check(self, x: object, nodes: tuple[Node, ...], *, heads: bool = False) -> None:
        """Raise `ValueError` for an input that these nodes, one after the other, can't take."""
        if _traced(x) or not nodes:
            return
        part = replace(self.network, nodes=nodes, input=nodes[0].inp)
        what = "" if nodes[0] is self.network.nodes[0] else "features"
        if not isinstance(x, Tensor):
            raise ValueError(f"{takes(part, what)}; got no tensor but a {type(x).__name__}")
        self._check_type(x, part, what)
        key = (x.shape[1:], heads, nodes[0].name, nodes[-1].name)
        if key not in self._fits:
            fault = misfit(part, tuple(x.shape), heads, what)
            alone = () if fault else norms_of_one(part, Shape(*x.shape[1:]), heads)
            self._fits[key] = fault, alone
        fault, alone = self._fits[key]
        if fault:
            raise ValueError(fault)
        if self.training and len(x) < 2:
            self._check_batch(len(x), alone)

    def _check_type(self, x: Tensor, part: Network, what: str) -> None:
        weight = next(self.parameters(), None)
        if not x.is_floating_point():
            kind = "floating-point numbers, such as x.float() / 255"
        elif weight is None or x.dtype == weight.dtype or torch.is_autocast_enabled(x.device.type):
            return
        else:
            kind = f"numbers of its weights' type, {weight.dtype}"
        raise ValueError(f"{takes(part, what)}, in {kind}; got {x.dtype}")

    def _check_batch(self, count: int, alone: tuple[str, ...]) -> None:
        """Batch norm has nothing to normalise over in one value; one that is frozen needs none."""
        name, rank = self.network.name, len(self.network.input.grid)
        if not count:
            raise ValueError(f"{name} needs {samples(rank)} to train on; got a batch of 0")
        for path in alone:
            if self.get_submodule(path).training:
                why = f"{path} normalises one value a channel of each {sample(rank)}"
                raise TooFew(f"{name} needs 2 {samples(rank)} or more in training: {why}; got 1")

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics: as in a new network.

        Draws from torch's global generator; with the seed that a network was built under, its
        weights come out. Raises `ValueError` for a network rewritten for inference.
        """
        self._refuse_rewritten("its weights aren't drawn")
        for module in self.modules():
            reset = getattr(module, "reset_parameters", None)
            if reset is not None and module is not self:
                reset()
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw what the spec gives a distribution; the rest stays as its constructor drew it."""
        if self.network.rewritten:  # Its weights come from those of the network that it was.
            return
        if self.network.init:
            for module in self.modules():
                if isinstance(module, DRAWN):
                    draw(self.network.init, module.weight)
        for path, init in own_inits(self.network.nodes):
            if path.split(".", 1)[0] in self._modules:
                draw(init, self.get_parameter(f"{path}.weight"))


def refuse_misfit(trunk: Trunk, x: object) -> None:
    """Raise `ValueError`, as running it would, for an input that its trunk can't take."""
    trunk._check(x, trunk.network.trunk)  # noqa: SLF001  # as a method it would take a step's name


def _symbolic(x: object) -> bool:
    """Whether it stands for a tensor in `torch.fx`."""
    return isinstance(x, Proxy)


def _traced(x: object) -> bool:
    """Whether a tracer is at work, for which sizes are not plain numbers."""
    jit: Any = torch.jit  # its stubs lack is_tracing
    return _symbolic(x) or jit.is_tracing() or torch.compiler.is_compiling()


def draw(init: Init, weight: Tensor) -> None:
    """Fill a weight as its scheme says."""
    call = init_call(init)
    getattr(nn.init, call.name.removeprefix("nn.init."))(weight, **call.kwargs)
