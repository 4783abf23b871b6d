"""Numbers that remember which parameter they came from.

A block is lowered with its parameters bound to `Sym` values: they compute as plain
integers, while the source emitter prints them as the expressions that they stand for.
Only what an architecture needs is tracked (sums, integer multiples, quotients by a number);
every other arithmetic gives a plain `int`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self


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

    @property
    def key(self) -> tuple[Any, ...]:
        """All that it is as plain values: its number, and the expression that it stands for."""
        found: tuple[Any, ...] | None = self.__dict__.get("_key")
        if found is None:
            exact = tuple([name.exact for name in self.terms if isinstance(name, Quotient)])
            found = self.__dict__["_key"] = (int(self), *self.terms.items(), self.const, exact)
        return found

    @property
    def parts(self) -> list[str]:
        """What is added up, each as an expression; what is taken away comes last."""
        parts = [_times(k, name) for name, k in self.terms.items()]
        parts = [*parts, str(self.const)] if self.const or not parts else parts
        return sorted(parts, key=lambda part: part.startswith("-"))

    def __str__(self) -> str:
        return added(self.parts)

    def __reduce__(self) -> tuple[type[Sym], tuple[int, dict[str, int], int]]:
        return Sym, (int(self), self.terms, self.const)


def added(parts: Iterable[str]) -> str:
    """Terms as one sum."""
    return " + ".join(parts).replace(" + -", " - ")


def _times(factor: int, name: str) -> str:
    if abs(factor) == 1:
        return name if factor == 1 else f"-{name}"
    return f"{factor} * ({name})" if isinstance(name, Quotient) else f"{factor} * {name}"


class Quotient(str):
    """The name `k // 2`, which stands for a part of the parameter `k`, or of an expression."""

    __slots__ = ("by", "exact", "of")
    of: str | Sym
    by: int
    exact: bool
    """Whether nothing is left over, whatever the block is called with."""

    def __new__(cls, of: str | Sym, by: int, exact: bool) -> Self:
        self = super().__new__(cls, f"{of if isinstance(of, str) else bracketed(of)} // {by}")
        self.of = of
        self.by = by
        self.exact = exact
        return self

    def __reduce__(self) -> tuple[type[Quotient], tuple[str | Sym, int, bool]]:
        return Quotient, (self.of, self.by, self.exact)

    @property
    def reads(self) -> frozenset[str]:
        """The parameters that it is a part of."""
        return frozenset((self.of,)) if isinstance(self.of, str) else names_in(self.of)

    def put(self, given: Mapping[str, Any]) -> int:
        """Its value with its names replaced by what is given for them, one at least."""
        return quotient(
            given[self.of] if isinstance(self.of, str) else substitute(self.of, given), self.by
        )


def quotient(value: int, by: int) -> int:
    """`value // by`, as an expression: by terms where each divides, else as a whole."""
    found = int(value) // by
    if not isinstance(value, Sym):
        return found
    if not any(k % by for k in (*value.terms.values(), value.const)):
        return Sym(found, {name: k // by for name, k in value.terms.items()}, value.const // by)
    name = alone(value)
    if isinstance(name, Quotient):
        exact = name.exact and not int(value) % by
        return Sym(found, {Quotient(name.of, name.by * by, exact): 1})
    return Sym(found, {Quotient(name or value, by, not int(value) % by): 1})


def half(size: int) -> int:
    """`size // 2`, as an expression where the size is a parameter: a kernel's own padding."""
    return quotient(size, 2)


def alone(value: int) -> str | None:
    """The parameter that a value is, with nothing added; None for any other."""
    if isinstance(value, Sym) and list(value.terms.values()) == [1] and not value.const:
        return next(iter(value.terms))
    return None


class SymFloat(float):
    """A float that came from the parameter `name`, or from a part of one."""

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
    name = alone(value)
    return float(value) if name is None else SymFloat(float(int(value)), name)


def total(values: Iterable[int]) -> int:
    """The sum, as a `Sym` if any part is one."""
    value, const, symbolic = 0, 0, False
    terms: dict[str, int] = {}
    for each in values:
        value += int(each)
        if isinstance(each, Sym):
            symbolic = True
            const += each.const
            for name, k in each.terms.items():
                terms[name] = terms.get(name, 0) + k
        else:
            const += each
    if not symbolic:
        return value
    whole = [part for part, k in terms.items() if isinstance(part, Quotient) and _fills(part, k)]
    if not whole:
        return Sym(value, terms, const)
    rest = Sym(0, {part: k for part, k in terms.items() if part not in whole}, const)
    made = total([rest, *(_of(part) * (terms[part] // part.by) for part in whole)])
    assert isinstance(made, Sym), made
    return Sym(value, made.terms, made.const)


def _fills(part: Quotient, k: int) -> bool:
    """Whether so many parts are the whole again, or several: `2 * (n // 2)` is `n`."""
    return bool(k) and part.exact and k % part.by == 0


def _of(part: Quotient) -> Sym:
    """What it is a part of, whatever that is worth."""
    return part.of if isinstance(part.of, Sym) else Sym.named(0, part.of)


def names_in(value: object) -> frozenset[str]:
    """The parameters that a value is an expression over; those of a tuple's parts."""
    match value:
        case Sym():
            return frozenset().union(*map(_read_by, value.terms))
        case SymFloat():
            return _read_by(value.name)
        case tuple():
            return frozenset().union(*map(names_in, value))
    return frozenset()


def bracketed(value: int) -> str:
    """A value as text, in brackets where it is more than a word: behind a letter, or a slash."""
    text = str(value)
    return f"({text})" if " " in text or "/" in text else text


def term(value: int) -> str:
    """A value as text, in brackets where it is a sum."""
    return f"({value})" if isinstance(value, Sym) and len(value.parts) > 1 else str(value)


def _read_by(name: str) -> frozenset[str]:
    """The parameters that a term reads."""
    return name.reads if isinstance(name, Quotient) else frozenset((name,))


def brief(value: float) -> str:
    """A number in few digits; a parameter's by its name.

    >>> brief(0.2 / 3), brief(0.5), brief(1024)
    ('0.06667', '0.5', '1024')
    """
    if names_in(value):
        return str(value)
    return f"{float(value):{'g' if abs(value) >= 1 else '.4g'}}"


def is_plainly(value: object, usual: object) -> bool:
    """Whether a value is that one wherever it stands, and not just for these parameters."""
    return value == usual and not names_in(value)


def same(one: object, other: object) -> bool:
    """Whether two numbers, or tuples of them, are equal, and as expressions too."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and str(one) == str(other)


def substitute(value: int, given: Mapping[str, Any]) -> int:
    """`value` with its names replaced by what the caller passed for them; others stay."""
    if not isinstance(value, Sym):
        return value
    parts = [value.const]
    for name, k in value.terms.items():
        if isinstance(name, Quotient) and name.reads & given.keys():
            parts.append(name.put(given) * k)
        elif name in given:
            parts.append(given[name] * k)
        else:
            parts.append(Sym(0, {name: k}))
    made = total(parts)
    return Sym(int(value), made.terms, made.const) if isinstance(made, Sym) else made


def substitute_real(value: float, given: Mapping[str, Any]) -> float:
    """The same for a float."""
    if not isinstance(value, SymFloat) or not _read_by(value.name) & given.keys():
        return value
    if isinstance(value.name, Quotient):
        whole = {name: int(n) if isinstance(n, float) else n for name, n in given.items()}
        return real(value.name.put(whole))
    found = given[value.name]
    return found if isinstance(found, float) else real(found)
