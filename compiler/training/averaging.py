"""The average of weights over steps, which is evaluated in their place."""

from __future__ import annotations

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def averaged(model: nn.Module, keep: float) -> AveragedModel:
    """A copy of a model that follows it: `average = keep · average + (1 - keep) · weights`.

    Running statistics are averaged as well, so that they fit the weights that they are beside.
    """
    follow = get_ema_multi_avg_fn(keep)  # type: ignore[no-untyped-call]
    average = AveragedModel(model, multi_avg_fn=follow, use_buffers=True)
    average.requires_grad_(False)
    return average
