"""Gradient checkpointing that leaves a network's results alone, its running statistics included."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

Context = AbstractContextManager[None]
Modes = list[tuple[nn.Module, bool]]


def checkpointed(module: nn.Module, x: Tensor) -> Tensor:
    """`module(x)`, run again in the backward pass instead of keeping what that needs.

    Outputs, gradients, random numbers and running statistics are those of a plain call.
    """
    y: Tensor
    if torch.compiler.is_compiling():  # Writes to buffers leave what it traces, so happen once.
        y = checkpoint(module, x, use_reentrant=False)
    else:
        modes = [(part, part.training) for part in module.modules()]
        contexts = partial(_contexts, module, modes)
        y = checkpoint(module, x, use_reentrant=False, context_fn=contexts)
    return y


def _contexts(module: nn.Module, modes: Modes) -> tuple[Context, Context]:
    """What the first run and the second each run in."""
    return nullcontext(), _AsBefore(module, modes)


class _AsBefore(AbstractContextManager[None]):
    """Inside, a module is in the `modes` that it was in, and writes to copies of its buffers.

    A model may be in evaluation by the time of its backward pass. And batch norm would count
    each batch twice. The copies stand in place of the buffers, not beside a switch, so that
    autograd keeps the same tensors both times.
    """

    def __init__(self, module: nn.Module, modes: Modes) -> None:
        self._module, self._modes = module, modes
        self._later: Modes = []
        self._held: list[tuple[nn.Module, str, Tensor]] = []

    def __enter__(self) -> None:
        self._held = [
            (owner, name, buffer)
            for owner in self._module.modules()
            for name, buffer in owner.named_buffers(recurse=False)
        ]
        for owner, name, buffer in self._held:
            setattr(owner, name, buffer.clone())
        self._later = [(part, part.training) for part, _ in self._modes]
        _restore(self._modes)

    def __exit__(self, *_: object) -> None:
        for owner, name, buffer in self._held:
            setattr(owner, name, buffer)
        self._held = []
        _restore(self._later)


def _restore(modes: Modes) -> None:
    for part, training in modes:
        part.training = training
