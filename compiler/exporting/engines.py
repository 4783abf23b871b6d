"""What runs a file that was exported: each engine behind one function that loads it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from compiler.missing import EXTRAS, PACKAGES

if TYPE_CHECKING:
    from torch import Tensor

Files = Mapping[str, bytes]
"""The content of each file of an export, by its suffix."""
Runner = Callable[["Tensor"], "list[Tensor]"]
"""Gives the outputs for an input, in the order in which they were exported."""


class Unable(Exception):
    """An engine that can't run what was exported; the message says why."""


@dataclass(frozen=True)
class Engine:
    """Something that runs exported files; `package` is what is imported."""

    name: str
    package: str
    load: Callable[[Files], Runner]
    doubles: bool = True
    """Whether it computes in float64 what is in that."""

    @property
    def version(self) -> str:
        """Which one is installed; empty where none is, or it can't be imported."""
        try:
            import_module(self.package)
            return metadata.version(self.package)
        except (ImportError, OSError):
            return ""

    @property
    def advice(self) -> str:
        """How it is installed."""
        if self.package in EXTRAS:
            return f"pip install 'inception-compile[{EXTRAS[self.package]}]'"
        return f"pip install {PACKAGES[self.package]}"


def _onnxruntime(files: Files) -> Runner:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 4  # What is wrong is raised; its warnings are for its developers.
    try:
        session = ort.InferenceSession(files[".onnx"], options, ["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  # it has many, which share no base
        raise Unable(line(error)) from None
    (given,) = session.get_inputs()
    return lambda x: _tensors(session.run(None, {given.name: x.numpy()}))


def _openvino(files: Files) -> Runner:
    import openvino

    core = openvino.Core()
    weights = {"weights": files[".bin"]} if ".bin" in files else {}
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # Else bfloat16 where the processor has it.
    try:
        model = core.read_model(files[".xml" if weights else ".onnx"], **weights)
        compiled = core.compile_model(model, "CPU", exact)
    except RuntimeError as error:
        raise Unable(line(error)) from None
    return lambda x: _tensors([*compiled(x.numpy()).values()])


def _torchscript(files: Files) -> Runner:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says of itself that this is deprecated.
        module = torch.jit.load(io.BytesIO(files[".pt"]))  # type: ignore[no-untyped-call]
    return lambda x: _listed(module(x))


def _exported_program(files: Files) -> Runner:
    import torch

    module = torch.export.load(io.BytesIO(files[".pt2"])).module()
    return lambda x: _listed(module(x))


def _listed(output: Any) -> list[Tensor]:
    return [*output] if isinstance(output, (tuple, list)) else [output]


def _tensors(arrays: list[Any]) -> list[Tensor]:
    import torch

    return [torch.from_numpy(array) for array in arrays]


def line(error: Exception) -> str:
    """The last line of an error that says something."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in reversed(lines) if line), type(error).__name__)


ONNXRUNTIME = Engine("ONNX Runtime", "onnxruntime", _onnxruntime)
OPENVINO = Engine("OpenVINO", "openvino", _openvino, doubles=False)
TORCHSCRIPT = Engine("torch.jit.load", "torch", _torchscript)
PROGRAM = Engine("torch.export.load", "torch", _exported_program)
ENGINES = (ONNXRUNTIME, OPENVINO, TORCHSCRIPT, PROGRAM)
