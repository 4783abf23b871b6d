"""The ways from a model with its weights to answers, each behind one function."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.deploying import engines
from benchmarks.deploying.engines import Answer, Load
from benchmarks.deploying.models import Models, batch_for
from compiler.exporting.engines import ONNXRUNTIME, OPENVINO, Engine
from compiler.nn.module import CompiledNetwork, build
from compiler.passes.pipeline import optimized
from compiler.running.choosing import Wish
from compiler.running.preparing import optimize_for_inference

Prepare = Callable[[Models, Tensor], Answer]
"""Makes what answers batches of an example's shape.

Raises `ValueError` where it can't here, `ImportError` where a package is missing.
"""
IMAGES = 10
"""How many random ones int8 gets its ranges from: enough for timing, and for nothing else."""


@dataclass(frozen=True)
class Way:
    """One row of the table.

    `imports` are the packages that it uses beside torch, and `missing` says why it can't be taken
    here; `exact`, whether its answers may differ from the model's by rounding alone.
    """

    name: str
    prepare: Prepare
    imports: tuple[str, ...] = ()
    missing: Callable[[], str] = str
    exact: bool = True


def _eager(given: Models, x: Tensor) -> Answer:
    return given.theirs


def _ours(given: Models, x: Tensor) -> Answer:
    return given.ours


def _channels_last(model: nn.Module) -> Answer:
    form: Any = {"memory_format": torch.channels_last}
    laid = deepcopy(model).to(**form)
    return lambda x: laid(x.contiguous(**form))


def folded(model: CompiledNetwork) -> CompiledNetwork:
    """The rewritten network as an ordinary module."""
    network, weights = optimized(model.network, model.state_dict())
    assert weights is not None, "weights were given"
    with torch.device("meta"):
        made = build(network)
    made.load_state_dict(dict(weights), assign=True)
    return made.requires_grad_(False).eval()


def _graph(given: Models, x: Tensor) -> Answer:
    """As torch's docs have it; shapes are looked at in the first runs, and compiled for."""
    jit: Any = torch.jit  # Its stubs lack both.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says of itself that this is deprecated.
        jit.enable_onednn_fusion(True)
        try:
            frozen: Answer = jit.freeze(jit.trace(given.theirs, x))
            for _ in range(3):
                frozen(x)
        finally:
            jit.enable_onednn_fusion(False)
    return frozen


def _optimized(given: Models, x: Tensor, **wishes: Any) -> Answer:
    return optimize_for_inference(given.ours, x, **wishes)


def _exported(given: Models, x: Tensor, load: Load) -> Answer:
    return load(engines.exporters(given.theirs, x), x)


def _written(given: Models, x: Tensor, load: Load) -> Answer:
    return load(engines.ours(given.ours), x)


def _in_engine(engine: Engine) -> tuple[Way, Way]:
    """torch's exporter and ours, in one engine."""
    load, missing = engines.LOADERS[engine], partial(engines.without, engine)
    both = lambda: engines.without_exporter() or missing()  # noqa: E731
    packages = ("onnx", engine.package)
    return (
        Way(
            f"torch's exporter, in {engine.name}",
            partial(_exported, load=load),
            ("torch.onnx", "onnxscript", *packages),
            both,
        ),
        Way(f"ours to ONNX, in {engine.name}", partial(_written, load=load), packages, missing),
    )


EAGER = Way("torchvision, eager", _eager)
GRAPH = Way("oneDNN graph of torchvision's", _graph)
OURS = Way("optimize_for_inference", _optimized)
IN_ORT, IN_OPENVINO = _in_engine(ONNXRUNTIME), _in_engine(OPENVINO)
AUTO = Way(
    "optimize_for_inference, any engine",
    partial(_optimized, engine="auto"),
    ("onnx", ONNXRUNTIME.package, OPENVINO.package),
)
BFLOAT16 = Way(
    "optimize_for_inference, bfloat16 in OpenVINO",
    partial(_optimized, engine="openvino", dtype=torch.bfloat16),
    ("onnx", OPENVINO.package),
    partial(engines.without, OPENVINO),
    exact=False,
)


def _int8(engine: Engine, name: Wish, *packages: str) -> Way:
    def prepare(given: Models, x: Tensor) -> Answer:
        images = [batch_for(given.ours, IMAGES)]
        return optimize_for_inference(given.ours, x, engine=name, calibration=images)

    return Way(
        f"optimize_for_inference, int8 in {engine.name}",
        prepare,
        ("onnx", engine.package, *packages),
        partial(engines.without, engine),
        exact=False,
    )


INT8 = _int8(OPENVINO, "openvino", "nncf")
WAYS: tuple[Way, ...] = (
    EAGER,
    Way("torchvision, channels_last", lambda given, x: _channels_last(given.theirs)),
    Way("ours, eager", _ours),
    Way("ours, channels_last", lambda given, x: _channels_last(given.ours)),
    Way("ours folded, channels_last", lambda given, x: _channels_last(folded(given.ours))),
    GRAPH,
    OURS,
    *IN_ORT,
    *IN_OPENVINO,
    AUTO,
    BFLOAT16,
    _int8(ONNXRUNTIME, "onnxruntime"),
    INT8,
)
BY_NAME = {way.name: way for way in WAYS}
"""What the tables show; the first is what all others are held against."""
