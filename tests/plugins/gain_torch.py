"""The torch class of `gain.py`."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: F401  # what a copy doesn't need stays behind


class ChannelGain(nn.Module):
    """A factor for each channel that is learnt."""

    def __init__(self, channels: int, start: float, *, hard: bool = False) -> None:
        super().__init__()
        self.start, self.hard = start, hard
        self.weight = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.constant_(self.weight, self.start)

    def forward(self, x: Tensor) -> Tensor:
        gain = self.weight.clamp(max=1) if self.hard else self.weight
        return x * gain.reshape(1, -1, *[1] * (x.dim() - 2))
