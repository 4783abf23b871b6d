"""From a recipe's optimizer to torch's, with weight decay on the parameters that it is for."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from compiler.training.rmsprop import TensorFlowRmsProp
from dsl.models.optimizers import Adam, AdamW, Decayed, Optimizer, RmsProp, Sgd

NORMS = (
    nn.modules.batchnorm._BatchNorm,  # what all batch norms are
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.InstanceNorm3d,
    nn.LayerNorm,
    nn.GroupNorm,
)
LINEAR = (nn.Linear, nn.modules.conv._ConvNd)  # what all convolutions are


def kind_of(module: nn.Module, name: str) -> Decayed:
    """What a parameter of a module is to weight decay."""
    if isinstance(module, NORMS):
        return "norms"
    if isinstance(module, LINEAR):
        return "biases" if name == "bias" else "kernels"
    parameter = getattr(module, name)
    return "kernels" if parameter.ndim > 1 and not _broadcast(parameter) else "scales"


def _broadcast(parameter: Tensor) -> bool:
    """Whether it holds one number a channel, in the shape of a map: (C, 1, 1)."""
    return parameter.numel() == max(parameter.shape)


def kinds(model: nn.Module) -> Iterator[tuple[Decayed, nn.Parameter]]:
    """Each parameter that is trained, once, with what it is to weight decay."""
    seen: set[int] = set()
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.requires_grad and id(parameter) not in seen:
                seen.add(id(parameter))
                yield kind_of(module, name), parameter


def optimizer_for(said: Optimizer, model: nn.Module, rate: float) -> torch.optim.Optimizer:
    """torch's optimizer of a model's trained parameters; two groups where some don't decay."""
    found = list(kinds(model))
    decaying = [parameter for kind, parameter in found if kind in said.decay]
    others = [parameter for kind, parameter in found if kind not in said.decay]
    groups = [
        {"params": parameters, "weight_decay": decay}
        for parameters, decay in ((decaying, said.weight_decay), (others, 0.0))
        if parameters
    ]
    match said:
        case Sgd():
            return torch.optim.SGD(groups, lr=rate, momentum=said.momentum, nesterov=said.nesterov)
        case RmsProp() if said.formula == "tensorflow":
            return TensorFlowRmsProp(
                groups, rate, keep=said.decay_rate, momentum=said.momentum, epsilon=said.epsilon
            )
        case RmsProp():
            return torch.optim.RMSprop(
                groups, lr=rate, alpha=said.decay_rate, eps=said.epsilon, momentum=said.momentum
            )
        case AdamW():
            return torch.optim.AdamW(
                groups, lr=rate, betas=(said.beta1, said.beta2), eps=said.epsilon
            )
        case Adam():
            return torch.optim.Adam(
                groups, lr=rate, betas=(said.beta1, said.beta2), eps=said.epsilon
            )
    raise AssertionError(f"no optimizer of torch's for {said.word}")
