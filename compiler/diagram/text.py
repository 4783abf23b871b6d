"""Numbers and shapes as a person writes them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from compiler.ir.op import Shape
from compiler.ir.symbols import Quotient, Sym
from dsl.text.problems import NOWHERE, Span

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def si(n: int) -> str:
    """Three significant digits and a unit.

    >>> si(1_498_000_000), si(347_000_000), si(12_845_056), si(0)
    ('1.50 G', '347 M', '12.8 M', '0')
    """
    for i, (scale, _) in enumerate(_UNITS):
        if float(f"{n:.3g}") >= scale:
            value = n / scale
            digits = max(0, 3 - len(str(int(float(f"{value:.3g}")))))
            return f"{value:.{digits}f} {_UNITS[i][1]}"
    return str(int(n))


def each(amount: str, times: int) -> str:
    """`20 × 325 M`: what each of several has, and how many there are."""
    return f"{times} × {amount}" if times > 1 else amount


def counted(n: int, unit: str = "") -> str:
    """Three significant digits in a unit: `9.44 MB`.

    >>> counted(9_437_184, "B"), counted(512, "B"), counted(1_498_000_000)
    ('9.44 MB', '512 B', '1.50 G')
    """
    return _in(si(n), unit)


def _in(number: str, unit: str) -> str:
    return f"{number}{unit}" if " " in number else f"{number} {unit}".strip()


def brief(n: int, unit: str = "") -> str:
    """A round number without the zeros that say how exact it is: `80 M`."""
    number, _, prefix = si(n).partition(" ")
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return _in(f"{number} {prefix}".strip(), unit)


def plain(n: int) -> str:
    """A number, whatever it stands for."""
    return str(int(n))


def width(n: int) -> str:
    """A width as papers write it: `in`, `2w`, `4·in`, `(3n + 16)/4`.

    >>> width(Sym(48, {"w": 2}, 16)), width(Sym(8, {"in_channels": 1})), width(96)
    ('2w + 16', 'in', '96')
    """
    return " + ".join(_parts(n)).replace(" + -", " \u2212 ") if isinstance(n, Sym) else str(n)


def _parts(n: Sym) -> list[str]:
    """What is added up; parts of one width are one fraction, where nothing of them is left over."""
    found, loose = dict[str, Fraction](), set[str]()
    for name, k in n.terms.items():
        said, share = _name(name), Fraction(k)
        if isinstance(name, Quotient) and name.exact:
            said, share = (
                _name(name.of) if isinstance(name.of, str) else term(name.of),
                share / name.by,
            )
        elif isinstance(name, Quotient):
            loose.add(said)
        found[said] = found.get(said, Fraction()) + share
    told = [_times(k, said, said in loose) for said, k in found.items() if k]
    told = [*told, str(n.const)] if n.const or not told else told
    return sorted(told, key=lambda part: part.startswith("-"))


def _times(share: Fraction, said: str, loose: bool) -> str:
    """`3n/2`, `2·in`, and in brackets what was rounded before: `2·(w/5)`."""
    below = f"/{share.denominator}" if share.denominator > 1 else ""
    if abs(share.numerator) == 1:
        return f"{'-' if share < 0 else ''}{said}{below}"
    said = f"({said})" if loose else said
    return f"{share.numerator}{'' if len(said) == 1 else '·'}{said}{below}"


def _name(name: str) -> str:
    """What a parameter is called in a spec, or a part of one."""
    if isinstance(name, Quotient):
        of = _name(name.of) if isinstance(name.of, str) else term(name.of)
        return f"{of}/{name.by}"
    return "in" if name == "in_channels" else name


def term(n: int) -> str:
    """A width in brackets where it is a sum."""
    return f"({width(n)})" if isinstance(n, Sym) and len(_parts(n)) > 1 else width(n)


LONGEST_PATH = 40
"""Characters of a path that are shown; of a longer one its end."""


def ending_of(path: str) -> str:
    """A path, or as many whole names of its end as are read at a glance.

    >>> ending_of("repeat_1.0"), ending_of("u" + ".branch2" * 8)
    ('repeat_1.0', '….branch2.branch2.branch2.branch2')
    """
    if len(path) <= LONGEST_PATH:
        return path
    _, _, rest = path[2 - LONGEST_PATH :].partition(".")
    return f"….{rest}" if rest else f"…{path[1 - LONGEST_PATH :]}"


def tells(title: str, name: str) -> bool:
    """Whether a title has a layer's name among its words: `global avg pool` has `pool`."""
    return name.casefold() in title.casefold().split()


def by(dims: Iterable[str]) -> str:
    """`768 × 17 × 17`."""
    return " × ".join(dims)


def shape(x: Shape) -> str:
    """A shape in numbers, whatever its symbols."""
    return by(map(plain, x))


def place(span: Span) -> str:
    """`inception_v3.yaml:28`; nothing where a node came from nowhere."""
    return "" if span is NOWHERE else f"{Path(span.file).name}:{span.line}"
