"""torchvision's `transform_input` as a part of the first layer.

torchvision's GoogLeNet and Inception-v3 were trained on images scaled to [-1, 1], and their
models rescale images that are normalised with ImageNet's mean and deviation: each channel
becomes a * x + b. A convolution of that is one with other weights and a constant. What
follows absorbs the constant, unless padding, which stays 0, makes the border differ.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, leaves
from compiler.ops.conv import Conv
from compiler.ops.norm import BatchNorm
from dsl.text.problems import NOWHERE, Problem, SpecError

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def fold_transform_input(network: Network, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of the first layer that change, by our path.

    Raises `SpecError` where the result wouldn't be the same everywhere.
    """
    layers = list(leaves(network.trunk))[:2]
    path, first = layers[0] if layers else ("", None)
    behind, second = layers[1] if layers[1:] else ("", None)
    if why := _forked(network.trunk) or _obstacle(first, second):
        help = "feed images scaled to [-1, 1] instead (mean 0.5, std 0.5)"
        message = f"transform_input can't be folded into {path or network.name}: {why}"
        raise SpecError([Problem("E155", NOWHERE, message, help=help)])
    assert first is not None, "no layers, and no obstacle either"
    weight = state[f"{path}.weight"].double()
    scale = torch.tensor(STD, dtype=weight.dtype, device=weight.device) / 0.5
    shift = (torch.tensor(MEAN, dtype=weight.dtype, device=weight.device) - 0.5) / 0.5
    constant = (weight.flatten(2).sum(2) * shift).sum(1)
    changed = {f"{path}.weight": weight * scale.reshape(-1, *(1,) * (weight.dim() - 2))}
    if _has_bias(first):
        changed[f"{path}.bias"] = state[f"{path}.bias"].double() + constant
    else:
        changed[f"{behind}.running_mean"] = state[f"{behind}.running_mean"].double() - constant
    return {name: tensor.to(state[name].dtype) for name, tensor in changed.items()}


def _forked(nodes: tuple[Node, ...]) -> str:
    """Says that other layers take the images as well; empty where only the first does."""
    while nodes:
        if isinstance(nodes[0], Parallel):
            return f"the images go to several branches, those of {nodes[0].name}"
        if isinstance(nodes[0], Series) and nodes[0].residual:
            return f"the images go around {nodes[0].name} as well, to its residual sum"
        nodes = children(nodes[0])
    return ""


def _obstacle(first: Leaf | None, second: Leaf | None) -> str:
    """Why the first layer can't take the transform in; empty where it can."""
    op = first.op if first else None
    if not isinstance(op, Conv) or not first or first.inp.channels != 3 or op.groups != 1:
        return "the network doesn't begin with a convolution of three channels"
    window = op.window(first.inp)
    if op.slide.tf_same or any((*window.before, *window.after)):
        return "it is padded, and the padding would no longer be what it was"
    if not (_has_bias(first) or (second and isinstance(second.op, BatchNorm))):
        return "it has no bias, and no batch norm follows"
    return ""


def _has_bias(leaf: Leaf) -> bool:
    return "bias" in leaf.op.params(leaf.inp)
