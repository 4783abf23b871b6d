"""Weights that are no numbers: NaN and infinities, which a model only passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from compiler.weights.account import WeightsReport


def said(report: WeightsReport, state: Mapping[str, Tensor]) -> WeightsReport:
    """The report, which names every tensor of `state` that holds NaN or infinities."""
    faults = {path: fault for path, tensor in state.items() if (fault := _fault(tensor))}
    if not faults:
        return report
    rows = tuple(
        replace(row, note=", ".join(filter(None, (row.note, faults.get(row.ours, "")))))
        for row in report.rows
    )
    some = f"{next(iter(faults))}" + (f" and {len(faults) - 1} more" if len(faults) > 1 else "")
    verb = "hold" if len(faults) > 1 else "holds"
    note = f"{some} {verb} NaN or infinities, which end in what the model gives"
    return replace(report, rows=rows, notes=(*report.notes, note))


def _fault(tensor: Tensor) -> str:
    """How many of a tensor's values are no numbers; empty for none."""
    if not tensor.is_floating_point():
        return ""
    values = tensor.float() if tensor.itemsize == 1 else tensor
    counts = {"NaN": int(torch.isnan(values).sum()), "infinite": int(torch.isinf(values).sum())}
    whole = tensor.numel()
    return ", ".join(
        f"all {word}" if count == whole else f"{count:,} of {whole:,} {word}"
        for word, count in counts.items()
        if count
    )
