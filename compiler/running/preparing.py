"""From a model with its weights to the quickest exact network for inference in torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from torch import Tensor

from compiler.nn.extractor import FeatureNetwork
from compiler.nn.module import CompiledNetwork, build
from compiler.passes.pipeline import optimized
from compiler.running.inference import Choice, InferenceNetwork, Rewritten
from compiler.running.timing import medians
from compiler.running.ways import Way, graphed, laid_out, layouts

SECONDS = 0.4
"""How long ways are measured against each other, each time that they are."""
ROUNDINGS = 100
"""How many of a type's smallest steps a way may differ from another, in the largest element."""
DTYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def optimize_for_inference(
    model: CompiledNetwork | FeatureNetwork,
    example_input: Tensor | None = None,
    *,
    dtype: torch.dtype | None = None,
) -> InferenceNetwork:
    """A network for inference with the model's outputs while evaluating; no state is shared.

    Batch norms and constant factors become parts of the weights, what evaluation doesn't run goes,
    and the layout and oneDNN's graph compiler are tried on `example_input` (N, C, H, W), by default
    one random input of the spec's size: what is quickest runs batches of its shape. With `dtype`
    weights and maps are of that type; inputs and outputs stay in the caller's, and
    `choice.error` says what it cost. Takes about as long as the measuring: some seconds.

    Raises `ValueError` for another kind of module, an example or a type that can't be taken.

    >>> fast = optimize_for_inference(compile_spec("googlenet"), torch.rand(1, 3, 224, 224))
    """
    if not isinstance(model, CompiledNetwork | FeatureNetwork):
        raise ValueError(f"what is optimized is a compiled network, not a {type(model).__name__}")
    weight = next(model.parameters(), torch.zeros(0))
    if weight.is_meta:
        raise ValueError(f"{model.network.name} is on meta: it has no weights to fold")
    dtype = dtype or weight.dtype
    if dtype not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(map(str, DTYPES))}, not {dtype!r}")
    example = _example(model, weight) if example_input is None else example_input
    with torch.no_grad():
        wanted = _evaluated(model, example)
        module = _rewritten(model).to(dtype)
        used, choice = _choose(module, example.to(dtype), wanted)
    return InferenceNetwork(used, dtype, choice)


def _example(model: Rewritten, like: Tensor) -> Tensor:
    """One input of the spec's size, the same each time."""
    seeded = torch.Generator().manual_seed(0)
    return torch.rand(1, *map(int, model.network.input), generator=seeded).to(like)


def _evaluated(model: Rewritten, example: Tensor) -> Any:
    """What the model gives in evaluation; all its layers stay in the mode that they are in."""
    modes = {module: module.training for module in model.modules()}
    try:
        return model.eval()(example)
    finally:
        for module, training in modes.items():
            module.training = training


def _rewritten(model: Rewritten) -> Rewritten:
    """The module of the rewritten network, with weights of its own."""
    network, weights = optimized(model.network, model.state_dict())
    assert weights is not None, "weights were given"
    made: Rewritten
    with torch.device("meta"):
        if isinstance(model, FeatureNetwork):
            made = FeatureNetwork(network, [info.name for info in model.feature_info])
        else:
            made = build(network)
    copies = {name: weight.detach().clone() for name, weight in weights.items()}
    made.load_state_dict(copies, assign=True)
    return made.requires_grad_(False).eval()


def _choose(module: Rewritten, x: Tensor, wanted: Any) -> tuple[Rewritten, Choice]:
    """What runs best, and what was found: layouts first, then the graph compiler in the best."""
    modules = {layout: laid_out(deepcopy(module), layout) for layout in layouts(x)}
    ways = [Way(layout, made, layout) for layout, made in modules.items()]
    measured = _measured(ways, x)
    usual = min(ways, key=lambda way: measured[way.name])
    shaped, left_out = dict[torch.Size, Way](), dict[str, str]()
    if x.device.type == "cpu":
        try:
            graph = graphed(usual, x)
        except Exception as error:  # noqa: BLE001  # the compiler may fail in any way; we have another
            left_out["oneDNN graph"] = f"it failed: {' '.join(str(error).split())[:200]}"
        else:
            gap = difference(graph(x), usual(x))
            if not gap <= ROUNDINGS * torch.finfo(x.dtype).eps:  # Nor where it is no number.
                left_out[graph.name] = f"it gives something else: {gap:.1e} of the largest element"
            else:
                measured |= _measured([usual, graph], x)
                if measured[graph.name] < measured[usual.name]:
                    shaped[x.shape] = graph
    best = shaped.get(x.shape, usual)
    choice = Choice(usual, shaped, measured, left_out, difference(best(x), wanted))
    return modules[usual.layout], choice


def _measured(ways: Sequence[Way], x: Tensor) -> dict[str, float]:
    """Seconds that each takes for this batch."""
    wait = torch.cuda.synchronize if x.is_cuda else _nothing
    runs = [partial(_ran, way, x, wait) for way in ways]
    times = medians(runs, SECONDS)
    return {way.name: time for way, time in zip(ways, times, strict=True)}


def _nothing() -> None:
    """A processor has no queue to wait for."""


def _ran(way: Way, x: Tensor, wait: Callable[[], None]) -> None:
    way(x)
    wait()


def difference(ours: Any, theirs: Any) -> float:
    """The largest difference of two outputs as a share of the largest element of the second."""
    if not isinstance(theirs, Tensor):
        return max(difference(ours[name], value) for name, value in theirs.items())
    gap = (ours.double() - theirs.double()).abs().max()
    return float(gap / theirs.double().abs().max().clamp_min(torch.finfo(torch.double).tiny))
