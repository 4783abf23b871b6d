"""Int8 as `export` makes it, in the engine that its format is for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from benchmarks.deploying.engines import Answer, without
from benchmarks.deploying.models import batch_for
from compiler.exporting.engines import ONNXRUNTIME, OPENVINO, Engine, Settings
from compiler.exporting.export import export
from compiler.nn.module import CompiledNetwork

IMAGES = 10
"""How many random ones find the ranges: enough for timing, and for nothing else."""
SUFFIXES = {ONNXRUNTIME: ".onnx", OPENVINO: ".xml"}


def quantised(model: CompiledNetwork, x: Tensor, engine: Engine) -> Answer:
    """The file, made, compared and written, then loaded for batches of an example's shape."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "model").with_suffix(SUFFIXES[engine])
        export(model, path, calibrate=batch_for(model, IMAGES))
        files = {each.suffix: each.read_bytes() for each in Path(folder).iterdir()}
    run = engine.load(files, Settings(torch.get_num_threads(), shape=tuple(x.shape)))
    return lambda x: run(x)[0]


def without_int8(engine: Engine) -> str:
    """Why there is none; empty where there is."""
    if engine is OPENVINO and find_spec("nncf") is None:
        return "NNCF isn't installed (pip install 'inception-compile[int8]')"
    return without(engine)
