"""The short text that says what a spec came to, or a recipe or a sweep."""

from __future__ import annotations

from typing import Any

from compiler.cost import Report, cost
from compiler.cost.contract import broken
from compiler.lowering.prepare import Prepared
from compiler.report.figures import figures
from dsl.changing.sweeping import points_of
from dsl.models.recipe import Recipe
from dsl.models.sweep import Sweep
from dsl.text.problems import SpecError
from dsl.writing.flowing import Inline, Raw, on_one_line
from dsl.writing.recipes import recipe_data


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


def recipe_summary(recipe: Recipe) -> str:
    """Title, source and all that a recipe says, what it extends included."""
    said = recipe_data(recipe)
    heads = [said.pop(key) for key in ("title", "source") if key in said]
    rates = f"{recipe.rate_at(0):g} at first, {recipe.rate_at(recipe.epochs):g} at the end"
    rows = [_row(key, value) for key, value in said.items()]
    return "\n".join([*heads, *rows, _row("rate", rates)]) + "\n"


def sweep_summary(sweep: Sweep) -> str:
    """Title, all that a sweep says, and how many variants it has."""
    said = recipe_data(sweep)
    heads = [said.pop("title")] if "title" in said else []
    rows = [_row(key, value) for key, value in said.items()]
    points = points_of(sweep)
    variants = f"{len(points):,}" if points else "as many as are drawn"
    return "\n".join([*heads, *rows, _row("variants", Raw(variants))]) + "\n"


def _row(key: str, value: Any) -> str:
    """A key with its value, and what is too long for a line with a line for each of its keys."""
    long = isinstance(value, dict) and not isinstance(value, Inline)
    lines = [f"{name}: {on_one_line(each)}" for name, each in value.items()] if long else []
    first, *more = lines or [on_one_line(value)]
    return "\n".join([f"  {key:<18} {first}", *(f"{'':21}{line}" for line in more)])
