"""The average of weights over steps, which is evaluated in their place."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors = list[Tensor] | tuple[Tensor, ...]


def averaged(model: nn.Module, keep: float) -> AveragedModel:
    """A copy of a model that follows it: `average = keep · average + (1 - keep) · weights`.

    Running statistics are averaged as well, so that they fit the weights that they are beside;
    counters are those of the model.
    """
    mean = get_ema_multi_avg_fn(keep)  # type: ignore[no-untyped-call]

    def follow(averages: Tensors, now: Tensors, count: Any) -> None:
        if averages[0].is_floating_point():
            mean(averages, now, count)
            return
        for average, value in zip(averages, now, strict=True):
            average.copy_(value)

    average = AveragedModel(model, multi_avg_fn=follow, use_buffers=True)
    average.requires_grad_(False)
    return average
