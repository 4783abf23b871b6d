"""Limits of a network's quantities that the command line sets: `--max-params 8M` and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from compiler.cli.terminal import sentence
from compiler.cost.quantities import MEASURES, QUANTITIES
from dsl.models.budgets import SIGNS, Limit, Measure
from dsl.text.numbers import Misfit

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:
    TextType = click.ParamType


class LimitType(TextType):
    """An amount such as `8M`; gives the budget that it sets, `<= 8M`."""

    name = "limit"

    def __init__(self, limit: Limit, measure: Measure) -> None:
        self.limit, self.measure = limit, measure

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Raises a usage error for anything else."""
        budget = f"{SIGNS[self.limit]} {value}"
        try:
            self.measure.bounds(budget)
        except Misfit as fault:
            more = f" ({fault.help})" if fault.help else ""
            self.fail(f"it {str(fault).replace(budget, value)}{more}", param, ctx)
        return budget


def limit_options(command: F) -> F:
    """An option for each quantity: the command gets `limits`, budgets by quantity."""
    for name, quantity in reversed(QUANTITIES.items()):
        command = click.option(
            f"--{quantity.limit}-{name.replace('_', '-')}",
            parameter(name),
            type=LimitType(quantity.limit, MEASURES[name]),
            metavar=MEASURES[name].example.partition(" ")[2],
            help=f"{sentence(quantity.words)}, {BOUNDS[quantity.limit]}.",
        )(command)
    return command


BOUNDS: dict[Limit, str] = {"max": "at most", "min": "at least"}


def parameter(name: str) -> str:
    """What the function of a command calls an option."""
    return f"limit_{name}"


def limits(options: dict[str, Any]) -> dict[str, str]:
    """The budgets that options set, by quantity; taken out of the options."""
    found = {name: options.pop(parameter(name)) for name in QUANTITIES}
    return {name: budget for name, budget in found.items() if budget is not None}
