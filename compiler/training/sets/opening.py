"""An image from a file, as bytes."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from compiler.exporting.folders import REMOVE, as_bytes, opened
from compiler.exporting.wishes import ExportFault
from compiler.training.sets.faults import DataFault


def pixels(path: Path, mode: str, help: str = REMOVE) -> Tensor:
    """An image as what Pillow calls `mode`: bytes (C, H, W).

    Raises `DataFault` where it can't be read; then `help` is what would do.
    """
    try:
        return as_bytes(opened(path, mode, help))
    except ExportFault as fault:
        raise DataFault(fault.message, fault.help) from fault
