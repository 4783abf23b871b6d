"""Numbers as people write them, and those that no network can hold."""

from __future__ import annotations

import math
import re
from typing import cast

WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
NUMBER = re.compile(
    r"[+-]?((?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,24})?|\.[0-9]{1,24})(?:[eE][+-]?[0-9]{1,3})?"
)
"""`0.001`, `1e-3`, `.001`; as many digits as the shortest text of any float has."""
HUGE = 1e300
"""More than any field takes; a float holds all below."""
LEAST = 1e-37
"""The smallest number above 0: float32, in which networks run, holds no smaller ones exactly."""


class Misfit(ValueError):
    """A value that a field can't take; `meant` is what probably should stand there."""

    def __init__(
        self, message: str, meant: str = "", *, help: str = "", code: str = "E013"
    ) -> None:
        super().__init__(message)
        self.meant = meant
        self.help = help
        self.code = code


def number_of(text: str) -> int | float | None:
    """The number that a text says; None where it says none, or one beyond all floats.

    >>> number_of("010"), number_of(".5"), number_of("1e-3"), number_of("7"), number_of("1e999")
    (None, 0.5, 0.001, 7, None)
    """
    if not NUMBER.fullmatch(text):
        return None
    if is_whole(text):
        return int(text)
    found = float(text)
    return found if math.isfinite(found) and (found or not too_small(text)) else None


def is_whole(value: object) -> bool:
    """Whether it is the text of a whole number, as a person writes one."""
    return isinstance(value, str) and bool(WHOLE.fullmatch(value))


def is_number(value: object) -> bool:
    """Whether it is a finite number; true and false are none, nor is what no float can hold."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < HUGE


def too_small(value: object) -> bool:
    """Whether it is a number, or the text of one, that would be lost between 0 and `LEAST`."""
    if isinstance(value, str):
        found = NUMBER.fullmatch(value)
        return bool(found and re.search("[1-9]", found[1])) and abs(float(value)) < LEAST
    return is_number(value) and 0 < abs(cast(float, value)) < LEAST


LONGEST = 60
"""Longer texts mean no number: a pattern would take the square of that to see it."""


def otherwise(value: object) -> str:
    """The number that a text means beyond doubt in another notation: `20%`, `1_000`, `64px`."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return ""
    bare = re.sub(r"\s*(px|ch|[,;])$", "", value.replace("_", ""))
    bare = bare.replace(",", "") if re.fullmatch("[1-9][0-9]{0,2}(,[0-9]{3})+", bare) else bare
    bare = bare.replace(",", ".") if re.fullmatch("0,[0-9]+", bare) else bare
    if re.fullmatch(r"[0-9]{1,2}(\.[0-9]+)?%", bare):
        return f"{float(bare[:-1]) / 100:g}"
    return bare if bare != value and NUMBER.fullmatch(bare) else ""


def as_whole(value: object) -> str:
    """The whole number that a text says in a way that only others are written: `8.0`, `1e2`."""
    found = number_of(otherwise(value) or value) if isinstance(value, str) else None
    return str(int(found)) if found is not None and found == int(found) else ""


def loss(value: object, low: float = 0) -> str:
    """Why a number can't be had although it lies above a field's lower limit."""
    return f" (above 0, the least is {LEAST:g})" if low < LEAST and too_small(value) else ""


def bound(limit: float) -> str:
    """A limit as an error says it."""
    return f"{limit:,.0f}" if limit == int(limit) else f"{limit:g}"
