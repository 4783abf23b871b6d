"""What one axis of a sweep says: the values of a list, or those of a range."""

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, PrivateAttr, ValidationInfo, field_validator

from dsl.models.alternatives import Shortened
from dsl.models.fields import Flag, one_or_more
from dsl.models.forms import formed, number_form
from dsl.models.plain import tree
from dsl.models.scalars import number_text, whole
from dsl.text.numbers import Misfit, is_number, otherwise, too_small
from dsl.text.problems import shown
from dsl.text.values import Mapping, Scalar, Sequence, Value, plain

FARTHEST = 1e9
"""The largest number that a range may reach to."""
MOST_VALUES = 100_000
"""How many values one axis may have."""
DIGITS = 6
"""Digits of a number that is spaced by its logarithm, or drawn: nobody tells more apart."""


def _amount(value: Any) -> int | float:
    """A number, whole where it is written so: a range between whole numbers is of such."""
    found = number_text(value)
    if is_number(found) and abs(found) <= FARTHEST and not too_small(value):
        amount: int | float = found
        return amount
    raise Misfit(f"must be a number, not {shown(value)}", otherwise(value))


formed(_amount, number_form(-FARTHEST, FARTHEST, said="a number"))
Amount = Annotated[int | float, BeforeValidator(_amount)]


