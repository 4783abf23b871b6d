"""The torch class, which is loaded when a network is built."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAST = 8


class CoordinateAttention(nn.Module):
    """Scales a map along each axis by what its averages along all axes say.

    (N, C, *grid) -> (N, C, *grid); arXiv:2103.02907 for two axes.
    """

    def __init__(self, channels: int, axes: int, reduction: int = 32) -> None:
        super().__init__()
        self.axes = range(2, 2 + axes)
        middle = max(LEAST, channels // reduction)
        self.squeeze = nn.Conv1d(channels, middle, 1)
        self.norm = nn.BatchNorm1d(middle)
        self.expand = nn.ModuleList(nn.Conv1d(middle, channels, 1) for _ in self.axes)

    def forward(self, x: Tensor) -> Tensor:
        for gate in self.gates(x):
            x = x * gate
        return x

    def gates(self, x: Tensor) -> list[Tensor]:
        """What the map is scaled by, one for each axis: (N, C, 1, W) for the last of two."""
        means = [self.mean(x, axis) for axis in self.axes]
        y = self.norm(self.squeeze(torch.cat(means, dim=2)))
        parts = torch.split(F.hardswish(y), [mean.shape[2] for mean in means], dim=2)
        return [
            self.along(torch.sigmoid(expand(parts[place])), self.axes[place])
            for place, expand in enumerate(self.expand)
        ]

    def mean(self, x: Tensor, axis: int) -> Tensor:
        """The averages over all other axes of the grid: (N, C, size)."""
        others = [other for other in self.axes if other != axis]
        return x.mean(others) if others else x

    def along(self, gate: Tensor, axis: int) -> Tensor:
        """A gate (N, C, size) as it stands beside the map."""
        for other in self.axes:
            if other != axis:
                gate = gate.unsqueeze(other)
        return gate
