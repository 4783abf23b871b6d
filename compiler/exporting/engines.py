"""What runs a file that was exported: each engine behind one function that loads it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

from compiler.exporting.untold import untold
from compiler.exporting.wishes import Dtype
from compiler.missing import EXTRAS, PACKAGES

if TYPE_CHECKING:
    from torch import Tensor

Files = Mapping[str, bytes]
"""The content of each file of an export, by its suffix."""
Runner = Callable[["Tensor"], "list[Tensor]"]
"""Gives the outputs for an input, in the order in which they were exported: memory of their own."""


class Unable(Exception):
    """An engine that can't run what was exported; the message says why."""


@dataclass(frozen=True)
class Settings:
    """How an engine runs a graph.

    `threads` is how many it takes, by default as many as it likes. `dtype` is what it computes in,
    where the graph itself is in float32. `shape` is that of the only inputs that will come, if so.
    """

    threads: int | None = None
    dtype: Dtype = "float32"
    shape: tuple[int, ...] | None = None


USUAL = Settings()


class Loader(Protocol):
    """Makes files ready to run. Raises `Unable`."""

    def __call__(self, files: Files, settings: Settings = USUAL, /) -> Runner:
        """Give what runs them."""


@dataclass(frozen=True)
class Engine:
    """Something that runs exported files; `package` is what is imported."""

    name: str
    package: str
    load: Loader
    doubles: bool = True
    """Whether it computes in float64 what is in that."""
    dtypes: tuple[Dtype, ...] = ("float32",)
    """What it can compute in where a graph is in float32; whether here, loading tells."""

    @property
    def version(self) -> str:
        """Which one is installed; empty where none is, or it can't be imported."""
        try:
            untold(self.package)
            return metadata.version(self.package)
        except (ImportError, OSError):
            return ""

    @property
    def advice(self) -> str:
        """How it is installed."""
        if self.package in EXTRAS:
            return f"pip install 'inception-compile[{EXTRAS[self.package]}]'"
        return f"pip install {PACKAGES[self.package]}"


def _onnxruntime(files: Files, settings: Settings = USUAL) -> Runner:
    """Graphs of open sizes are as quick as those of one: `shape` changes nothing."""
    ort = untold("onnxruntime")

    options = ort.SessionOptions()
    options.log_severity_level = 4  # What is wrong is raised; its warnings are for its developers.
    options.intra_op_num_threads = settings.threads or 0
    # Else its threads keep the processor busy after a run, in the way of whatever comes next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = ort.InferenceSession(files[".onnx"], options, ["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  # it has many, which share no base
        raise Unable(line(error)) from None
    (given,) = session.get_inputs()
    return lambda x: _tensors(session.run(None, {given.name: x.numpy()}))


PRECISIONS: dict[Dtype, str] = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
"""What OpenVINO calls what it can compute in."""


def _openvino(files: Files, settings: Settings = USUAL) -> Runner:
    """It takes what the processor lacks for a wish, not an order; what it says of it is asked."""
    openvino = untold("openvino")

    precision = PRECISIONS[settings.dtype]
    core = openvino.Core()
    weights = {"weights": files[".bin"]} if ".bin" in files else {}
    wished: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": precision,  # Else bfloat16 wherever the processor has it.
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,  # Else processes side by side take the same cores.
    }
    if settings.threads:
        wished["INFERENCE_NUM_THREADS"] = settings.threads
    try:
        model = core.read_model(files[".xml" if weights else ".onnx"], **weights)
        if settings.shape:
            model.reshape([*settings.shape])
        compiled = core.compile_model(model, "CPU", wished)
    except RuntimeError as error:
        raise Unable(line(error)) from None
    if compiled.get_property("INFERENCE_PRECISION_HINT") != getattr(openvino.Type, precision):
        raise Unable(f"this processor computes in float32 there, having no {settings.dtype}")
    return _Requests(compiled)


class _Requests:
    """Runs a model of OpenVINO's: a request serves one thread at a time, so each takes its own."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._idle: list[Any] = []

    def __call__(self, x: Tensor) -> list[Tensor]:
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        # The input is read where it is; the outputs are copies, since the next run takes theirs.
        found = request.infer([x.numpy()], share_inputs=True, share_outputs=False)
        self._idle.append(request)
        return _tensors([*found.values()])


def _torchscript(files: Files, settings: Settings = USUAL) -> Runner:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says of itself that this is deprecated.
        module = torch.jit.load(io.BytesIO(files[".pt"]))  # type: ignore[no-untyped-call]
    return lambda x: _listed(module(x))


def _exported_program(files: Files, settings: Settings = USUAL) -> Runner:
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
OPENVINO = Engine("OpenVINO", "openvino", _openvino, doubles=False, dtypes=(*PRECISIONS,))
TORCHSCRIPT = Engine("torch.jit.load", "torch", _torchscript)
PROGRAM = Engine("torch.export.load", "torch", _exported_program)
ENGINES = (ONNXRUNTIME, OPENVINO, TORCHSCRIPT, PROGRAM)
