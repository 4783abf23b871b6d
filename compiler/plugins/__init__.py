"""Layers of a user's own: all that a plugin needs, and how one is used from Python.

A plugin is a module that makes a `LayerKind`: its model, which says how the layer is written; its
op, which knows every fact about it; and where its torch class is. An installed package is found by
its entry point, a file is named by `--plugin` or `load`; see docs/plugins.md.

Nothing here needs torch.
"""

from __future__ import annotations

from pydantic import BeforeValidator, model_validator

from compiler.ir.facts import Extra, Saved, Window, Work
from compiler.ir.op import Call, Op, Shape, ShapeFault
from compiler.plugins.kinds import Family, LayerKind
from compiler.plugins.loading import load, register
from dsl.models.fields import (
    Channels,
    Count,
    Flag,
    NotNegative,
    Number,
    Positive,
    Reference,
    Share,
    Whole,
    one_of,
)
from dsl.models.kernels import Stride
from dsl.models.model import Layer, Spelled
from dsl.models.plugins import PluginError, forget

__all__ = [
    "BeforeValidator",
    "Call",
    "Channels",
    "Count",
    "Extra",
    "Family",
    "Flag",
    "Layer",
    "LayerKind",
    "NotNegative",
    "Number",
    "Op",
    "PluginError",
    "Positive",
    "Reference",
    "Saved",
    "Shape",
    "ShapeFault",
    "Share",
    "Spelled",
    "Stride",
    "Whole",
    "Window",
    "Work",
    "forget",
    "load",
    "model_validator",
    "one_of",
    "register",
]
