"""What is minimised: the loss of a network with its auxiliary heads, as one module.

It follows from the tree, not from the module, so that emitted source has the same.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from compiler.ir.ending import endings
from compiler.ir.network import Network
from compiler.nn.loss import Criterion, criterion_for, weighted
from compiler.training.faults import TrainingFault


class Loss:
    """The mean loss of what a network's module gives: logits, or in training heads as well.

    Raises `TrainingFault` for a network that has none.
    """

    def __init__(self, network: Network, label_smoothing: float = 0.0) -> None:
        check_endings(network, label_smoothing)
        self._network = network
        self._weights = {tap.name: tap.weight for tap in network.taps}
        smoothed = partial(F.cross_entropy, label_smoothing=label_smoothing)
        self._criteria: dict[str, Criterion] = {
            head: smoothed if label_smoothing else criterion_for(head, ending)
            for head, ending in endings(network).items()
        }

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        if not isinstance(output, Tensor) and not self._fits(output):
            heads = ", ".join(["logits", *self._weights])
            message = f"a module of {self._network.name} gives logits, or in training {heads}"
            help = "in one tuple, in this order: as the emitted source does"
            raise TrainingFault(f"{message}; this one gave {type(output).__name__}", help)
        return weighted(output, target, self._criteria, self._weights)

    def _fits(self, output: Any) -> bool:
        return isinstance(output, tuple) and len(output) == 1 + len(self._weights)


class Objective(nn.Module):
    """Images and their classes to (mean loss, logits): (N, C, H, W), (N,) -> (), (N, classes).

    One module, so that what wraps a module to share its gradients sees all of the pass.
    """

    def __init__(self, model: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.model = model
        self.loss = loss

    def forward(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        output: Any = self.model(x)
        loss = self.loss(output, target)
        logits: Tensor = output if isinstance(output, Tensor) else output[0]
        return loss, logits.detach()


def check_endings(network: Network, label_smoothing: float) -> None:
    """Raise `TrainingFault` for heads that can't learn one class an image."""
    for head, ending in endings(network).items():
        whose = network.name if head == "logits" else f"{network.name}.{head}"
        if ending not in ("logits", "softmax"):
            ends = "ends in a sigmoid" if ending == "sigmoid" else "changes its probabilities"
            help = "leave out what stands behind its last layer of weights: losses take logits"
            raise TrainingFault(f"{whose} {ends}, and each image here is of one class", help)
        if label_smoothing and ending != "logits":
            message = f"{whose} ends in a softmax, and labels can't be smoothed"
            raise TrainingFault(message, "leave the softmax out of the head: losses take logits")
