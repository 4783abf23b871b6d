"""Which way runs a network best here: measured on an example, and only of those that are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from typing import Any, Literal

import torch
from torch import Tensor

from compiler.exporting.engines import Engine, Unable, line
from compiler.exporting.wishes import ExportFault
from compiler.missing import advice
from compiler.oracle.likeness import share_apart, worst
from compiler.running.engined import ENGINES, TAKES, EngineName, engined, onnx_files
from compiler.running.inference import Choice, Rewritten
from compiler.running.timing import medians
from compiler.running.ways import Way, graphed, laid_out, layouts

Wish = Literal["torch", EngineName, "auto"]
"""Who runs a network: torch, an engine, or the quickest of them."""
SECONDS = 0.4
"""How long ways are measured against each other, each time that they are."""
ROUNDINGS = 100
"""How many of a type's smallest steps a way may differ from another, in the largest element."""


MARGIN = 10
"""How much further than torch's own rounding another's may lead, where a network amplifies it."""


def chosen(
    wish: Wish, module: Rewritten, x: Tensor, wanted: Any, dtype: torch.dtype
) -> tuple[Rewritten, Choice]:
    """The module that is used, and what runs it best, as the model gave `wanted` for `x`.

    Raises `ValueError` for an engine that was asked for and can't run it, `ImportError` where it
    isn't installed.
    """
    if wish == "torch":
        return _in_torch(module.to(dtype), x, wanted)
    if wish == "auto":
        return _of_all(module, x, wanted, dtype)
    return _in_engine(ENGINES[wish], module.to(TAKES), x, wanted, dtype)


def _in_torch(module: Rewritten, x: Tensor, wanted: Any) -> tuple[Rewritten, Choice]:
    """Layouts first, then the graph compiler in the best."""
    dtype = next((weight.dtype for weight in module.parameters()), x.dtype)
    modules = {layout: laid_out(deepcopy(module), layout) for layout in layouts(x)}
    ways = [Way(layout, made, layout, dtype) for layout, made in modules.items()]
    found = measured(ways, x)
    usual = min(ways, key=lambda way: found[way.name])
    shaped, left_out = dict[torch.Size, Way](), dict[str, str]()
    if x.device.type == "cpu":
        try:
            graph = graphed(usual, x)
        except Exception as error:  # noqa: BLE001  # the compiler may fail in any way; we have another
            left_out["oneDNN graph"] = f"it failed: {' '.join(str(error).split())[:200]}"
        else:
            if fault := _fault(graph(x), usual(x), (module, x, dtype)):
                left_out[graph.name] = fault
            else:
                found |= measured([usual, graph], x)
                if found[graph.name] < found[usual.name]:
                    shaped[x.shape] = graph
    best = shaped.get(x.shape, usual)
    choice = Choice(usual, shaped, found, left_out, difference(best(x), wanted))
    return modules[usual.layout], choice


def _in_engine(
    engine: Engine, module: Rewritten, x: Tensor, wanted: Any, dtype: torch.dtype
) -> tuple[Rewritten, Choice]:
    """An engine that was asked for by name."""
    name = module.network.name
    try:
        usual, best = engined(engine, lambda: onnx_files(module), module, x, dtype)
        made = best(x)
    except ImportError as error:
        said = advice(error) or f"{engine.name} can't be loaded: {error}"
        raise ImportError(f"compiler.optimize_for_inference: {said}", name=error.name) from None
    except (Unable, ExportFault) as error:
        raise ValueError(f"{engine.name} can't run {name}: {error}") from None
    if fault := _fault(made, module(x.to(TAKES)), (module, x, dtype)):
        raise ValueError(f"{engine.name} can't be taken for {name}: {fault}")
    shaped = {} if best is usual else {x.shape: best}
    seconds = measured([best], x, 0)
    return module, Choice(usual, shaped, seconds, {}, difference(made, wanted))


def _of_all(
    module: Rewritten, x: Tensor, wanted: Any, dtype: torch.dtype
) -> tuple[Rewritten, Choice]:
    """The quickest of what torch runs best and each engine that is installed and exact."""
    used, choice = _in_torch(deepcopy(module).to(dtype), x, wanted)
    module = module.to(TAKES)
    graph, left_out = cache(lambda: onnx_files(module)), {**choice.left_out}
    best = choice.shaped.get(x.shape, choice.usual)
    engines: dict[str, tuple[Way, Way, float]] = {}
    for engine in ENGINES.values():
        try:
            usual, way = engined(engine, graph, module, x, dtype)
            made = way(x)
        except ImportError as error:
            left_out[engine.name] = advice(error) or f"it can't be loaded: {error}"
        except Exception as error:  # noqa: BLE001  # each has its own, and torch runs it anyway
            left_out[engine.name] = line(error)
        else:
            if fault := _fault(made, module(x.to(TAKES)), (module, x, dtype)):
                left_out[engine.name] = fault
            else:
                engines[way.name] = usual, way, difference(made, wanted)
    found = measured([best, *(way for _, way, _ in engines.values())], x) if engines else {}
    seconds = {**choice.measured, **found}
    quickest = min(found, key=lambda name: found[name], default=best.name)
    if quickest not in engines:
        return used, replace(choice, measured=seconds, left_out=left_out)
    usual, way, apart = engines[quickest]
    return module, Choice(usual, {x.shape: way}, seconds, left_out, apart)


def _fault(ours: Any, theirs: Any, ran: tuple[Rewritten, Tensor, torch.dtype]) -> str:
    """Why an output isn't the module's; empty where rounding explains how far it is from that.

    A network that amplifies rounding tells by how far float32 is from float64.
    """
    module, x, dtype = ran
    gap, most = difference(ours, theirs), ROUNDINGS * torch.finfo(dtype).eps
    if not gap <= most and dtype == torch.float32:  # Nor where it is no number.
        exact = deepcopy(module).double()(x.double())
        most = max(most, MARGIN * difference(theirs, exact))
    return "" if gap <= most else f"it gives something else: {gap:.1e} of the largest element"


def measured(ways: Sequence[Way], x: Tensor, seconds: float | None = None) -> dict[str, float]:
    """Seconds that each takes for this batch."""
    wait = torch.cuda.synchronize if x.is_cuda else _nothing
    runs = [partial(_ran, way, x, wait) for way in ways]
    times = medians(runs, SECONDS if seconds is None else seconds)
    return {way.name: time for way, time in zip(ways, times, strict=True)}


def _nothing() -> None:
    """A processor has no queue to wait for."""


def _ran(way: Way, x: Tensor, wait: Callable[[], None]) -> None:
    way(x)
    wait()


def difference(ours: Any, theirs: Any) -> float:
    """How far two outputs are apart, as a share of the largest element of the second."""
    if isinstance(theirs, Tensor):
        return share_apart(ours, theirs)
    return worst(share_apart(ours[name], value) for name, value in theirs.items())
