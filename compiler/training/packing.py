"""A nest of tensors, numbers and texts as one safetensors file, and back to the bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

TENSOR = "tensor:"
"""How a text begins that stands for a tensor of the file."""
NEST = "nest"
"""The file's metadata that says how its tensors hang together."""


def pack(nest: Any) -> bytes:
    """The bytes of a safetensors file that holds a nest of dicts, lists, tensors and plain values.

    Raises `TypeError` for a value of another kind, and for a text that begins with `TENSOR`.
    """
    from safetensors.torch import save  # An extra.

    tensors: dict[str, Tensor] = {}
    told = json.dumps(_said(nest, "", tensors))
    return save(tensors or {"none": torch.empty(0)}, {NEST: told})


def unpack(path: Path) -> Any:
    """What `pack` wrote. Raises `ValueError` for a file that it didn't write, or not whole."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            told = (file.metadata() or {}).get(NEST)
            if told is None:
                raise ValueError(f"{path} holds no state of a run")
            return _read(json.loads(told), file)
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{path} holds no state of a run") from None
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged, or was cut off: {error}") from None


def _said(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    """The same with texts in place of tensors; keys that are no texts are kept as pairs."""
    match value:
        case Tensor():
            tensors[place] = value.detach().cpu().contiguous().clone()
            return TENSOR + place
        case dict():
            return {
                "pairs": [
                    [key, _said(item, f"{place}.{key}", tensors)] for key, item in value.items()
                ]
            }
        case list() | tuple():
            return [_said(item, f"{place}.{i}", tensors) for i, item in enumerate(value)]
        case str() if value.startswith(TENSOR):
            raise TypeError(f"{place} begins with {TENSOR}")
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"{place} is a {type(value).__name__}, which no state holds")


def _read(said: Any, file: Any) -> Any:
    match said:
        case dict():
            return {key: _read(item, file) for key, item in said["pairs"]}
        case list():
            return [_read(item, file) for item in said]
        case str() if said.startswith(TENSOR):
            return file.get_tensor(said.removeprefix(TENSOR))
    return said
