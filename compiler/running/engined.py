"""A rewritten network as an engine runs it: made a model of ONNX in memory, and loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor

from compiler.exporting.engines import (
    ONNXRUNTIME,
    OPENVINO,
    Engine,
    Files,
    Runner,
    Settings,
    Unable,
)
from compiler.exporting.onnx_model import onnx_graph
from compiler.exporting.wishes import Dtype, Wishes
from compiler.nn.extractor import FeatureNetwork
from compiler.nn.trunk import refuse_misfit
from compiler.running.inference import Rewritten
from compiler.running.ways import Way

EngineName = Literal["onnxruntime", "openvino"]
ENGINES: dict[EngineName, Engine] = {"onnxruntime": ONNXRUNTIME, "openvino": OPENVINO}
"""By the package that is imported."""
NAMES: dict[torch.dtype, Dtype] = {
    torch.float32: "float32",
    torch.float64: "float64",
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
}
TAKES = torch.float32
"""What graphs take, give and hold weights in, whatever an engine computes in."""


def engined(
    engine: Engine,
    module: Rewritten,
    x: Tensor,
    dtype: torch.dtype,
    graph: Callable[[], Files],
    later: Callable[[], Files],
) -> tuple[Way, Way]:
    """How an engine runs a graph, which `module` is in float32: every shape, and that of `x`.

    OpenVINO is quicker where it knows the shape; what `later` gives is loaded once another comes.
    Engines take as many threads as torch has by now, where their own default is the whole machine.
    Raises `Unable` and `ExportFault` for what it can't run, `ImportError` where a package is
    missing.
    """
    if not x.is_cpu:
        raise Unable(f"it runs on the processor, and this is on {x.device}")
    inside = NAMES[TAKES if dtype == torch.int8 else dtype]
    if inside not in engine.dtypes:
        raise Unable(f"it computes in {', '.join(engine.dtypes)}, not in {inside}")
    settings = Settings(torch.get_num_threads(), inside)
    name = engine.name if dtype == TAKES else f"{engine.name}, {str(dtype).removeprefix('torch.')}"

    def way(runner: Runner) -> Way:
        return Way(name, Engined(module, runner), "contiguous", TAKES)

    if engine is not OPENVINO:
        every = way(engine.load(graph(), settings))
        return every, every
    shaped = engine.load(graph(), replace(settings, shape=tuple(x.shape)))

    @cache
    def others() -> Runner:
        return engine.load(later(), settings)

    def late(batch: Tensor) -> list[Tensor]:
        return others()(batch)

    return way(late), way(shaped)


def onnx_files(module: Rewritten) -> Files:
    """The network with its weights as a model of ONNX, in bytes; its outputs are the module's."""
    from compiler.exporting.protobuf import model

    network, wishes = module.network, wishes_of(module)
    graph = onnx_graph(network, module.state_dict(), wishes)
    if wishes.taps:
        del graph.outputs[0]  # The last step's map, which has another name if it is asked for.
    return {".onnx": model(network, graph, wishes).SerializeToString()}


def wishes_of(module: Rewritten) -> Wishes:
    """The graph's outputs beside the last one: the maps that the module gives, if it gives maps."""
    return Wishes(taps=_maps(module))


def _maps(module: Rewritten) -> tuple[str, ...]:
    """The steps whose maps come out; none of what gives logits."""
    if not isinstance(module, FeatureNetwork):
        return ()
    return tuple(info.name for info in module.feature_info)


class Engined:
    """Gives what the module gives: by an engine where that can, else by the module itself.

    That is an input that doesn't fit, which the module knows to refuse, and one that is empty or
    elsewhere than in the processor's memory.
    """

    def __init__(self, module: Rewritten, runner: Runner) -> None:
        self._module, self._runner, self._names = module, runner, _maps(module)

    def __call__(self, x: Tensor) -> Any:
        if not x.is_cpu or not x.numel():
            return self._module(x)
        refuse_misfit(self._module, x)
        found = self._runner(x.detach())
        return dict(zip(self._names, found, strict=True)) if self._names else found[0]
