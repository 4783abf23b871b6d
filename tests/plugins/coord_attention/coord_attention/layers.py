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
        middle = max(LEAST, channels // reduction)
        self.squeeze = nn.Conv1d(channels, middle, 1)
        self.norm = nn.BatchNorm1d(middle)
        self.expand = nn.ModuleList(nn.Conv1d(middle, channels, 1) for _ in range(axes))

    def forward(self, x: Tensor) -> Tensor:
        for gate in self.gates(x):
            x = x * gate
        return x

    def gates(self, x: Tensor) -> list[Tensor]:
        """What the map is scaled by, one for each axis: (N, C, 1, W) for the last of two."""
        means = [_mean(x, axis) for axis in range(2, x.dim())]
        y = self.norm(self.squeeze(torch.cat(means, dim=2)))
        parts = torch.split(F.hardswish(y), [mean.shape[2] for mean in means], dim=2)
        return [
            _along(torch.sigmoid(expand(part)), axis, x.dim())
            for axis, (expand, part) in enumerate(zip(self.expand, parts, strict=True), 2)
        ]


def _mean(x: Tensor, axis: int) -> Tensor:
    """The averages over all other axes of the grid: (N, C, size)."""
    others = [other for other in range(2, x.dim()) if other != axis]
    return x.mean(others) if others else x


def _along(gate: Tensor, axis: int, rank: int) -> Tensor:
    """A gate (N, C, size) as it stands beside the map."""
    shape = [1] * rank
    shape[:2], shape[axis] = gate.shape[:2], gate.shape[2]
    return gate.view(shape)
