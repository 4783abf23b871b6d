"""Deploying: what ways there are to answers, how quick they are, and what they take."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence

import torch

from benchmarks.deploying import goals, shelf, unslowed
from benchmarks.deploying.speed import Measured, measured
from benchmarks.networks import SUBJECTS
from benchmarks.pairs import Row, table
from compiler.exporting.engines import ONNXRUNTIME, OPENVINO


def report(*, quick: bool) -> Iterator[str]:
    """All tables, on as many threads as there are cores for us."""
    before = torch.get_num_threads()
    torch.set_num_threads(cores())
    try:
        yield machine()
        yield from _tables(quick=quick)
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine() -> str:
    """What it was measured on, and by what."""
    found = [f"{torch.get_num_threads()} threads", torch.backends.cpu.get_cpu_capability()]
    engines = (ONNXRUNTIME, OPENVINO)
    found += [f"{engine.name} {engine.version}" for engine in engines if engine.version]
    return ", ".join(filter(None, (platform.machine(), *found)))


def _tables(*, quick: bool) -> Iterator[str]:
    subjects = SUBJECTS[:1] if quick else SUBJECTS
    every = []
    for subject in subjects:
        size = "x".join(map(str, subject.size[1:]))
        yield f"\n{subject.name} {size}: times as quick as torchvision's eager module"
        every.append(measured(subject.name, quick=quick))
        yield from every[-1].lines()
    yield "\ngoals"
    yield from table(_rows(every))
    for title, rows in (("ours beside torch's exporter", shelf), ("optimised in torch", unslowed)):
        left_out: dict[str, str] = {}
        yield f"\n{title}"
        yield from table(rows.rows(left_out, quick=quick))
        for name, why in left_out.items():
            yield f"left out: {name}: {why}"


def _rows(every: Sequence[Measured]) -> list[Row]:
    return [row for found in every for row in goals.rows(found)]
