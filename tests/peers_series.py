"""Two packages' InceptionTime, without what the packages import: a file of each, and stand-ins.

aeon is a library of its own for series, on numba and pandas, and tsai is one on fastai. What an
InceptionTime computes lies in one file of aeon's and in two of tsai's; those are run here as they
were installed. What they take from elsewhere has a stand-in, and no stand-in computes anything
but tsai's second norm, which is fastai's: torch's with an offset that begins at 0.001.
"""

from __future__ import annotations

import ast
import enum
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from unittest import mock

import torch
from torch import nn

from tests.peers import keras

__all__ = ["aeon_network", "tsai_network"]


def _parsed(package: str, path: str) -> ast.Module:
    """A file of an installed package, which isn't imported. Raises ImportError if it is absent."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed", name=package)
    file = Path(spec.submodule_search_locations[0]) / path
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


# --- aeon ---


def aeon_network(channels: int, classes: int) -> Any:
    """aeon's `InceptionNetwork` as its classifier builds it, up to logits, for any length.

    It asks for TensorFlow and takes nothing of it but `tf.keras`, which is Keras on torch here.
    """
    base = ModuleType("aeon.networks.base")
    base.BaseDeepLearningNetwork = type(  # type: ignore[attr-defined]
        "BaseDeepLearningNetwork", (), {"_config": {}}
    )
    tensorflow = ModuleType("tensorflow")
    tensorflow.keras = keras()  # type: ignore[attr-defined]
    code = compile(_parsed("aeon", "networks/encoder/_inception.py"), "aeon", "exec")
    names: dict[str, Any] = {"__name__": "aeon.networks.encoder._inception"}
    with mock.patch.dict(sys.modules, {base.__name__: base, tensorflow.__name__: tensorflow}):
        exec(code, names)
        start, pooled = names["InceptionNetwork"]().build_network((None, channels))
    return keras().Model(start, keras().layers.Dense(classes)(pooled))


# --- tsai ---

LAYERS = frozenset({"Add", "BN1d", "Concat", "Conv1d", "ConvBlock", "GAP1d", "Norm", "Reshape"})
"""What `tsai/models/InceptionTime.py` takes from `tsai/models/layers.py`, and what that takes."""


class _Module(nn.Module):
    """fastcore's: an `__init__` needn't call its base's."""

    def __new__(cls, *args: object, **options: object) -> Self:
        made = super().__new__(cls)
        nn.Module.__init__(made)
        return made


def _batch_norm(channels: int, norm_type: enum.Enum, ndim: int) -> nn.Module:
    assert norm_type.name == "Batch"
    layer: nn.Module = getattr(nn, f"BatchNorm{ndim}d")(channels)
    nn.init.constant_(layer.bias, 1e-3)  # type: ignore[arg-type]  # a module's attribute
    return layer


def _init_linear(layer: nn.Module, act: object, **_: object) -> None:
    """fastai's draws nothing but biases where no activation follows: torch's own rule stands."""
    assert act is None and layer.bias is None


def _delegates(_: object) -> Any:
    """fastcore's changes what a signature shows."""
    return lambda made: made


def _stand_ins() -> dict[str, Any]:
    norm_types = enum.Enum("NormType", "Batch BatchZero Weight Spectral Instance InstanceZero")  # type: ignore[misc]  # named as theirs
    return {
        "__name__": "tsai.models.InceptionTime",
        "torch": torch,
        "nn": nn,
        "partial": partial,
        "Tensor": torch.Tensor,
        "Module": _Module,
        "NormType": norm_types,
        "BatchNorm": _batch_norm,
        "init_linear": _init_linear,
        "delegates": _delegates,
        "snake2camel": str.title,
        "noop": lambda x: x,
        "ifnone": lambda a, b: b if a is None else a,
    }


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


@cache
def _tsai() -> dict[str, Any]:
    """The names that tsai's file of InceptionTime defines."""
    layers = _parsed("tsai", "models/layers.py")
    layers.body = [line for line in layers.body if LAYERS.intersection(_defined(line))]
    network = _parsed("tsai", "models/InceptionTime.py")
    network.body = [line for line in network.body if not isinstance(line, ast.ImportFrom)]
    names = _stand_ins()
    for part in (layers, network):
        exec(compile(part, "tsai", "exec"), names)
    return names


def tsai_network(channels: int, classes: int = 5) -> nn.Module:
    """tsai's `InceptionTime` at its defaults."""
    made: nn.Module = _tsai()["InceptionTime"](channels, classes)
    return made
