"""Which way runs a network best here: measured on an example, and only of those that are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, partial
from math import inf
from typing import Any, Literal

import torch
from torch import Tensor

from compiler.exporting.calibrating import Calibration
from compiler.exporting.engines import Engine, Files, Unable, line
from compiler.exporting.wishes import ExportFault
from compiler.missing import advice
from compiler.oracle.likeness import share_apart, worst
from compiler.running.engined import ENGINES, TAKES, EngineName, engined, onnx_files
from compiler.running.inference import Choice, Rewritten
from compiler.running.quantised import cost, in_int8
from compiler.running.timing import medians
from compiler.running.ways import Step, Way, graphed, laid_out, layouts

Wish = Literal["torch", EngineName, "auto"]
"""Who runs a network: torch, an engine, or the quickest of them."""
SECONDS = 0.4
"""How long ways are measured against each other, each time that they are."""
ROUNDINGS = 100
"""How many of a type's smallest steps a way may differ from another, in the largest element."""
MARGIN = 10
"""How much further than torch's own rounding another's may lead, where a network amplifies it."""


@dataclass(frozen=True)
class Task:
    """A rewritten module to be run as well as can be, in a type.

    `reference` is what the model that it came from does, and `wanted` what that gives for `x`.
    In int8 `images` are there to find ranges with.
    """

    module: Rewritten
    x: Tensor
    reference: Step
    wanted: Any
    dtype: torch.dtype
    images: Calibration | None = None


@dataclass(frozen=True)
class Found:
    """How an engine runs it: every shape, and the example's; and how far it is from the model."""

    usual: Way
    best: Way
    error: float


def chosen(wish: Wish, task: Task) -> tuple[Rewritten, Choice]:
    """The module that is used, and what runs it best.

    Raises `ValueError` for an engine that was asked for and can't run it, and where none can;
    `ImportError` where the one that was asked for isn't installed.
    """
    if wish == "torch":
        return _in_torch(task.module.to(task.dtype), task.x, task.wanted)
    if wish == "auto":
        return _of_all(task)
    return _in_engine(ENGINES[wish], replace(task, module=task.module.to(TAKES)))


def _in_torch(module: Rewritten, x: Tensor, wanted: Any) -> tuple[Rewritten, Choice]:
    """Layouts first, then the graph compiler in the best."""
    dtype = next((weight.dtype for weight in module.parameters()), x.dtype)
    modules = {layout: laid_out(deepcopy(module), layout) for layout in layouts(x)}
    ways = [Way(layout, made, layout, dtype) for layout, made in modules.items()]
    found = measured(ways, x)
    usual = min(ways, key=lambda way: found[way.name])
    shaped, left_out = dict[torch.Size, Way](), dict[str, str]()
    if x.device.type == "cpu":
        name, graph, fault = _graphed(usual, x, (module, x, dtype))
        if graph is None:
            left_out[name] = fault
        else:
            found |= measured([usual, graph], x)
            if found[name] < found[usual.name]:
                shaped[x.shape] = graph
    best = shaped.get(x.shape, usual)
    choice = Choice(usual, shaped, found, left_out, difference(best(x), wanted))
    return modules[usual.layout], choice


def _graphed(
    usual: Way, x: Tensor, ran: tuple[Rewritten, Tensor, torch.dtype]
) -> tuple[str, Way | None, str]:
    """The graph compiler's way by its name, or why it isn't taken."""
    try:
        graph = graphed(usual, x)
    except Exception as error:  # noqa: BLE001  # the compiler may fail in any way; we have another
        return "oneDNN graph", None, f"it failed: {' '.join(str(error).split())[:200]}"
    fault = _fault(graph(x), usual(x), ran)
    return graph.name, None if fault else graph, fault


