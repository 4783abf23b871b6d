"""A number that changes evenly over the repeats of a call: `A p=0..0.1 x3` is 0, 0.05 and 0.1."""

from __future__ import annotations

import re
from typing import Any

from dsl.text.numbers import Misfit, is_number, number_of, too_small
from dsl.text.problems import shown

_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
RAMP = rf"({_NUMBER})\.\.({_NUMBER})"
_RAMP = re.compile(RAMP)
DIGITS = 12
"""Significant ones of what lies between, so that 0.075 isn't 0.07500000000000001."""


class Ramp:
    """The numbers of the first and of the last repeat, both as the author wrote them."""

    __slots__ = ("first", "last")

    def __init__(self, first: float, last: float) -> None:
        self.first = first
        self.last = last

    def at(self, place: int, count: int) -> int | float:
        """The number of one of `count` repeats; the first one's where there is only one.

        >>> [Ramp(0, 0.1).at(place, 3) for place in range(3)]
        [0, 0.05, 0.1]
        """
        if place == 0 or count == 1:
            return self.first
        if place == count - 1:
            return self.last
        way = (self.last - self.first) * place
        if isinstance(way, int) and way % (count - 1) == 0:
            return self.first + way // (count - 1)
        return float(f"{self.first + way / (count - 1):.{DIGITS}g}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ramp) and (self.first, self.last) == (other.first, other.last)

    def __hash__(self) -> int:
        return hash((self.first, self.last))

    def __str__(self) -> str:
        return f"{_plain(self.first)}..{_plain(self.last)}"

    def __repr__(self) -> str:
        return f"Ramp({self.first!r}, {self.last!r})"


def _plain(number: float) -> str:
    return f"{int(number)}" if number == int(number) and abs(number) < 1e15 else repr(number)


def read_ramp(value: Any) -> Ramp | None:
    """The range that a value is; None where it is none."""
    if isinstance(value, Ramp):
        ends: tuple[Any, ...] = (value.first, value.last)
    elif isinstance(value, str) and ".." in value:
        match = _RAMP.fullmatch(value)
        ends = tuple(map(number_of, match.groups())) if match else (None,)
    else:
        return None
    if not all(is_number(end) and not too_small(end) for end in ends):
        message = f"must be a number, a word or a range like 0..0.1, not {shown(value)}"
        raise Misfit(message, _otherwise(value))
    return Ramp(*ends)


def ramp_help(value: Any) -> str:
    """Where a range may stand, for what takes one number and got a range."""
    if not isinstance(value, str) or not _RAMP.fullmatch(value):
        return ""
    return f"a range is given by a call that repeats, such as `A p={value} x3`"


def _otherwise(value: Any) -> str:
    """`0...0.1` and `.0...1` as the range that was meant."""
    bare = re.sub(r"\.{3,}", "..", value) if isinstance(value, str) else ""
    return bare if bare != value and _RAMP.fullmatch(bare) else ""
