"""Numbers and shapes as a person writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from compiler.ir.op import Shape
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


def brief(n: int) -> str:
    """A round number without the zeros that say how exact it is: `80 M`."""
    number, _, unit = si(n).partition(" ")
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number} {unit}".strip()


def plain(n: int) -> str:
    """A number, whatever it stands for."""
    return str(int(n))


def list_name(path: str) -> str:
    """A node's name, with its list's before it where it is a number there.

    >>> list_name("body.mixed_2"), list_name("body.stage_1.0")
    ('mixed_2', 'stage_1.0')
    """
    *outer, name = path.strip(".").split(".")
    return f"{list_name('.'.join(outer))}.{name}" if name.isdigit() and outer else name


def by(dims: Iterable[str]) -> str:
    """`768 × 17 × 17`."""
    return " × ".join(dims)


def shape(x: Shape) -> str:
    """A shape in numbers, whatever its symbols."""
    return by(map(plain, x))


def place(span: Span) -> str:
    """`inception_v3.yaml:28`; nothing where a node came from nowhere."""
    return "" if span is NOWHERE else f"{Path(span.file).name}:{span.line}"
