"""What is done before a model runs: wrappers off, and what can't be followed is named."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from compiler.importing.faults import INEXPRESSIBLE, UNUSABLE, Reason, hold_none, refuse, told

WRAPPERS = {"DataParallel": "module", "DistributedDataParallel": "module"}
"""Classes around a model that compute nothing, and where they hold it."""
COMPILED = "_orig_mod"
"""Where `torch.compile` keeps the model."""


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside of what only runs it: on several devices, or compiled."""
    inner = getattr(model, WRAPPERS.get(type(model).__name__, COMPILED), None)
    return unwrapped(inner) if isinstance(inner, nn.Module) else model


def hold_runnable(model: nn.Module) -> None:
    """Refuse what can't be followed, or only fails in ways that don't say why."""
    hold_none(_obstacles(model))


def _obstacles(model: nn.Module) -> Iterator[tuple[str, Reason]]:
    """The modules that can't be run as they are, and why not."""
    inside: set[nn.Module] = set()
    for path, module in model.named_modules():
        kind = type(module).__name__
        if module in inside:
            continue
        if isinstance(module, torch.jit.ScriptModule):
            inside.update(module.modules())
            why = "is compiled by TorchScript, where nothing can be followed"
            help = "import the model that it was made from"
            yield path, Reason(kind, UNUSABLE, why, help)
        elif any(map(nn.parameter.is_lazy, module.parameters(recurse=False))):
            help = "run it once, then import what that leaves"
            yield path, Reason(kind, UNUSABLE, "has no sizes yet", help)
        if isinstance(module, _BatchNorm) and module.momentum is None:
            why = "averages all batches alike (momentum=None), "
            why += "a spec's batch norm the last ones more"
            yield path, Reason(kind, INEXPRESSIBLE, why)


def bare(model: nn.Module) -> Any:
    """A copy whose parameters and buffers have shapes but no data."""
    memo: dict[int, Any] = {}
    for weight in model.parameters():
        memo[id(weight)] = nn.Parameter(_empty(weight), weight.requires_grad)
    for buffer in model.buffers():
        memo[id(buffer)] = _empty(buffer)
    try:
        return copy.deepcopy(model, memo)
    except Exception as error:  # noqa: BLE001  # whatever the user's own code raises
        refuse(UNUSABLE, f"{type(model).__name__} can't be copied: {told(error)}")


def _empty(tensor: Tensor) -> Tensor:
    return torch.empty_like(tensor, device="meta", requires_grad=False)


def dice() -> tuple[Any, ...]:
    """What the next random numbers depend on."""
    return random.getstate(), torch.get_rng_state().numpy().tobytes()
