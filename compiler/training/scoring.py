"""Counting what a network gets right, over all batches and processes."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from compiler.training.processes import World
from compiler.training.records import Scores


@dataclass
class Tally:
    """Sums over images: losses, those that were right at once, and within five, and all of them.

    In float64, so that their number doesn't matter.
    """

    device: torch.device
    sums: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.sums = torch.zeros(4, dtype=torch.float64, device=self.device)

    def add(self, logits: Tensor, target: Tensor, loss: Tensor) -> Tensor:
        """Count a batch, of which `loss` is the mean; gives the class that each is told to be."""
        told = logits.topk(min(5, logits.shape[1])).indices
        best = told == target[:, None]
        count = torch.tensor(float(len(target)), dtype=torch.float64, device=self.device)
        right = best[:, 0].sum().double()
        self.sums += torch.stack([loss.double() * count, right, best.sum().double(), count])
        return told[:, 0]

    def scores(self, world: World) -> Scores:
        """The means over all that was counted, in every process; 0 of nothing."""
        *sums, count = world.summed(self.sums.clone()).tolist()
        return Scores(*(each / max(count, 1) for each in sums))
