"""The whole of an export: made, run beside the module, and written if they agree."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, TypeVar

from compiler.exporting.asking import refuse_unknown, wished
from compiler.exporting.calibrating import Calibration, calibration
from compiler.exporting.comparing import Comparison, Unsteady, compared, trials
from compiler.exporting.costing import Quantised, Trial
from compiler.exporting.engines import Files, Runner, Unable
from compiler.exporting.entering import numbers, refuse_bytes
from compiler.exporting.forms import FORMS, Form, FormName, named, needed
from compiler.exporting.giving import Given, Source, holds, network_of, taken
from compiler.exporting.optimising import Ready, optimized
from compiler.exporting.placing import default, put, refuse
from compiler.exporting.quantising import Subject
from compiler.exporting.reporting import Exported, outputs
from compiler.exporting.serving import Served, loaded
from compiler.exporting.sizes import fixed, free
from compiler.exporting.wishes import ExportFault, Wishes
from compiler.ir.network import Network
from dsl.models.extent import samples

T = TypeVar("T")
KEYWORD = Parameter.KEYWORD_ONLY


def export(
    what: Source,
    output: str | Path | None = None,
    *,
    to: FormName | None = None,
    weights: Any = None,
    source: str = "own",
    transform_input: bool = False,
    optimize: bool = True,
    **wishes: Any,
) -> Exported:
    """Write a network in another format, once it was run there beside the module.

    `what` is a model that `compile_spec` made, with its weights, or a spec, a path or a name on
    the shelf, whose `weights` (and `source`) are as `load_weights` takes them; without any they
    are random. `to` is the format, which may also follow from the suffix of `output`; a file that
    the caller doesn't name is new. `optimize=False` exports the network as the spec has it.
    Everything else is a field of `Wishes`, which says more of each:

    - `dtype`, `opset`: what it computes in ("float32", "float16", …), in which operators of ONNX;
    - `dynamic` ("all", "batch", "none"), `batch`: sizes that the caller chooses, or the batch;
    - `softmax`, `taps`, `aux`: probabilities, values of steps and layers, auxiliary heads;
    - `preprocess`: True for images of bytes, normalised as the spec's `meta` says, or a
      `Preprocessing` with `mean`, `std` and `layout`;
    - `labels`: the classes' names, to be written beside the graph;
    - `calibrate`: int8, with ranges from a folder, batches or noise, or a `Calibrate`.

    Prints nothing; the report says what was done, and `print(report)` shows it. Raises
    `ExportFault` for what can't be had, and where the two disagree: then nothing is written.
    `TypeError` for a name that is no wish, `ImportError` where the format's package is missing.

    >>> print(export(model, "net.onnx", softmax=True))
    """
    own = [name for name, each in signature(export).parameters.items() if each.kind is KEYWORD]
    refuse_unknown(wishes, own)
    path = None if output is None else Path(output)
    form = named(to, path)
    needed(form)
    made = wished(form, wishes, optimize=optimize)
    network = network_of(what)
    if wishes.get("dynamic") == "all":
        _refuse_open(network, made)
    _refuse_wishes(network, made)
    target = default(network, FORMS[form].suffixes[0]) if path is None else path
    held = weights is None or isinstance(weights, Mapping)
    sources = [*network.spec.texts, *(() if held else (weights,))]
    refuse(target, FORMS[form].suffixes, [*map(Path, sources)], new=not path)
    given = taken(
        what if holds(what) else network, weights, source, aux=made.aux, folded=transform_input
    )
    return exported(given, target, form, made, optimize=optimize)


def _refuse_wishes(network: Network, wishes: Wishes) -> None:
    """Raise `ExportFault` for what this network hasn't, before weights are looked at."""
    outputs(network, wishes)
    if wishes.preprocess and len(network.input.grid) == 2:
        refuse_bytes(*numbers(network, wishes.preprocess))


def _refuse_open(network: Network, wishes: Wishes) -> None:
    """Raise `ExportFault` where open sizes were asked for, and the network has none."""
    if not any(free(network, wishes)):
        layer = next(iter(fixed(network, wishes).values()))
        said = f"{network.name} takes {samples(len(network.input.grid))} of one size"
        raise ExportFault(f"{said}: {layer} asks for it", "leave only the batch open")


