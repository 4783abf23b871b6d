"""Packages that tell their makers of their use, imported so that they don't.

OpenVINO and NNCF do so through a package that comes with OpenVINO: once it is there, importing
either writes a number for the user's machine into their home, and using NNCF reaches for the
network. Where that package is missing both do without, so it is, while they are imported.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

TELLING = "openvino_telemetry"


def untold(package: str) -> Any:
    """The package, imported. Raises `ImportError`.

    One that is there already is left alone: whoever imported it has decided.
    """
    if package in sys.modules:
        return import_module(package)
    kept = {name: sys.modules.pop(name) for name in [*sys.modules] if _of(name)}
    sys.modules[TELLING] = None  # type: ignore[assignment]
    try:
        return import_module(package)
    finally:
        del sys.modules[TELLING]
        sys.modules.update(kept)


def _of(name: str) -> bool:
    return name.partition(".")[0] == TELLING
