"""ONNX Runtime and OpenVINO with as many threads as torch has, and ONNX models for them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from compiler.exporting.engines import ONNXRUNTIME, OPENVINO, Engine
from compiler.exporting.onnx_model import onnx_model
from compiler.exporting.silence import quiet
from compiler.nn.module import CompiledNetwork
from compiler.passes.pipeline import optimized

if TYPE_CHECKING:
    from onnx import ModelProto

Answer = Callable[[Tensor], Tensor]
"""What a network gives for a batch."""
Load = Callable[[bytes, Tensor], Answer]
"""Makes a file ready for batches of an example's shape."""


def ours(model: CompiledNetwork) -> bytes:
    """The ONNX file that `export` writes: optimised, batch and sizes open."""
    network, weights = optimized(model.network, model.state_dict())
    assert weights is not None, "weights were given"
    return _bytes(onnx_model(network, weights))


def exporters(model: nn.Module, x: Tensor) -> bytes:
    """The one that torch's exporter writes, as it is called in its docs."""
    with quiet():
        program = torch.onnx.export(model, (x,), dynamo=True, verbose=False)
        assert program is not None, "no file was named"
        return _bytes(program.model_proto)


def _bytes(model: ModelProto) -> bytes:
    found: bytes = model.SerializeToString()
    return found


def in_onnxruntime(file: bytes, x: Tensor) -> Answer:
    """An ONNX file in ONNX Runtime, which is as quick where it doesn't know the shape."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 3
    session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return lambda x: torch.from_numpy(session.run(None, {given.name: x.numpy()})[0])


def in_openvino(file: bytes, x: Tensor) -> Answer:
    """An ONNX file in OpenVINO, which is quicker where it knows the shape."""
    import openvino

    core = openvino.Core()
    settings = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "f32",
    }
    model = core.read_model(file)
    model.reshape([*x.shape])
    compiled = core.compile_model(model, "CPU", settings)
    return lambda x: torch.from_numpy(compiled(x.numpy())[0])


LOADERS: dict[Engine, Load] = {ONNXRUNTIME: in_onnxruntime, OPENVINO: in_openvino}


def without(engine: Engine) -> str:
    """Why an engine can't be compared; empty where it can."""
    return "" if engine.version else f"{engine.name} isn't installed ({engine.advice})"


def without_exporter() -> str:
    """The same of torch's exporter."""
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    wanted = "pip install 'inception-compile[bench,onnx]'"
    return f"torch's exporter needs {' and '.join(missing)} ({wanted})" if missing else ""
