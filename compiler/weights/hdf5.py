"""Keras's HDF5 files: `.weights.h5` of Keras 3, and the layout of Keras 2 (`.h5`).

Variables go by `layer/variable`, with the layers' names as in a model that was built
first in its session (`conv2d`, `conv2d_1`, …), whatever numbers the file has.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from compiler.weights.extras import needs, unreadable
from compiler.weights.kinds import HDF5, held
from dsl.text.problems import SpecError

Order = Mapping[str, list[str]]
"""Names of layers by kind (`conv2d`), each kind in the order of `model.layers`."""

_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
_VARIABLES = {
    **{f"conv{rank}d": ("kernel", "bias") for rank in (1, 2, 3)},
    **{f"depthwise_conv{rank}d": ("kernel", "bias") for rank in (1, 2, 3)},
    **{f"separable_conv{rank}d": _SEPARABLE for rank in (1, 2, 3)},
    "dense": ("kernel", "bias"),
    "batch_normalization": _NORM,
    "layer_normalization": _NORM[:2],
    "group_normalization": _NORM[:2],
}
_COUNTED = re.compile(f"({'|'.join(_VARIABLES)})(?:_([0-9]+))?")
_MOST_RATIO = 100
"""A file whose arrays are together that much larger than it is holds no weights."""


@dataclass(frozen=True)
class Layer:
    """One layer with its variables by name."""

    name: str
    kind: str
    variables: Mapping[str, Any]


@dataclass
class _Room:
    """A file that is read, and how many bytes its arrays may still take."""

    path: Path
    left: int


def read(path: Path, order: Callable[[], Order]) -> dict[str, Any]:
    """The arrays of a file by `layer/variable`.

    `order` is asked for where layers have no names. Raises `SpecError` for what can't be read.
    """
    with _opened(path) as file:
        room = _Room(path, _MOST_RATIO * path.stat().st_size)
        if "layers" in file:
            layers = list(_keras3(file["layers"], room))
        elif "layer_names" in _weights(file).attrs or "layer_names0" in _weights(file).attrs:
            layers = list(_keras2(_weights(file), room))
        else:
            raise unreadable(path, "it isn't a file of Keras's weights")
    layers = _named(layers, order)
    numbers = _renumbered([layer.name for layer in layers])
    return {
        f"{numbers[layer.name]}/{variable}": array
        for layer in layers
        for variable, array in layer.variables.items()
    }


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with needs("h5py", path):
        import h5py
    held(path, HDF5)
    try:
        file = h5py.File(path, "r")
    except (OSError, RuntimeError, ValueError):
        raise unreadable(path, "it isn't an HDF5 file, or it is damaged") from None
    try:
        with file:
            yield file
    except SpecError:
        raise
    except (OSError, LookupError, RuntimeError, ValueError, TypeError, AttributeError):
        why = "it isn't a file of Keras's weights, or it is damaged"
        raise unreadable(path, why) from None


def _weights(file: Any) -> Any:
    """Where the layers of a Keras 2 file are: a whole model has them in a group of their own."""
    return file.get("model_weights", file)


def _array(group: Any, name: str, room: _Room) -> Any:
    """One array, if it lies in the file itself."""
    import h5py

    found = group[name]
    linked = not isinstance(group.get(name, getlink=True), h5py.HardLink)
    linked = linked or found.file.filename != str(room.path)
    if linked or not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        raise unreadable(room.path, f"{group.name}/{name} isn't an array of its own")
    room.left -= found.nbytes
    if found.dtype.kind not in "fiu" or found.dtype.itemsize > 8 or room.left < 0:
        faults = f"{found.name} can't be weights ({found.dtype}, {found.shape})"
        raise unreadable(room.path, faults)
    return found[()].astype(found.dtype.newbyteorder("="))  # torch takes no other order


def _keras3(layers: Any, room: _Room) -> Iterator[Layer]:
    for group in sorted(layers, key=_by_number):
        kind = re.sub("_[0-9]+$", "", group)
        inside = layers[group].get("vars", {})
        arrays = [_array(inside, key, room) for key in sorted(inside, key=int)]
        if arrays:
            names = _VARIABLES.get(kind, ())
            names = names[1:] if names is _NORM and len(arrays) == 3 else names
            spare = [str(number) for number in range(len(names), len(arrays))]
            named = dict(zip((*names, *spare), arrays, strict=False))
            yield Layer(_text(inside.attrs.get("name", "")), kind, named)


def _by_number(name: str) -> tuple[str, int]:
    kind, _, number = name.rpartition("_")
    return (kind, int(number)) if number.isdigit() else (name, 0)


def _named(layers: list[Layer], order: Callable[[], Order]) -> list[Layer]:
    """Layers that a file has in order only, under the names that the order gives them."""
    if all(layer.name for layer in layers):
        return layers
    rest = {kind: iter(names) for kind, names in order().items()}
    return [
        Layer(next(rest.get(layer.kind, iter(())), f"{layer.kind}_{place}"), *_inside(layer))
        for place, layer in enumerate(layers)
    ]


def _inside(layer: Layer) -> tuple[str, Mapping[str, Any]]:
    return layer.kind, layer.variables


def _keras2(group: Any, room: _Room) -> Iterator[Layer]:
    for layer in _texts(group.attrs, "layer_names"):
        inside = group[layer]
        arrays = {}
        for name in _texts(inside.attrs, "weight_names"):
            variable = re.sub(":[0-9]+$", "", name.rpartition("/")[2])
            arrays[variable] = _array(inside, name, room)
        yield Layer(layer, "", arrays)


def _texts(attrs: Any, name: str) -> list[str]:
    """A list of texts, which Keras splits over several attributes where it is long."""
    chunks = (f"{name}{number}" for number in count())
    keys = [name] if name in attrs else takewhile(attrs.__contains__, chunks)
    items = [item for key in keys for item in attrs[key]]
    return [_text(item) for item in items]


def _text(item: Any) -> str:
    return item.decode() if isinstance(item, bytes) else str(item)


def _renumbered(names: list[str]) -> dict[str, str]:
    """Layers that Keras numbered, numbered from 0 again: a session counts all its models."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        if counted := _COUNTED.fullmatch(name):
            kinds.setdefault(counted[1], []).append((int(counted[2] or 0), name))
    found = {name: name for name in names}
    for kind, numbered in kinds.items():
        for place, (_, name) in enumerate(sorted(numbered)):
            found[name] = f"{kind}_{place}" if place else kind
    return found


def written(layers: list[Layer], path: Path) -> bytes:
    """A `.weights.h5` file of layers in the order of `model.layers`."""
    with needs("h5py", path):
        import h5py
    stream = io.BytesIO()
    counts: dict[str, int] = {}
    with h5py.File(stream, "w") as file:
        for layer in layers:
            number = counts[layer.kind] = counts.get(layer.kind, -1) + 1
            name = f"{layer.kind}_{number}" if number else layer.kind
            group = file.create_group(f"layers/{name}/vars")
            group.attrs["name"] = layer.name
            order = _VARIABLES[layer.kind]
            arrays = sorted(layer.variables.items(), key=lambda item: order.index(item[0]))
            for place, (_, array) in enumerate(arrays):
                group.create_dataset(str(place), data=array)
    return stream.getvalue()
