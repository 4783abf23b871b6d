"""From a spec to everything else: module, source, diagrams, cost.

Importing this package does not import torch; what builds modules does, on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from compiler.missing import advice
from compiler.version import __version__ as __version__

if TYPE_CHECKING:
    from compiler.exporting.export import export as export
    from compiler.nn.extractor import compile_features as compile_features
    from compiler.nn.extractor import feature_extractor as feature_extractor
    from compiler.nn.module import compile_spec as compile_spec
    from compiler.plugins.schema import json_schema as json_schema
    from compiler.running.preparing import optimize_for_inference as optimize_for_inference
    from compiler.training.calling import train as train
    from compiler.weights import export_weights as export_weights
    from compiler.weights import load_weights as load_weights

__all__ = [
    "compile_features",
    "compile_spec",
    "export",
    "export_weights",
    "feature_extractor",
    "json_schema",
    "load_weights",
    "optimize_for_inference",
    "train",
]


HOMES = {
    "compile_features": "compiler.nn.extractor",
    "compile_spec": "compiler.nn.module",
    "export": "compiler.exporting.export",
    "export_weights": "compiler.weights",
    "feature_extractor": "compiler.nn.extractor",
    "json_schema": "compiler.plugins.schema",
    "load_weights": "compiler.weights",
    "optimize_for_inference": "compiler.running.preparing",
    "train": "compiler.training.calling",
}
"""Which module each function is in: nearly all need torch."""


def __getattr__(name: str) -> Any:
    """Load a function on first use. Raises `ImportError` that says what to install."""
    if name in HOMES:
        try:
            return getattr(import_module(HOMES[name]), name)
        except ImportError as error:
            if line := advice(error):
                raise ImportError(f"compiler.{name}: {line}", name=error.name) from None
            raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