def _values(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise Misfit(f"must be a list of values, or a range, not {shown(value)}", f"[{value}]")
    if not value:
        raise ValueError("must be a list of values, and this one has none")
    if len(value) > MOST_VALUES:
        raise ValueError(f"has {len(value):,} values, and an axis {MOST_VALUES:,} at most")
    values = tuple(plain(tree(item)) for item in value)
    counts = Counter(map(repr, values))
    if twice := [item for item in values if counts[repr(item)] > 1]:
        raise ValueError(f"has {inline(tree(twice[0]))} twice: its variants would be the same")
    return values


def _addresses(value: Any) -> tuple[str, ...]:
    items = one_or_more(value)
    for item in items:
        if not isinstance(item, str) or not item:
            raise ValueError(f"must be addresses such as mixed_6c.c7, not {shown(item)}")
    return tuple(items)


class Axis(Shortened):
    """The values that one thing takes: a list, or a range by its ends."""

    short: ClassVar[str] = "values"
    values: Annotated[tuple[Any, ...], BeforeValidator(_values)] = ()
    """What stands there in turn: `[96, 128, 160]`, or whole steps, `[3x3 64, 5x5 64]`."""
    low: Amount | None = None
    """The least value of a range. Between whole numbers all values are whole."""
    high: Amount | None = None
    """The largest value of a range."""
    step: Amount | None = None
    """How far values of the range lie apart, from the least on."""
    count: Annotated[int | None, BeforeValidator(whole(2, MOST_VALUES, named=False))] = None
    """How many values the range has, both ends among them."""
    log: Flag = False
    """Whether values of the range are spaced by their logarithm."""
    also: Annotated[tuple[str, ...], BeforeValidator(_addresses)] = ()
    """Addresses that take the same value: `[mixed_6c.c7, mixed_6d.c7]`."""

    _nodes: tuple[Value, ...] = PrivateAttr(default=())

    @field_validator("high")
    @classmethod
    def _above(cls, high: float | None, info: ValidationInfo) -> int | float | None:
        low = info.data.get("low")
        if low is not None and high is not None and high <= low:
            raise ValueError(f"must be above low, which is {low:g}, not {high:g}")
        return high

    @field_validator("step")
    @classmethod
    def _forward(cls, step: float | None, info: ValidationInfo) -> int | float | None:
        low, high = info.data.get("low"), info.data.get("high")
        if step is None or low is None or high is None:
            return step
        if step <= 0:
            raise ValueError(f"must be above 0, not {step:g}")
        if (high - low) / step >= MOST_VALUES:
            raise ValueError(f"{step:g} gives more than the {MOST_VALUES:,} values of an axis")
        if not isinstance(step, int) and isinstance(low, int) and isinstance(high, int):
            raise ValueError(f"{step:g} is no whole number, and {low} and {high} are: "
                             f"write {low}.0 for a range of all numbers")  # fmt: skip
        return step

    @field_validator("log")
    @classmethod
    def _has_logarithms(cls, log: bool, info: ValidationInfo) -> bool:
        low = info.data.get("low")
        if log and info.data.get("step") is not None:
            raise ValueError("spaces values by their logarithm: say count instead of step")
        if log and low is not None and low <= 0:
            raise ValueError(f"needs a low above 0, not {low:g}")
        return log

    def fault(self) -> str:
        """What no field alone can be blamed for; empty for nothing."""
        ends = [name for name in ("low", "high") if getattr(self, name) is not None]
        if self.values and (ends or self.step is not None or self.count or self.log):
            return "is a list of values or a range, not both"
        if not self.values and len(ends) < len(("low", "high")):
            return "is a list of values, or a range with low and high"
        if self.step is not None and self.count:
            return "has a step or a count, not both"
        return ""

    @property
    def integral(self) -> bool:
        """Whether it is a range of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def endless(self) -> bool:
        """Whether it is a range without a step or count: values can only be drawn from it."""
        whole_numbers = self.integral and not self.log
        return not self.values and self.step is None and not self.count and not whole_numbers

    def remember(self, nodes: tuple[Value, ...]) -> None:
        """Keep the file's own nodes of the values, so that errors point at them."""
        self._nodes = nodes

    def nodes(self) -> tuple[Value, ...]:
        """Each value as a tree; of a range all that it has. Not for an endless one."""
        if self._nodes:
            return self._nodes
        span = self.at.of("values" if self.values else "low")
        return tuple(tree(value, span) for value in self.values or self.numbers())

    def numbers(self) -> tuple[int | float, ...]:
        """The values of a range, in order.

        >>> Axis(low=0.5, high=1.0, step=0.25).numbers(), Axis(low=1, high=100, count=3, log=True).numbers()
        ((0.5, 0.75, 1.0), (1, 10, 100))
        """  # noqa: E501  # An example is one line.
        return tuple(dict.fromkeys(self._spaced()))

    def _spaced(self) -> Iterator[int | float]:
        assert self.low is not None and self.high is not None, "a list has no numbers of its own"
        low, high = Fraction(str(self.low)), Fraction(str(self.high))
        if self.count and self.log:
            ratio = math.log(high / low) / (self.count - 1)
            yield self.low
            for place in range(1, self.count - 1):
                yield self.rounded(float(low) * math.exp(ratio * place))
            yield self.high
            return
        apart = (high - low) / (self.count - 1) if self.count else Fraction(str(self.step or 1))
        for place in range(int((high - low) / apart) + 1):
            value = low + apart * place
            yield int(value + Fraction(1, 2)) if self.integral else float(value)

    def drawn(self, share: float) -> int | float:
        """A value of an endless range, by how far along it is, from 0 to 1."""
        assert self.low is not None and self.high is not None, "a list is not drawn from by shares"
        if self.log:
            return self.rounded(self.low * math.exp(math.log(self.high / self.low) * share))
        return self.rounded(self.low + (self.high - self.low) * share)

    def rounded(self, value: float) -> int | float:
        """A number with as many digits as anybody wants to read."""
        return round(value) if self.integral else float(f"{value:.{DIGITS}g}")


def size(value: Value) -> int | float | str:
    """What a value is in a table: a number, or its text in one line."""
    if isinstance(value, Scalar):
        found: int | float | str = number_text(value.text)
        return found
    return inline(value)


def inline(value: Value) -> str:
    """A value in one line, as YAML has it."""
    match value:
        case Scalar():
            return value.text
        case Sequence():
            return f"[{', '.join(map(inline, value.items))}]"
        case Mapping():
            inside = (f"{entry.key.text}: {inline(entry.value)}" for entry in value.entries)
            return f"{{{', '.join(inside)}}}"
