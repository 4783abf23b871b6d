"""Checkpoints as files: torch's, safetensors, and Keras's HDF5."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from compiler.weights import hdf5
from compiler.weights.extras import needs, unreadable

State = dict[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, where they came from, and what was done to get at them."""

    tensors: State
    origin: str
    notes: tuple[str, ...] = ()


def read(path: Path, order: Callable[[], hdf5.Order]) -> Checkpoint:
    """The tensors of a file, by the kind that its suffix says.

    `order` gives the layers of Keras files that don't name them. Raises `SpecError` for what
    can't be read; nothing but tensors is ever unpickled.
    """
    if not path.is_file():
        raise unreadable(path, "it is a directory" if path.is_dir() else "no such file")
    if path.suffix in (".h5", ".hdf5"):
        return Checkpoint(_as_tensors(hdf5.read(path, order)), str(path))
    readers = {".safetensors": _safetensors, ".pth": _torch, ".pt": _torch, ".bin": _torch}
    if path.suffix not in readers:
        known = ", ".join([*readers, ".weights.h5", ".h5"])
        raise unreadable(path, f"its kind isn't known; a checkpoint ends in {known}")
    return from_state(readers[path.suffix](path), str(path))


def from_state(state: Mapping[str, Any], origin: str = "a state dict") -> Checkpoint:
    """A state dict as a checkpoint: taken out of what training scripts put around it."""
    notes = []
    for key in ("state_dict", "model_state_dict", "model"):
        inner = state.get(key)
        if isinstance(inner, Mapping):
            notes.append(f"the weights stand under {key!r}; what is beside them was passed over")
            state = inner
            break
    if state and all(str(name).startswith("module.") for name in state):
        state = {name.removeprefix("module."): value for name, value in state.items()}
        notes.append("the names began with module., as DataParallel writes them")
    odd = [str(name) for name, value in state.items() if not hasattr(value, "shape")]
    if odd:
        raise unreadable(origin, f"{odd[0]} is no tensor, so this isn't a state dict")
    return Checkpoint(_as_tensors(state), origin, tuple(notes))


def _as_tensors(state: Mapping[str, Any]) -> State:
    return {name: torch.as_tensor(value).detach() for name, value in state.items()}


def _torch(path: Path) -> Mapping[str, Any]:
    """A file of `torch.save`, of which only tensors are read."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        why = "it holds more than tensors, which could run code; save its state_dict() instead"
        raise unreadable(path, why) from None
    except (RuntimeError, EOFError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise unreadable(path, str(error).partition("\n")[0]) from None
    if not isinstance(found, Mapping):
        raise unreadable(path, f"it holds a {type(found).__name__}, not a state dict")
    return found


def _safetensors(path: Path) -> Mapping[str, Any]:
    with needs("safetensors", path):
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    try:
        return load_file(path)
    except SafetensorError as error:
        raise unreadable(path, str(error)) from None


def written(state: State, path: Path) -> bytes:
    """A state dict as a file's content, of the kind that the path's suffix says.

    Raises `SpecError` for a kind that can't be written.
    """
    if path.suffix in (".pth", ".pt"):
        stream = io.BytesIO()
        torch.save(state, stream)
        return stream.getvalue()
    if path.suffix == ".safetensors":
        with needs("safetensors", path):
            from safetensors.torch import save
        return save({name: value.contiguous() for name, value in state.items()}, {"format": "pt"})
    raise unreadable(path, "it must end in .pth, .pt, .safetensors or .weights.h5", verb="write")


def written_keras(layers: list[hdf5.Layer], path: Path) -> bytes:
    """Keras's layers, in the order of `model.layers`, as the content of a `.weights.h5`."""
    return hdf5.written(layers, path)
