"""torchvision's `transform_input` as a part of the first layer.

torchvision's GoogLeNet and Inception-v3 were trained on images scaled to [-1, 1], and their
models rescale images that are normalised with ImageNet's mean and deviation: each channel
becomes a * x + b. A convolution of that is one with other weights and a constant. Its bias
absorbs the constant, or the running mean of a batch norm that alone reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import torch
from torch import Tensor

from compiler.ir.network import Network
from compiler.ops.norm import BatchNorm
from compiler.passes import tensors
from compiler.passes.entrance import chain, obstacle
from compiler.passes.neighbours import Found
from compiler.passes.tensors import Filters
from dsl.text.problems import NOWHERE, Problem, SpecError

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def fold_transform_input(network: Network, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of the first layers that change, by our path.

    Raises `SpecError` where the result wouldn't be the same everywhere.
    """
    layers = list(islice(chain(network), 2))
    if why := obstacle(network, shifted=True) or _unable(network, layers):
        help = "feed images scaled to [-1, 1] instead (mean 0.5, std 0.5)"
        message = f"transform_input can't be folded into {network.name}: {why}"
        raise SpecError([Problem("E155", NOWHERE, message, help=help)])
    path, first = layers[0]
    op: Filters = first.op  # type: ignore[assignment]  # `obstacle` asked
    factor, shift = _rescaling(state[f"{path}.weight"])
    if op.bias:
        return _changed(state, path, op, factor, shift)
    mean = f"{layers[1][0]}.running_mean"
    constant = tensors.constant_of(state[f"{path}.weight"], op, shift)
    moved = (state[mean].double() - constant).to(state[mean].dtype)
    return {**_changed(state, path, op, factor, None), mean: moved}


def _changed(
    state: Mapping[str, Tensor], path: str, op: Filters, factor: Tensor, shift: Tensor | None
) -> dict[str, Tensor]:
    found = {key: state[key] for key in (f"{path}.weight", f"{path}.bias") if key in state}
    tensors.before(found, path, op, factor, shift)
    return found


def _rescaling(like: Tensor) -> tuple[Tensor, Tensor]:
    """What torchvision's models multiply each channel by and add to it, each (3,)."""
    mean, std = (like.new_tensor(each, dtype=torch.float64) for each in (MEAN, STD))
    return std / 0.5, (mean - 0.5) / 0.5


def _unable(network: Network, layers: list[Found]) -> str:
    """Why the first layer, which could take it in, doesn't; empty where it does."""
    (path, first), *behind = layers
    op: Filters = first.op  # type: ignore[assignment]  # `obstacle` asked
    if network.input.channels != len(MEAN):
        return f"images have {len(MEAN)} channels, the input has {int(network.input.channels)}"
    if not op.bias and not (behind and isinstance(behind[0][1].op, BatchNorm)):
        return f"{path} has no bias, and no batch norm alone reads what it gives"
    return ""
