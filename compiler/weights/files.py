"""Checkpoints as files: torch's, safetensors, and Keras's HDF5."""

from __future__ import annotations

import io
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from compiler.weights import hdf5
from compiler.weights.extras import needs, unreadable
from compiler.weights.kinds import ZIP, first, held, is_safetensors
from dsl.text.problems import shown

State = dict[str, Tensor]

WRAPPERS = ("state_dict", "model_state_dict", "model", "state_dict_ema", "model_ema")
"""Under what training scripts put a state dict; the first that is there is taken."""
PREFIXES = {"module.": "DataParallel writes them", "_orig_mod.": "torch.compile's models have them"}
"""What stands in front of all names, and why."""
_FAULTS = (
    pickle.UnpicklingError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    ArithmeticError,
    struct.error,
)
"""What `torch.load` raises for files that are damaged, each at another place."""


DAMAGED = "it is damaged, or was cut off"


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
        return Checkpoint(_as_tensors(hdf5.read(path, order), str(path)), str(path))
    readers = {".safetensors": _safetensors, ".pth": _torch, ".pt": _torch, ".bin": _torch}
    if path.suffix not in readers:
        known = ", ".join([*readers, ".weights.h5", ".h5"])
        raise unreadable(path, f"its kind isn't known; a checkpoint ends in {known}")
    return from_state(readers[path.suffix](path), str(path))


def from_state(state: Mapping[Any, Any], origin: str = "a state dict") -> Checkpoint:
    """A state dict as a checkpoint: taken out of what training scripts put around it."""
    notes = []
    for key in WRAPPERS:
        inner = state.get(key)
        if isinstance(inner, Mapping):
            notes.append(f"the weights stand under {key!r}; what is beside them was passed over")
            state = inner
            break
    for name in state:
        if not (isinstance(name, str) and name.isprintable()):
            raise unreadable(origin, f"{shown(name)} is no name, so this isn't a state dict")
    while prefix := next((each for each in PREFIXES if _all_begin(state, each)), ""):
        state = {name.removeprefix(prefix): value for name, value in state.items()}
        notes.append(f"the names began with {prefix}, as {PREFIXES[prefix]}")
    return Checkpoint(_as_tensors(state, origin), origin, tuple(notes))


def _all_begin(state: Mapping[str, Any], prefix: str) -> bool:
    return bool(state) and all(name.startswith(prefix) for name in state)


def _as_tensors(state: Mapping[str, Any], origin: str) -> State:
    return {name: _as_tensor(name, value, origin) for name, value in state.items()}


def _as_tensor(name: str, value: Any, origin: str) -> Tensor:
    """A tensor that can be copied. Raises `SpecError` for any other."""
    if not isinstance(value, Tensor) and not hasattr(value, "shape"):
        raise unreadable(origin, f"{name} is no tensor, so this isn't a state dict")
    try:
        tensor = torch.as_tensor(value).detach()
    except (TypeError, ValueError, RuntimeError):
        kind = type(value).__name__
        why = f"{name} is of type {kind}, and torch can't make a tensor of it"
        raise unreadable(origin, why) from None
    if tensor.is_meta:
        raise unreadable(origin, f"{name} is on meta and holds no numbers")
    if tensor.layout != torch.strided or tensor.is_nested:
        raise unreadable(origin, f"{name} isn't stored densely; call its to_dense() first")
    return tensor


def _torch(path: Path) -> Mapping[str, Any]:
    """A file of `torch.save`, of which only tensors are read."""
    held(path, ZIP, b"\x80")
    packed = first(path).startswith(ZIP)
    if packed and (why := _packing(path)):
        raise unreadable(path, why)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of pickles that torch.save doesn't write.
            found = torch.load(path, map_location="cpu", weights_only=True)
    except _FAULTS as error:
        raise unreadable(path, _why(error, packed)) from None
    if not isinstance(found, Mapping):
        raise unreadable(path, f"it holds {_article(type(found).__name__)}, not a state dict")
    return found


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _packing(path: Path) -> str:
    """What is wrong with an archive before anything in it is read; empty for nothing.

    `torch.save` compresses nothing, so what would unpack to more than the file isn't its work.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            inside = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        return DAMAGED
    if any(info.filename.endswith("/constants.pkl") for info in inside):
        return "it is a TorchScript archive; save its state_dict() instead"
    if not any(info.filename.endswith("data.pkl") for info in inside):
        return "it is a zip archive, and torch.save didn't write it"
    whole = sum(info.file_size for info in inside)
    return "it is compressed, and torch.save wouldn't" if whole > path.stat().st_size else ""


def _why(error: Exception, packed: bool) -> str:
    """Why `torch.load` refused, in our words: its own lead astray, or tell of its insides."""
    text = str(error)
    code = isinstance(error, pickle.UnpicklingError) and not (
        "nsupported operand" in text or "truncated" in text
    )
    if code:
        return "it holds more than tensors, which could run code; save its state_dict() instead"
    return DAMAGED if packed else "it isn't a file of torch.save, or it is damaged"


def _safetensors(path: Path) -> Mapping[str, Any]:
    with needs("safetensors", path):
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    if not is_safetensors(path):
        held(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, LookupError, RuntimeError, TypeError):
        raise unreadable(path, "it isn't a file of safetensors, or it is damaged") from None


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