def exported(
    given: Given, target: Path, name: FormName, wishes: Wishes, *, optimize: bool
) -> Exported:
    """The report of an export that was made, compared and written."""
    form = FORMS[name]
    names = tuple(outputs(given.network, wishes))
    asked = wishes.calibrate
    chosen = calibration(given.network, wishes, asked) if asked else None
    reference = Served(loaded(given.network, given.weights, aux=wishes.aux), _exact(wishes))
    ready = optimized(given, wishes) if optimize else Ready(given.network, given.weights, wishes)
    files, seconds = _timed(lambda: form.make(ready.network, ready.weights, ready.wishes))
    given = replace(given, notes=(*given.notes, *ready.notes))
    report = Exported(given, ready.network, name, target, wishes, files, optimize=optimize)
    (comparison, why), longer = _timed(lambda: _tried(form, files, reference, names, wishes))
    report = replace(report, compared=comparison, left_out=why, seconds=(seconds, longer))
    if chosen:
        report = _in_int8(report, chosen, reference)
    put(target, report.files)
    return report


def _in_int8(report: Exported, chosen: Calibration, reference: Served) -> Exported:
    """The export quantised, and run beside the module on images that were held out.

    Raises `ExportFault` where the tool can't, or no engine runs what it made.
    """
    form, wishes, names = FORMS[report.form], report.wishes, tuple(report.outputs)
    assert form.quantiser
    noise = chosen.origin == "noise"
    start = time.perf_counter()
    files = form.quantiser(Subject(report.network, wishes, report.files, noise), chosen.ranges)
    made = time.perf_counter()
    engine, runner, why = _runner(form, files, wishes)
    if runner is None:
        raise ExportFault(f"no engine runs it in int8: {why}", "leave it in float32")
    cost = Trial(engine, runner, reference, names, wishes).cost(chosen.held)
    found = Quantised(form.quantiser.version, chosen, cost)
    took = (*report.seconds, made - start, time.perf_counter() - made)
    return replace(report, files=files, quantised=found, seconds=took)


def _runner(form: Form, files: Files, wishes: Wishes) -> tuple[str, Runner | None, str]:
    """The first engine that runs these files, by its name; why others, or all, were left out."""
    why: list[str] = []
    for engine in form.engines:
        name = f"{engine.name} {engine.version}"
        if wishes.dtype == "float64" and not engine.doubles:
            why.append(f"{engine.name} has no float64")
        elif not engine.version:
            why.append(f"{engine.name} isn't installed ({engine.advice})")
        else:
            try:
                return name, engine.load(files), "; ".join(why)
            except Unable as error:
                why.append(f"{name} can't run it ({error})")
    return "", None, "; ".join(why)


def _timed(what: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return what(), time.perf_counter() - start


def _exact(wishes: Wishes) -> Wishes:
    """The same in the type that inputs and outputs have."""
    return replace(wishes, dtype=wishes.outside, opset=None, calibrate=None)


def _tried(
    form: Form, files: Files, reference: Served, names: tuple[str, ...], wishes: Wishes
) -> tuple[Comparison | None, str]:
    """The export run by the first engine that can; why others, or all, were left out.

    Raises `ExportFault` where it and the module disagree.
    """
    network = reference.model.network
    if not trials(network, wishes):
        return None, f"a pass of {network.name} takes too many multiply-accumulates"
    name, runner, why = _runner(form, files, wishes)
    if runner is None:
        return None, why
    try:
        found = compared(name, runner, reference, names, wishes)
    except Unsteady as error:
        raise ExportFault(str(error), _broken(reference)) from None
    if not found.ok:
        raise ExportFault(*_disagreement(found))
    return found, why


def _broken(reference: Served) -> str:
    """The first weight that isn't a number, else where to look."""
    for key, value in reference.model.state_dict().items():
        if not value.isfinite().all():
            return f"{key} of its weights isn't all numbers; nothing was written"
    return "its weights are numbers, but too large ones; nothing was written"


def _disagreement(found: Comparison) -> tuple[str, str]:
    worst = max(found.differences, key=lambda name: found.differences[name])
    difference = found.differences[worst]
    said = f"{found.engine} gives other {worst} than the module: they differ by {difference:.1e}"
    if found.most is None:
        return f"{said}, so there are numbers that the dtype can't hold", "take bfloat16 or float32"
    return (
        f"{said} of the largest, and rounding explains {found.most:g}; nothing was written",
        "--no-optimize tells whether the passes are at fault; please report it",
    )
