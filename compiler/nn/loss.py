"""The training loss of one head, by what it ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.ir.op import Ending
from compiler.nn.runtime import sigmoid_loss, softmax_loss

Criterion = Callable[[Tensor, Tensor], Tensor]


def criterion_for(head: str, ending: Ending) -> Criterion:
    """The loss that is right for a head.

    Raises `ValueError` where what comes out is neither logits nor probabilities.
    """
    match ending:
        case "logits":
            return F.cross_entropy
        case "softmax":
            return softmax_loss
        case "sigmoid":
            return lambda output, target: _binary(head, output, target)
    message = f"{head} changes the probabilities that it has, so no loss follows from it"
    raise ValueError(f"{message}: give loss a criterion")


def weighted(
    output: Any, target: Tensor, criteria: Mapping[str, Criterion], weights: Mapping[str, float]
) -> Tensor:
    """The loss of what a network gave: of logits, or of these and then each head by its weight.

    `criteria` are those of the heads by name, and of `logits`.
    """
    if isinstance(output, Tensor):
        return criteria["logits"](output, target)
    logits, *heads = output
    total = criteria["logits"](logits, target)
    for (name, weight), head in zip(weights.items(), heads, strict=True):
        total = total + weight * criteria[name](head, target)
    return total


def _binary(head: str, output: Tensor, target: Tensor) -> Tensor:
    if output.shape != target.shape:
        wanted = f"a target of the output's shape {tuple(output.shape)}, each number from 0 to 1"
        message = f"{head} ends in a sigmoid, so its loss takes {wanted}"
        raise ValueError(f"{message}; got {tuple(target.shape)}")
    with torch.autocast(output.device.type, enabled=False):  # which torch's function refuses
        return sigmoid_loss(output, target)
