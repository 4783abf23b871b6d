"""The spec's `expect:` held against the network's cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from compiler.cost import Report, cost
from compiler.ir.op import Shape
from dsl.models.spec import Expect, Spec
from dsl.text.problems import Problem, did_you_mean

TOTALS = (
    "params",
    "params_with_aux",
    "trainable",
    "buffers",
    "keras_total",
    "macs",
    "activations",
)


def broken(spec: Spec, report: Report) -> list[Problem]:
    """Every promise of the spec that its network doesn't keep.

    The promises are for one input, evaluated without auxiliary heads; a report of another
    pass is taken anew. A network that passes rewrote has promised nothing.
    """
    if report.network.rewritten:
        return []
    if report.batch != 1 or report.training:
        report = cost(report.network)
    problems = [*_totals(spec.expect, report), *_shapes(spec.expect, report)]
    first = min((p for p in problems if not p.hint), key=lambda p: p.span, default=None)
    if first is None:
        return problems
    advice = "if the network was changed on purpose, delete `expect:` or write what it has"
    help = f"{advice}: {_kept(spec.expect, report)}"
    return [replace(p, help=help) if p is first else p for p in problems]


def _kept(expect: Expect, report: Report) -> str:
    """The contract as the network would keep it, ready to be pasted."""
    totals = {name: getattr(report.total, name) for name in TOTALS}
    found = [f"{name}: {n}" for name, n in totals.items() if getattr(expect, name) is not None]
    outputs = _outputs(report)
    shapes = {name: outputs[name] for name in expect.out if name in outputs}
    found += [f"out.{name}: [{', '.join(str(int(n)) for n in shapes[name])}]" for name in shapes]
    return f"expect: {{{', '.join(found)}}}"


def _totals(expect: Expect, report: Report) -> Iterator[Problem]:
    for name in TOTALS:
        wanted, found = getattr(expect, name), getattr(report.total, name)
        if wanted is not None and wanted != found:
            message = f"expect: {name} is {wanted}, the network has {found:,}"
            yield Problem("E130", expect.at.of(name), message)


def _shapes(expect: Expect, report: Report) -> Iterator[Problem]:
    shapes = _outputs(report)
    for name, wanted in expect.out.items():
        span = expect.at.of(f"out.{name}")
        if name not in shapes:
            message = f"expect: there is no step or section {name}"
            yield Problem("E130", span, message, hint=did_you_mean(name, shapes))
        elif wanted != shapes[name]:
            message = f"expect: out.{name} is {Shape(*wanted)}, the network gives {shapes[name]}"
            yield Problem("E130", span, message)


def _outputs(report: Report) -> Mapping[str, Shape]:
    """Shapes by section (its last step's) and by step; a step's own name wins."""
    sections = report.network.sections
    steps = {row.path: row.out for row in report.blocks}
    return {sections[name]: out for name, out in steps.items()} | steps