def _in_engine(engine: Engine, task: Task) -> tuple[Rewritten, Choice]:
    """An engine that was asked for by name."""
    try:
        found = _by(engine, task, partial(onnx_files, task.module))
    except ImportError as error:
        said = advice(error) or f"{engine.name} can't be loaded: {error}"
        raise ImportError(f"compiler.optimize_for_inference: {said}", name=error.name) from None
    except (Unable, ExportFault) as error:
        name = task.module.network.name
        raise ValueError(f"{engine.name} can't run {name}: {error}") from None
    seconds = measured([found.best], task.x, 0)
    return task.module, Choice(found.usual, {task.x.shape: found.best}, seconds, {}, found.error)


def _of_all(task: Task) -> tuple[Rewritten, Choice]:
    """The quickest of what torch runs best and each engine that is installed and exact."""
    x, floats = task.x, replace(task, module=deepcopy(task.module).to(TAKES))
    engines, left_out = _by_each(floats)
    if task.images:
        return _in_int8(floats, engines, {"torch": "it has no int8 here", **left_out})
    used, choice = _in_torch(task.module.to(task.dtype), x, task.wanted)
    best = choice.shaped.get(x.shape, choice.usual)
    seconds = measured([best, *(found.best for found in engines.values())], x) if engines else {}
    left_out = {**choice.left_out, **left_out}
    choice = replace(choice, measured={**choice.measured, **seconds}, left_out=left_out)
    quickest = min(seconds, key=lambda name: seconds[name], default=best.name)
    if quickest not in engines:
        return used, choice
    found = engines[quickest]
    shaped = {x.shape: found.best}
    return floats.module, replace(choice, usual=found.usual, shaped=shaped, error=found.error)


def _in_int8(
    task: Task, engines: dict[str, Found], left_out: dict[str, str]
) -> tuple[Rewritten, Choice]:
    """The quickest of the engines. Raises `ValueError` where there is none."""
    if not engines:
        why = "; ".join(f"{name}: {said}" for name, said in left_out.items())
        raise ValueError(f"nothing runs {task.module.network.name} in int8. {why}")
    seconds = measured([found.best for found in engines.values()], task.x)
    found = engines[min(seconds, key=lambda name: seconds[name])]
    shaped = {task.x.shape: found.best}
    return task.module, Choice(found.usual, shaped, seconds, left_out, found.error)


def _by_each(task: Task) -> tuple[dict[str, Found], dict[str, str]]:
    """Each engine that can, by the name of its way; and why others can't."""
    engines, left_out = dict[str, Found](), dict[str, str]()
    graph = cache(partial(onnx_files, task.module))
    for engine in ENGINES.values():
        try:
            found = _by(engine, task, graph)
        except ImportError as error:
            left_out[engine.name] = advice(error) or f"it can't be loaded: {error}"
        except Exception as error:  # noqa: BLE001  # each has its own, and others run it anyway
            left_out[engine.name] = line(error)
        else:
            engines[found.best.name] = found
    return engines, left_out


def _by(engine: Engine, task: Task, graph: Callable[[], Files]) -> Found:
    """How an engine runs a module of float32, which `graph` gives the files of.

    Raises `Unable`, `ExportFault` or `ImportError` where it can't, or gives something else.
    """
    module, x = task.module, task.x
    if task.images:
        files = in_int8(engine, module, task.images)
        usual, best = engined(engine, module, x, torch.int8, lambda: files, lambda: files)

        def step(image: Tensor) -> Any:
            return (best if image.shape == x.shape else usual)(image)

        error = cost(step, task.reference, module, task.images.held)
        if not error < inf:
            raise Unable("in int8 it gives what are no numbers")
        return Found(usual, best, error)
    again = partial(onnx_files, module)
    usual, best = engined(engine, module, x, task.dtype, graph, again)
    made = best(x)
    if fault := _fault(made, module(x.to(TAKES)), (module, x, task.dtype)):
        raise Unable(fault)
    return Found(usual, best, difference(made, task.wanted))


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
