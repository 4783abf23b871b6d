"""Activation memory of a forward pass in bytes, from the storages that really live.

Storages are told apart by identity, so views and in-place results cost nothing.
"""

import weakref
from types import TracebackType
from typing import Self

import torch
from torch.autograd.graph import saved_tensors_hooks

from compiler.oracle.observe_ops import Ran, storage_key, tensors

# A name for the storage class that mypy sees as a type.
Storage = torch.UntypedStorage


class PeakMeter:
    """Follows live storages; `peak` is the largest sum of their bytes after any operator.

    Parameters and buffers (`state`) are not counted. All outputs of an aten operator are,
    also those that Python never sees (the int64 indices of a max pool), except batch norm's
    statistics in eval mode: meta makes them (C,), the CPU and CUDA kernels leave them empty.
    """

    def __init__(self, state: frozenset[int], image: torch.Tensor) -> None:
        self.live = 0
        self.peak = 0
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

    def __init__(self, state: frozenset[int]) -> None:
        self._state = state
        # Holding the storages, not the tensors, keeps their keys unique without a cycle
        # through the graph.
        self._saved: dict[int, Storage] = {}
        self._hooks = saved_tensors_hooks(self._pack, self._unpack)

    def _pack(self, tensor: torch.Tensor) -> None:
        self._saved.setdefault(storage_key(tensor), tensor.untyped_storage())

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
