"""Words of activations, and what may stand behind one: `leakyrelu:0.1`, `prelu:channelwise`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator

from dsl.models.fields import (
    ACTIVATION_MEANINGS,
    ACTIVATION_WORDS,
    ARGUMENT,
    argument,
    one_of,
    reference,
)
from dsl.models.forms import NAME, Form, any_of, formed, number_form, words_form
from dsl.models.identifiers import is_identifier
from dsl.models.ramp import RAMP, Ramp, read_ramp
from dsl.models.scalars import number
from dsl.text.numbers import HUGE, NUMBER, Misfit
from dsl.text.problems import closest, shown

CHANNELWISE = "channelwise"
"""A learned slope for each channel, instead of one for all."""
SLOPED = {"leakyrelu": "leakyrelu 0.1", "prelu": f"prelu {CHANNELWISE}"}
"""Activations below 0 by a slope that may be said, each as an example."""


SLOPES = (f"leakyrelu:(?:{NUMBER.pattern})", f"prelu:{CHANNELWISE}")
"""Patterns of those that have theirs behind them."""


def word_of(text: str) -> str:
    """The word alone: `leakyrelu` of `leakyrelu:0.1`."""
    return text.partition(":")[0]


def with_slope(word: str, slope: float | str | None) -> str:
    """The two as one text, as it stands behind a convolution."""
    if slope is None:
        return word
    whole = isinstance(slope, float) and slope == int(slope)
    return f"{word}:{int(slope) if whole else slope}"


def slope_of(word: str, slope: Any) -> float | str:
    """What may stand behind an activation's word as its slope, a parameter's name apart."""
    if word not in SLOPED:
        sloped = " and ".join(SLOPED)
        raise Misfit(f"belongs to {sloped}, and {word} has none", code="E015")
    if word == "prelu":
        if slope == CHANNELWISE:
            return CHANNELWISE
        raise Misfit(f"is learned by prelu: one, or {CHANNELWISE}, not {shown(slope)}", CHANNELWISE)
    return number(0, 1e6, named=False)(slope)


def _said(value: Any) -> str | None:
    """An activation with its slope as it is kept; None for what isn't one with a slope."""
    word, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or word not in ACTIVATION_WORDS:
        return None
    try:
        return with_slope(word, slope_of(word, rest))
    except Misfit as fault:
        meant = f"{word}:{fault.meant}" if fault.meant else ""
        raise Misfit(f"has a slope that {fault}", meant) from None


def _slope(value: Any) -> float | str:
    if is_identifier(value):
        return str(value)
    return number(0, 1e6, named=True)(value)


formed(_slope, number_form(0, 1e6, NAME, said="a number, or a name"))


def _ramp_or_argument(value: Any) -> Any:
    ramp = read_ramp(value)
    return argument(value) if ramp is None else ramp


def _misspelt(value: Any) -> str:
    """What `leekyrelu:0.1` was meant to be."""
    word, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    near = closest(word, SLOPED) if colon and word not in ACTIVATION_WORDS else ""
    return f"{near}:{rest}" if near else ""


def _or(read: Callable[[Any], Any], form: Form) -> Callable[[Any], Any]:
    """A reader of activations with a slope, and of what another takes."""

    def either(value: Any) -> Any:
        said = _said(value)
        if said is not None:
            return said
        try:
            return read(value)
        except ValueError as fault:
            if meant := _misspelt(value):
                raise Misfit(str(fault), meant) from None
            raise

    return formed(either, form)


OR_NONE = {**ACTIVATION_MEANINGS, "none": "no activation"}
Act = Annotated[str, BeforeValidator(_or(one_of(*OR_NONE), words_form(OR_NONE, *SLOPES)))]
"""An activation, or none."""
_act_or_name = _or(reference, words_form(OR_NONE, NAME, *SLOPES))
ActOrName = Annotated[str, BeforeValidator(_act_or_name)]
"""An activation, or the name of a parameter that holds one."""
SAID = "a number or a word"
_argument = _or(argument, Form(any_of(ARGUMENT, *SLOPES), low=-HUGE, high=HUGE, said=SAID))
Argument = Annotated[int | float | str, BeforeValidator(_argument)]
_given = _or(
    _ramp_or_argument, Form(any_of(ARGUMENT, RAMP, *SLOPES), low=-HUGE, high=HUGE, said=SAID)
)
Given = Annotated[int | float | str | Ramp, BeforeValidator(_given)]
"""What a call may give a block's parameter: over its repeats a range of numbers, too."""
Slope = Annotated[float | str, BeforeValidator(_slope)]
"""What stands behind the word of an activation: its fit is held beside that."""
