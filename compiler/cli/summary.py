"""The short text that says what a spec came to."""

from __future__ import annotations

from compiler.cost import Report, cost
from compiler.cost.contract import broken
from compiler.lowering.prepare import Prepared
from compiler.report.figures import figures
from dsl.text.problems import SpecError


def measured(prepared: Prepared) -> Report:
    """The cost; raises `SpecError` where the spec's own `expect` isn't met."""
    report = cost(prepared.network)
    problems = broken(prepared.spec, report)
    if problems:
        raise SpecError(problems, prepared.spec.texts)
    return report


def summary(prepared: Prepared, report: Report) -> str:
    """Title, source and the figures that people compare."""
    network = prepared.network
    lines = [network.title]
    lines += [network.paper] if network.paper else []
    lines += [f"  {name:<18} {value}" for name, value in figures(prepared, report)]
    return "\n".join(lines) + "\n"
