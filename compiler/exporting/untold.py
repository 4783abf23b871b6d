"""Packages that tell their makers of their use, imported so that they don't.

ONNX Runtime, OpenVINO and NNCF do: importing one writes a number for the user's machine into their
home, and it reaches for the network. Nobody who exports a network has asked for that. ONNX Runtime
looks for a variable as it is imported; the other two do without a package that comes with OpenVINO
where that is missing, so it is, while they are imported.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

TELLING = "openvino_telemetry"
VARIABLE = "ORT_DISABLE_TELEMETRY"


def untold(package: str) -> Any:
    """The package, imported. Raises `ImportError`.

    One that is there already is left alone: whoever imported it has decided.
    """
    if package in sys.modules:
        return import_module(package)
    with _without_package(), _with_variable():
        return import_module(package)


@contextlib.contextmanager
def _without_package() -> Iterator[None]:
    kept = {name: sys.modules.pop(name) for name in [*sys.modules] if _telling(name)}
    sys.modules[TELLING] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[TELLING]
        sys.modules.update(kept)


def _telling(name: str) -> bool:
    return name.partition(".")[0] == TELLING


@contextlib.contextmanager
def _with_variable() -> Iterator[None]:
    if VARIABLE in os.environ:
        yield
        return
    os.environ[VARIABLE] = "1"
    try:
        yield
    finally:
        del os.environ[VARIABLE]
