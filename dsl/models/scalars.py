"""Readers of single numbers, given as such or by the name of a block's parameter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dsl.models.factors import factor, looks_factored
from dsl.models.factors import otherwise as factored
from dsl.models.forms import NAMED_NUMBER, SCALED, formed, number_form, whole_form
from dsl.models.identifiers import is_identifier
from dsl.models.ramp import ramp_help
from dsl.text.numbers import (
    Misfit,
    as_whole,
    bound,
    is_number,
    loss,
    number_of,
    otherwise,
    too_small,
)
from dsl.text.problems import shown

MOST = 100_000
"""The largest width, kernel side, input side or repeat that a spec may name."""


def number_text(value: Any) -> Any:
    """The number that a text says; any other value as it is."""
    found = number_of(value) if isinstance(value, str) else None
    return value if found is None else found


OR_PARAMETER = {True: " or a parameter's name", False: ""}


def whole(low: int, high: int, named: bool, scaled: bool = False) -> Callable[[Any], int | str]:
    """A reader of whole numbers; with `named`, of parameter names too; `scaled`, with a factor."""
    wanted = f"a whole number from {low} to {high:,}{OR_PARAMETER[named]}"

    def read(value: Any) -> int | str:
        found = number_text(value)
        if isinstance(found, int) and is_number(found) and low <= found <= high:
            return int(found)
        if named and (is_identifier(value) or (scaled and factor(value))):
            return str(value)
        if named and looks_factored(value):
            raise no_factor(value, scaled)
        zeros = isinstance(value, str) and re.fullmatch(r"0[0-9]+", value)
        why = " (leading zeros are not taken)" if zeros else ""
        meant = as_whole(value)
        meant = meant if meant and low <= int(meant) <= high else ""
        help = ramp_help(value) if named else ""
        raise Misfit(f"must be {wanted}, not {shown(value)}{why}", meant, help=help)

    names = SCALED if scaled else NAMED_NUMBER[named]
    return formed(read, whole_form(low, high, *names, said=wanted))


def no_factor(value: str, scaled: bool) -> Misfit:
    """Why a name with something around it can't be taken."""
    if not scaled:
        return Misfit(f"must be a number or a name alone, without a factor, not {shown(value)}")
    wanted = "must be a number, or a name with one whole factor right behind it"
    return Misfit(f"{wanted}, such as in*6 or in/16, not {shown(value)}", factored(value))


def number(low: float, high: float, named: bool) -> Callable[[Any], float | str]:
    """A reader of finite numbers from `low` to `high`; none is between 0 and `LEAST`."""
    wanted = f"a number from {bound(low)} to {bound(high)}{OR_PARAMETER[named]}"

    def read(value: Any) -> float | str:
        found = number_text(value)
        if named and is_identifier(value):
            return str(value)
        if is_number(found) and low <= found <= high and not too_small(found):
            return float(found)
        meant = otherwise(value)
        meant = meant if meant and low <= float(meant) <= high else ""
        said = f"must be {wanted}, not {shown(value)}{loss(value, low)}"
        raise Misfit(said, meant, help=ramp_help(value))

    return formed(read, number_form(low, high, *NAMED_NUMBER[named], said=wanted))
