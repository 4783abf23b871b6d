"""Layers of plugins in the reading of a spec: by what the plugin says of itself a second time.

A plugin may give a reference, a function that computes what its layer gives without its class.
Where it gives none, the layer's own module stands in for it, so that all around it is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, leaves
from compiler.ir.op import Shape
from compiler.ir.plugged import kind_of, plugged
from compiler.nn.built import layer
from compiler.plugins.kinds import LayerKind
from dsl.models.plugins import said

Outs = dict[str, Tensor]
Module = Callable[[str], nn.Module]


def others(network: Network, module: Module) -> Mapping[str, Any]:
    """What the reading does with each word of a plugin; `module` gives a layer's by its path."""
    found = dict(leaves(network.nodes))
    return {kind.word: _Other(kind, found, module) for kind in plugged(network.nodes)}


def unchecked(network: Network) -> str:
    """What nothing but the plugin itself says anything about; empty where there is no such."""
    words = [kind.word for kind in plugged(network.nodes) if kind.reference is None]
    if not words:
        return ""
    which = "it" if len(words) == 1 else "them"
    return (
        f"what {' and '.join(words)} should give is compared with nothing: "
        f"the plugin has no reference for {which}"
    )


STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def restore(network: Network, module: nn.Module) -> None:
    """Give the layers of plugins their constants back, which random numbers have overwritten."""
    for path, leaf in leaves(network.nodes):
        if kind_of(leaf.op):
            owner = module.get_submodule(path)
            for name, value in layer(leaf).named_buffers():
                if name.rpartition(".")[2] not in STATISTICS:
                    owner.get_buffer(name).copy_(value)


class _Other:
    """One kind of layer, at any of its places."""

    def __init__(self, kind: LayerKind, found: Mapping[str, Leaf], module: Module) -> None:
        self.kind, self.found, self.module = kind, found, module

    def __call__(
        self, path: str, values: Mapping[str, Any], weights: Outs, x: Tensor, training: bool
    ) -> tuple[Tensor, Outs]:
        """What the layer gives, and its buffers afterwards. Raises `ValueError`."""
        if self.kind.reference is None:
            return _itself(self.module(path), weights, x, training)
        whose = f"the reference of {self.kind.word}, for {path},"
        try:
            given = self.kind.reference(x, weights, values, training)
        except Exception as error:
            raise ValueError(f"{whose} fails: {said(error)}") from error
        y, moved = given if isinstance(given, tuple) else (given, {})
        leaf = self.found[path]
        wanted = (len(x), *map(int, leaf.op.out(Shape(*x.shape[1:]))))
        if not isinstance(y, Tensor) or tuple(y.shape) != wanted:
            shape = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
            raise ValueError(f"{whose} gives {shape} where {wanted} is expected")
        if unknown := moved.keys() - leaf.op.buffers(leaf.inp).keys():
            raise ValueError(f"{whose} moves {', '.join(sorted(unknown))}, which it has not")
        return y, moved


def _itself(own: nn.Module, weights: Outs, x: Tensor, training: bool) -> tuple[Tensor, Outs]:
    """What a module gives with these weights, and its buffers afterwards; it stays as it is."""
    state = {name: value.clone() for name, value in weights.items()}
    with torch.no_grad():
        y: Tensor = functional_call(own.train(training), state, (x,))
    return y, {name: state[name] for name, _ in own.named_buffers()}
