"""The spec's `expect:` held against the network's cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from compiler.cost import Report, cost
from compiler.cost.quantities import MEASURES, QUANTITIES, Found, amount, exactly
from compiler.ir.op import Shape
from dsl.models.promises import Expect
from dsl.models.spec import Spec
from dsl.text.problems import Problem, did_you_mean


def broken(spec: Spec, report: Report) -> list[Problem]:
    """Every promise of the spec that its network doesn't keep.

    The promises are for one input, evaluated without auxiliary heads; a report of another
    pass is taken anew. A network that passes rewrote has promised nothing.
    """
    if report.network.rewritten:
        return []
    if report.batch != 1 or report.training:
        report = cost(report.network)
    problems = [*_quantities(spec.expect, report), *_shapes(spec.expect, report)]
    first = min((p for p in problems if not p.hint), key=lambda p: p.span, default=None)
    if first is None:
        return problems
    advice = "if the network was changed on purpose, delete `expect:` or write what it has"
    help = f"{advice}: {_kept(spec.expect, report)}"
    return [replace(p, help=help) if p is first else p for p in problems]


def exceeded(limits: Mapping[str, int | str], spec: Spec, report: Report) -> dict[str, Problem]:
    """Limits from outside the spec, by quantity, that its network doesn't keep."""
    faults = {name: _fault(name, wanted, report) for name, wanted in limits.items()}
    at = spec.at.of("name")
    return {
        name: Problem("E130", at, f"the limit of {fault}")
        for name, fault in faults.items()
        if fault
    }


def _promised(expect: Expect) -> Iterator[tuple[str, int | str]]:
    """Each quantity that has a number or a budget."""
    values = ((name, getattr(expect, name)) for name in QUANTITIES)
    return ((name, value) for name, value in values if value is not None)


def _quantities(expect: Expect, report: Report) -> Iterator[Problem]:
    for name, wanted in _promised(expect):
        if fault := _fault(name, wanted, report):
            budget = "" if isinstance(wanted, int) else "the budget of "
            yield Problem("E130", expect.at.of(name), f"expect: {budget}{fault}")


def _fault(name: str, wanted: int | str, report: Report) -> str:
    """What is promised and what there is; empty where it is kept."""
    found = QUANTITIES[name].of(report)
    if found is None:
        return f"{name} is {wanted}, the network has {QUANTITIES[name].absent(report)}"
    if _keeps(name, wanted, found):
        return ""
    return f"{name} is {wanted}, the network has {amount(found, MEASURES[name])}"


def _keeps(name: str, wanted: int | str, found: Found) -> bool:
    """Whether what was found lies within all limits, each for as many axes as there are."""
    sides = found if isinstance(found, tuple) else (found,)
    bounds = MEASURES[name].bounds(wanted)
    return all(len(bound.sides) in (1, len(sides)) and bound.holds(sides) for bound in bounds)


def _kept(expect: Expect, report: Report) -> str:
    """The contract as the network would keep it, ready to be pasted."""
    found = []
    for name, wanted in _promised(expect):
        value = QUANTITIES[name].of(report)
        if value is not None:
            kept = str(wanted) if _keeps(name, wanted, value) else _mended(wanted, value)
            found.append(f"{name}: {_quoted(kept)}")
    outputs = _outputs(report)
    shapes = {name: outputs[name] for name in expect.out if name in outputs}
    found += [f"out.{name}: [{', '.join(str(int(n)) for n in shapes[name])}]" for name in shapes]
    return f"expect: {{{', '.join(found)}}}"


def _mended(wanted: int | str, found: Found) -> str:
    """What was found as a promise of the same kind."""
    ends = str(wanted)[:1]
    sign = f"{ends}= " if ends in ("<", ">") else ""
    return f"{sign}{exactly(found)}"


def _quoted(text: str) -> str:
    """As YAML wants it: a value that starts with > would begin a text of several lines."""
    return f"'{text}'" if text.startswith(">") else text


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
