"""Activation memory of a forward pass in bytes, from the storages that really live.

Storages are told apart by identity, so views and in-place results cost nothing.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

from compiler.oracle.observe_ops import Ran, storage_key, tensors

# A name for the storage class that mypy sees as a type.
Storage = torch.UntypedStorage


class Whereabouts:
    """Knows by torch's global hooks which part of a model runs: its path, or its owner's."""

    def __init__(self, model: nn.Module) -> None:
        # Modules that share one instance share its first name, as in named_parameters.
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._stack = [""]

    @property
    def path(self) -> str:
        """The innermost module that runs now."""
        return self._stack[-1]

    @contextmanager
    def followed(self) -> Iterator[None]:
        """While the model runs in here, `path` is right."""
        entering = register_module_forward_pre_hook(self._enter)
        leaving = register_module_forward_hook(self._leave)
        try:
            yield
        finally:
            entering.remove()
            leaving.remove()

    def _enter(self, module: nn.Module, args: object) -> None:
        self._stack.append(self._paths.get(id(module), self.path))

    def _leave(self, module: nn.Module, args: object, result: object) -> None:
        self._stack.pop()


class PeakMeter:
    """Follows live storages; `peak` is the largest sum of their bytes after any operator.

    `alive` is the largest one while each path that `where` names took memory.

    Parameters and buffers (`state`) are not counted. All outputs of an aten operator are,
    also those that Python never sees (the int64 indices of a max pool), except batch norm's
    statistics in eval mode: meta makes them (C,), the CPU and CUDA kernels leave them empty.
    """

    def __init__(
        self, state: frozenset[int], image: torch.Tensor, where: Callable[[], str] = str
    ) -> None:
        self.live = 0
        self.peak = 0
        self.alive: dict[str, int] = {}
        self._where = where
        self._seen: dict[int, weakref.ref[Storage]] = {}
        self._state = state
        self._track(image)

    def _track(self, tensor: torch.Tensor) -> None:
        storage, key = tensor.untyped_storage(), storage_key(tensor)
        if key in self._state or key in self._seen:
            return
        size = storage.nbytes()

        def drop(_: object) -> None:
            # Runs as the storage dies, so its key may name another storage from here on.
            del self._seen[key]
            self.live -= size

        self._seen[key] = weakref.ref(storage, drop)
        self.live += size
        self.peak = max(self.peak, self.live)
        if path := self._where():  # The image is there before anything runs.
            self.alive[path] = max(self.live, self.alive.get(path, 0))

    def saw(self, ran: Ran) -> None:
        """Adds the operator's outputs to what is live."""
        made = tensors(ran.out)
        for tensor in made[:1] if ran.bound.get("training") is False else made:
            self._track(tensor)


class SavedBytes:
    """A context that sums the distinct storages that autograd saves for backward, in bytes.

    A saved view counts its whole storage, which it keeps alive. Python numbers never arrive
    here: autograd does not hand wrapped 0-dim numbers to the hooks. `state` is not counted.
    """

    def __init__(self, state: frozenset[int], where: Callable[[], str] = str) -> None:
        self._state = state
        self._where = where
        self.kept: dict[str, int] = {}
        """What each path that `where` names was the first to save."""
        # Holding the storages, not the tensors, keeps their keys unique without a cycle
        # through the graph.
        self._saved: dict[int, Storage] = {}
        self._hooks = saved_tensors_hooks(self._pack, self._unpack)

    def _pack(self, tensor: torch.Tensor) -> None:
        key = storage_key(tensor)
        if key in self._saved:
            return
        self._saved[key] = tensor.untyped_storage()
        if key not in self._state:
            path = self._where()
            self.kept[path] = self.kept.get(path, 0) + self._saved[key].nbytes()

    def _unpack(self, packed: object) -> torch.Tensor:
        raise RuntimeError("an observed forward pass has no backward")

    @property
    def total(self) -> int:
        """Bytes saved so far."""
        return sum(s.nbytes() for key, s in self._saved.items() if key not in self._state)

    def __enter__(self) -> Self:
        self._hooks.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hooks.__exit__(kind, error, trace)
