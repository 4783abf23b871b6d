"""What `expect` promises of a quantity: its number, or a budget that it stays within.

A budget is kept as the text that was written, `< 8M` or `6M..8M`, and compared exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from dsl.models.forms import formed, whole_form
from dsl.text.numbers import Misfit, as_whole, is_number, is_whole, otherwise
from dsl.text.problems import shown

Sign = Literal["=", "<", "<=", ">", ">="]
Limit = Literal["max", "min"]
SIGNS: dict[Limit, Sign] = {"max": "<=", "min": ">="}
"""The sign of a budget that is only a limit."""
Sides = tuple[float, ...]
"""Numbers, one an axis or one for all; fractions among them, so that no digit is lost."""
MOST_TOTAL = 10**17
"""The largest number that a quantity is held against."""

AMOUNT = r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?"
_FORM = re.compile(rf"(<=|>=|<|>)? ?({AMOUNT}(?:x{AMOUNT})*) ?([A-Za-z]*)")
_RANGE = re.compile(r"(.*[0-9A-Za-z]) ?\.\. ?([0-9].*)")
_OTHER_SIGNS = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">=", "⩽": "<=", "⩾": ">="}


@dataclass(frozen=True)
class Bound:
    """One limit; `sides` has one number for all axes of a quantity, or one for each."""

    sign: Sign
    sides: Sides

    def holds(self, found: Sides) -> bool:
        """Whether each side of what was found keeps it. As many sides as it has, or any for one."""
        limits = self.sides * len(found) if len(self.sides) == 1 else self.sides
        return all(self._keeps(*pair) for pair in zip(found, limits, strict=True))

    def _keeps(self, found: float, limit: float) -> bool:
        match self.sign:
            case "=":
                return found == limit
            case "<":
                return found < limit
            case "<=":
                return found <= limit
            case ">":
                return found > limit
            case _:
                return found >= limit


@dataclass(frozen=True, eq=False)
class Measure:
    """How amounts of one kind of quantity are written, and what their suffixes multiply by."""

    example: str
    suffixes: Mapping[str, int]
    by_axis: bool = False
    """Whether it has a number an axis: `75` for all of them, or `32x224x224`."""

    def read(self, value: Any) -> int | str:
        """A whole number, or the text of a budget. Raises `Misfit`."""
        if isinstance(value, int) and is_number(value) and 0 <= value <= MOST_TOTAL:
            return int(value)
        if isinstance(value, str) and is_whole(value) and int(value) <= MOST_TOTAL:
            return int(value)
        if isinstance(value, str) and not is_whole(value):
            self.bounds(value)
            return value
        raise self._misfit(value)

    def reader(self) -> Callable[[Any], int | str]:
        """What `read` does, as a reader of a field that knows its form."""

        def read(value: Any) -> int | str:
            return self.read(value)

        unit = rf" ?(?:{'|'.join(self.suffixes)})?" if self.suffixes else ""
        amount = f"{AMOUNT}(?:x{AMOUNT}){{0,2}}" if self.by_axis else f"{AMOUNT}{unit}"
        budget = rf"(?:[<>]=?) ?{amount}|{amount} ?\.\. ?{amount}"
        said = f"a whole number, or a budget such as {self.example}"
        form = whole_form(0, MOST_TOTAL, budget, *((amount,) if self.by_axis else ()), said=said)
        return formed(read, form)

    def bounds(self, value: int | str) -> tuple[Bound, ...]:
        """The limits that a number or a budget sets. Raises `Misfit`."""
        if isinstance(value, int):
            return (Bound("=", (value,)),)
        if ends := _RANGE.fullmatch(value):
            return self._range(value, *ends.groups())
        found = _FORM.fullmatch(value)
        if not found:
            raise self._misfit(value)
        sign, amount, suffix = found.groups()
        sides = self._sides(value, amount, suffix)
        if not sign and not (self.by_axis and "x" in amount):
            raise self._rounded(value, suffix)
        if sign == "<" and not min(sides):
            raise Misfit(f"can't be kept: nothing is less than 0 ({shown(value)})")
        return (Bound(cast(Sign, sign or "="), sides),)

    def _range(self, value: str, low: str, high: str) -> tuple[Bound, ...]:
        """`6M..8M`, both ends included."""
        ends = [_FORM.fullmatch(end) for end in (low, high)]
        if not all(end and not end[1] for end in ends):
            raise self._misfit(value)
        (_, least, unit), (_, most, other_unit) = (end.groups() for end in ends if end)
        if other_unit and not unit and least != "0":
            meant = f"{least}{other_unit}..{most}{other_unit}"
            raise Misfit(f"has its suffix at both ends of a range, not {shown(value)}", meant)
        one, other = self._sides(value, least, unit), self._sides(value, most, other_unit)
        if len(one) != len(other):
            raise Misfit(f"has as many numbers at both ends of a range, not {shown(value)}")
        if any(a > b for a, b in zip(one, other, strict=True)):
            raise Misfit(f"must be a range from less to more, not {shown(value)}")
        return Bound(">=", one), Bound("<=", other)

    def _sides(self, value: str, amount: str, suffix: str) -> Sides:
        parts = amount.split("x")
        if len(parts) > 1 and not self.by_axis:
            raise Misfit(f"is one number, not {shown(value)}")
        if len(parts) > 3:
            raise Misfit(f"has a number an axis, three at most, not {shown(value)}")
        factor = self._factor(value, suffix)
        sides = tuple(_number(part) * factor for part in parts)
        if max(sides) > MOST_TOTAL:
            raise Misfit(f"is held against {MOST_TOTAL:,} at most, not {shown(value)}")
        return sides

    def _factor(self, value: str, suffix: str) -> int:
        """What a suffix multiplies by; one that could mean two things is no suffix."""
        if not suffix or suffix in self.suffixes:
            return self.suffixes.get(suffix, 1)
        known = f"one of {', '.join(self.suffixes)}" if self.suffixes else "no unit"
        alike = [own for own in self.suffixes if own[0].lower() == suffix[0].lower()]
        only = len(alike) == 1 and alike[0].lower() == suffix.lower()
        meant = value.replace(suffix, alike[0]) if only else ""
        which = ", ".join(f"{own} is {self.suffixes[own]:,}" for own in alike)
        help = which if len(alike) > 1 else ""
        raise Misfit(f"takes {known} behind its number, not {shown(value)}", meant, help=help)

    def _rounded(self, value: str, suffix: str) -> Misfit:
        """A number with a suffix and no sign: nobody counts a network in round millions."""
        if not suffix:
            return self._misfit(value)
        example = f"such as '<= {value}' or '>= {value}'"
        return Misfit(f"is exact without a sign: write every digit, or a budget {example}")

    def _misfit(self, value: Any) -> Misfit:
        wanted = f"a whole number up to {MOST_TOTAL:,}, or a budget such as '{self.example}'"
        return Misfit(f"must be {wanted}, not {shown(value)}", self._meant(value))

    def _meant(self, value: Any) -> str:
        """What it probably should be; only what would be taken."""
        return next(filter(self._is_taken, _guesses(value)), "") if isinstance(value, str) else ""

    def _is_taken(self, text: str) -> bool:
        try:
            self.read(text)
        except Misfit:
            return False
        return True


def _number(text: str) -> float:
    """A decimal number exactly."""
    if "." not in text:
        return int(text)
    from fractions import Fraction  # Few budgets need it, and it takes time to load.

    return cast(float, Fraction(text))


def _guesses(value: str) -> Iterator[str]:
    """The same in other notations: other signs, spaces, commas between digits, `1e6`."""
    sign = next((other for other in _OTHER_SIGNS if value.startswith(other)), "")
    text = _OTHER_SIGNS[sign] + value.removeprefix(sign) if sign else value
    head = re.match("[<>]=?", text)
    signed, rest = (head[0], text[head.end() :]) if head else ("", text)
    rest = rest.strip()
    space = " " if signed else ""
    for number in (rest, as_whole(rest), otherwise(rest), re.sub(r"\s+|[,_](?=\d)", "", rest)):
        if number and f"{signed}{space}{number}" != value:
            yield f"{signed}{space}{number}"


SI = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
SIZES = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
}  # fmt: skip
COUNT = Measure("< 8M", SI)
BYTES = Measure("< 20 MiB", SIZES)
AXES = Measure(">= 224", {}, by_axis=True)
