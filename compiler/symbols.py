"""Numbers that remember which parameter they came from.

A block is lowered with its parameters bound to `Sym` values: they compute as plain
integers, while the source emitter prints them as the expressions that they stand for.
Only what an architecture needs is tracked (sums and integer multiples); every other
arithmetic gives a plain `int`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self


class Sym(int):
    """An integer with its linear form over parameter names: `const + sum(k * name)`."""

    terms: dict[str, int]
    const: int

    def __new__(cls, value: int, terms: Mapping[str, int], const: int = 0) -> Self:
        self = super().__new__(cls, value)
        self.terms = {name: k for name, k in terms.items() if k}
        self.const = const
        return self

    @classmethod
    def named(cls, value: int, name: str) -> Sym:
        """The value of the parameter `name`."""
        return cls(value, {name: 1})

    def __add__(self, other: int) -> int:
        return total([self, other])

    __radd__ = __add__

    def __mul__(self, factor: int) -> int:
        value = int(self) * int(factor)
        if isinstance(factor, Sym):
            return value
        return Sym(value, {n: k * factor for n, k in self.terms.items()}, self.const * factor)

    __rmul__ = __mul__

    def __str__(self) -> str:
        parts = [name if k == 1 else f"{k} * {name}" for name, k in self.terms.items()]
        if self.const or not parts:
            parts.append(str(self.const))
        return " + ".join(parts)

    def __reduce__(self) -> tuple[type[Sym], tuple[int, dict[str, int], int]]:
        return Sym, (int(self), self.terms, self.const)


def half(size: int) -> int:
    """`size // 2`, as an expression where the size is a parameter: a kernel's own padding."""
    if isinstance(size, Sym) and list(size.terms.values()) == [1] and not size.const:
        return Sym(int(size) // 2, {f"{size} // 2": 1})
    return int(size) // 2


class SymFloat(float):
    """A float that came from the parameter `name`."""

    name: str

    def __new__(cls, value: float, name: str) -> Self:
        self = super().__new__(cls, value)
        self.name = name
        return self

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[type[SymFloat], tuple[float, str]]:
        return SymFloat, (float(self), self.name)


def real(value: int) -> float:
    """A whole number as a float; a parameter's stays that parameter's."""
    if isinstance(value, Sym) and list(value.terms.values()) == [1] and not value.const:
        return SymFloat(float(int(value)), str(value))
    return float(value)


def total(values: Iterable[int]) -> int:
    """The sum, as a `Sym` if any part is one."""
    values = list(values)
    value = sum(int(v) for v in values)
    symbols = [v for v in values if isinstance(v, Sym)]
    if not symbols:
        return value
    terms: dict[str, int] = {}
    for symbol in symbols:
        for name, k in symbol.terms.items():
            terms[name] = terms.get(name, 0) + k
    const = sum(v.const if isinstance(v, Sym) else v for v in values)
    return Sym(value, terms, const)


def substitute(value: int, given: Mapping[str, int]) -> int:
    """`value` with its names replaced by what the caller passed for them; others stay."""
    if not isinstance(value, Sym):
        return value
    known = [given[name] * k for name, k in value.terms.items() if name in given]
    rest = {name: k for name, k in value.terms.items() if name not in given}
    fixed = total([value.const, *known])
    return total([fixed, Sym(int(value) - int(fixed), rest)]) if rest else fixed
