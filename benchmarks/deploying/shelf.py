"""ONNX models of the whole shelf: ours beside those of torch's exporter, in the same engines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from benchmarks.deploying import engines
from benchmarks.deploying.engines import Answer
from benchmarks.deploying.models import batch_for, shelved
from benchmarks.deploying.speed import AT_MOST
from benchmarks.pairs import Estimate, Row, Work, alternate, compared, shown
from compiler.cost import cost
from compiler.exporting.engines import ONNXRUNTIME, Engine
from compiler.nn.module import CompiledNetwork
from compiler.running.choosing import difference
from dsl.models import shelf

T = TypeVar("T")
OURS, PEER = "ours", "exporter's"
AS_QUICK = 1 / 0.98
"""Our model's time over the exporter's in the same engine: two hundredths count as equal."""
AS_SOON = 1 / 10
"""The same of the time that making the model takes."""
SLOW = 10 * 10**9
"""Multiply-accumulates from which on a network is run in ONNX Runtime alone."""
QUICK = ("googlenet_96",)
"""What is looked at."""


@dataclass(frozen=True)
class Pair:
    """Both models of a network as files, and how long making each took."""

    ours: bytes
    exporters: bytes
    making: Row


def rows(left_out: dict[str, str], *, quick: bool) -> Iterator[Row]:
    """Each network at its own size, batch 1. `left_out` gets why some have no figures."""
    if why := engines.without_exporter():
        left_out["ours beside torch's exporter"] = why
        return
    _exported(shelved(QUICK[0]))  # It loads much of itself the first time.
    for name in QUICK if quick else shelf.names():
        model = shelved(name)
        try:
            pair = _exported(model)
        except Exception as error:  # noqa: BLE001  # it has many, and there are other networks
            said = " ".join(str(error).split())[:100]
            left_out[name] = f"torch's exporter fails: {said}"
            continue
        yield pair.making
        yield from _run(model, pair, left_out, 3 if quick else 7)


def _exported(model: CompiledNetwork) -> Pair:
    """Both, ours before and after theirs."""
    x = batch_for(model, 1)
    with torch.no_grad():
        first, before = _timed(lambda: engines.ours(model))
        theirs, seconds = _timed(lambda: engines.exporters(model, x))
        _, after = _timed(lambda: engines.ours(model))
    what = f"making {model.network.name}"
    ratio = Estimate.of([before / seconds, after / seconds])
    cells = f"{OURS} {shown((before + after) / 2)}", f"{PEER} {shown(seconds)}"
    return Pair(first, theirs, Row(what, *cells, ratio, AS_SOON))


def _timed(make: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return make(), time.perf_counter() - start


def _run(
    model: CompiledNetwork, pair: Pair, left_out: dict[str, str], rounds: int
) -> Iterator[Row]:
    """One row an engine."""
    x = batch_for(model, 1)
    with torch.no_grad():
        wanted = model(x)
    for engine, load in engines.LOADERS.items():
        what = f"{model.network.name} in {engine.name}"
        if why := _skipped(model, engine):
            left_out[what] = why
            continue
        answers = {OURS: load(pair.ours, x), PEER: load(pair.exporters, x)}
        if why := unequal(answers, x, wanted):
            left_out[what] = why
            continue
        works: dict[str, Work] = {name: partial(answer, x) for name, answer in answers.items()}
        yield compared(what, alternate(works, rounds), OURS, PEER, AS_QUICK)


def _skipped(model: CompiledNetwork, engine: Engine) -> str:
    if engine is not ONNXRUNTIME and cost(model.network).total.macs > SLOW:
        return "for want of time"
    return engines.without(engine)


def unequal(answers: dict[str, Answer], x: Tensor, wanted: Tensor) -> str:
    """Which of them gives something else than the model; empty where none does."""
    for name, answer in answers.items():
        if not (error := difference(answer(x), wanted)) <= AT_MOST:
            return f"{name} gives something else: {error:.1e} of the largest"
    return ""
