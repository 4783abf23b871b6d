"""Layers of plugins: their classes, loaded when a network is built."""

from __future__ import annotations

from typing import Any

from torch import nn

from compiler.ir.op import Call
from compiler.plugins.kinds import LayerKind
from compiler.plugins.places import class_of
from dsl.models.plugins import fault, said


def made(kind: LayerKind, call: Call, *args: Any, **kwargs: Any) -> nn.Module:
    """What a call of a plugin's op constructs. Raises `PluginError`."""
    found = class_of(kind, call.name)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise fault(f"{kind.whose}: {call.name} is no class of torch modules")
    try:
        return found(*args, **kwargs)
    except Exception as error:
        given = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
        written = f"{call.name}({', '.join(given)})"
        raise fault(f"{kind.whose}: {written} fails: {said(error)}") from error
