"""Torch functions that are known before they run without data: chance, and what takes long."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

RANDOM = {
    getattr(holder, name)
    for holder in (torch, Tensor)
    for name in dir(holder)
    if re.fullmatch(
        "(bernoulli|cauchy|exponential|geometric|log_normal|multinomial|normal|poisson|random|"
        "rand|randint|randn|randperm|rrelu|uniform)(_like)?_?",
        name,
    )
    and callable(getattr(holder, name))
}
"""What draws random numbers; tensors without data don't, and so leave no trace of it."""
READ = {Tensor.bernoulli_}
"""Those of which a reader decides."""


def _normed(input: Tensor, *args: Any, training: bool = False, **more: Any) -> Tensor:
    """What a batch norm gives: torch works its shape out at length."""
    values = input.numel() // input.shape[1]
    if training and values == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got {values}")
    return torch.empty_like(input)


STAND_INS: Mapping[Any, Callable[..., Any]] = {F.batch_norm: _normed}
"""What runs instead of functions that take long without data."""
