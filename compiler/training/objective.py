"""What is minimised: the loss of a network with its auxiliary heads, as one module."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from compiler.ir.ending import endings
from compiler.ir.network import Network
from compiler.nn.loss import Criterion
from compiler.nn.module import CompiledNetwork
from compiler.training.faults import TrainingFault


class Objective(nn.Module):
    """Images and their classes to (mean loss, logits): (N, C, H, W), (N,) -> (), (N, classes).

    One module, so that what wraps a module to share its gradients sees all of the pass.
    """

    def __init__(self, model: nn.Module, criterion: Criterion | None = None) -> None:
        super().__init__()
        self.model = model
        self.criterion = criterion

    def forward(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        output: Any = self.model(x)
        loss: Tensor = self.model.loss(output, target, self.criterion)  # type: ignore[operator]
        logits: Tensor = output if isinstance(output, Tensor) else output.logits
        return loss, logits.detach()


def objective(model: CompiledNetwork, label_smoothing: float = 0.0) -> Objective:
    """The objective of a compiled network. Raises `TrainingFault` where none follows from it."""
    check_endings(model.network, label_smoothing)
    if not label_smoothing:
        return Objective(model)
    return Objective(model, partial(F.cross_entropy, label_smoothing=label_smoothing))


def check_endings(network: Network, label_smoothing: float) -> None:
    """Raise `TrainingFault` for heads that can't learn one class an image."""
    for head, ending in endings(network).items():
        if ending not in ("logits", "softmax"):
            message = f"{head} of {network.name} doesn't end in logits, nor in their softmax"
            raise TrainingFault(message, "training takes a network that gives one class an image")
        if label_smoothing and ending != "logits":
            message = f"{head} of {network.name} ends in a softmax, and labels can't be smoothed"
            raise TrainingFault(message, "leave the softmax out of the head: losses take logits")
