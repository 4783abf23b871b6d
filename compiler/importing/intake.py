"""What is done before a model runs: wrappers off, and what can't be followed is named."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from compiler.importing.faults import INEXPRESSIBLE, UNUSABLE, place, refuse

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
    for path, module in model.named_modules():
        where = place(path, type(module).__name__)
        if isinstance(module, torch.jit.ScriptModule):
            refuse(
                UNUSABLE,
                f"{where}: is compiled by TorchScript, where nothing can be followed",
                "import the model that it was made from",
            )
        if any(map(nn.parameter.is_lazy, module.parameters(recurse=False))):
            refuse(
                UNUSABLE, f"{where}: has no sizes yet", "run it once, then import what that leaves"
            )
        if isinstance(module, _BatchNorm) and module.momentum is None:
            refuse(
                INEXPRESSIBLE,
                f"{where}: averages all batches alike (momentum=None), a spec's batch norm the "
                "last ones more",
            )


def dice() -> tuple[Any, ...]:
    """What the next random numbers depend on."""
    return random.getstate(), torch.get_rng_state().numpy().tobytes()
