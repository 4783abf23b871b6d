"""The kinds of value a spec holds, and how each is written.

Every kind reads Python values and the raw text of a YAML scalar alike, so that one
definition serves a program that builds a spec and the loader that reads one. Where a
number may be given by a block's parameter, the parameter's name is kept as a string.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,3})?")
KERNEL = re.compile(r"([0-9]+|[A-Za-z](?=x[0-9]))x([0-9]+|[A-Za-z][A-Za-z0-9_]*)")
"""`1x7`; one side may be a parameter: `1xn`, or `nx1` where its name is one letter."""

MOST = 100_000
"""The largest width, kernel side, input side or repeat that a spec may name."""


def is_identifier(text: object) -> bool:
    """Whether `text` can name a step, block or parameter."""
    return isinstance(text, str) and bool(IDENTIFIER.fullmatch(text))


def shown(value: object) -> str:
    """A value as an error quotes it: short, and on one line."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}…'"


def _number_text(value: Any) -> Any:
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return int(value) if WHOLE.fullmatch(value) else float(value)
    return value


def whole(low: int, high: int, named: bool) -> Callable[[Any], int | str]:
    """A reader of whole numbers; with `named`, of parameter names too."""

    def read(value: Any) -> int | str:
        number = _number_text(value)
        if named and is_identifier(value):
            return str(value)
        if isinstance(number, int) and not isinstance(number, bool) and low <= number <= high:
            return int(number)
        more = " or a parameter's name" if named else ""
        zeros = isinstance(value, str) and re.fullmatch(r"0[0-9]+", value)
        why = " (leading zeros are not taken)" if zeros else ""
        raise ValueError(
            f"must be a whole number from {low} to {high:,}{more}, not {shown(value)}{why}"
        )

    return read


def number(low: float, high: float, named: bool) -> Callable[[Any], float | str]:
    """A reader of finite numbers from `low` to `high`."""

    def read(value: Any) -> float | str:
        found = _number_text(value)
        if named and is_identifier(value):
            return str(value)
        numeric = isinstance(found, (int, float)) and not isinstance(found, bool)
        if numeric and math.isfinite(found) and low <= found <= high:
            return float(found)
        more = " or a parameter's name" if named else ""
        raise ValueError(f"must be a number from {low:g} to {high:g}{more}, not {shown(value)}")

    return read


def _identifier(value: Any) -> str:
    if not is_identifier(value):
        rule = "a letter, then letters, digits or _ (64 at most, ASCII)"
        raise ValueError(f"a name is {rule}, not {shown(value)}")
    if keyword.iskeyword(value) or keyword.issoftkeyword(value):
        raise ValueError(f"'{value}' is a Python keyword; take another name")
    return str(value)


def _reference(value: Any) -> str:
    if not is_identifier(value):
        raise ValueError(f"must be a name, not {shown(value)}")
    return str(value)


def pair(low: int, spread: bool) -> Callable[[Any], tuple[int | str, int | str]]:
    """A reader of `HxW`; with `spread`, one number stands for both halves."""
    half = whole(low, MOST, named=True)

    def read(value: Any) -> tuple[int | str, int | str]:
        if isinstance(value, str) and (match := KERNEL.fullmatch(value)):
            return half(match[1]), half(match[2])
        if isinstance(value, (tuple, list)) and len(value) == 2:
            return half(value[0]), half(value[1])
        if spread and (isinstance(value, int) or is_identifier(value) or _is_whole(value)):
            return half(value), half(value)
        example = "3 or 3x1" if spread else "3x3 or 1x7"
        raise ValueError(f"must be written like {example} (height x width), not {shown(value)}")

    return read


def _is_whole(value: Any) -> bool:
    return isinstance(value, str) and bool(WHOLE.fullmatch(value))


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError(f"must be true or false, not {shown(value)}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {shown(value)}")
    return value


def _argument(value: Any) -> int | float | str:
    found = _number_text(value)
    if isinstance(found, (int, float)) and not isinstance(found, bool) and math.isfinite(found):
        return found
    if is_identifier(value):
        return str(value)
    raise ValueError(f"must be a number or a name, not {shown(value)}")


PADDINGS = ("same", "tf_same", "valid")


def _padding(value: Any) -> str | tuple[int | str, int | str]:
    if value in PADDINGS:
        return str(value)
    return pair(0, spread=True)(value)


Identifier = Annotated[str, BeforeValidator(_identifier)]
Reference = Annotated[str, BeforeValidator(_reference)]
Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Argument = Annotated[int | float | str, BeforeValidator(_argument)]
Count = Annotated[int, BeforeValidator(whole(1, MOST, named=False))]
Total = Annotated[int, BeforeValidator(whole(0, 10**17, named=False))]
Whole = Annotated[int | str, BeforeValidator(whole(1, MOST, named=True))]
Number = Annotated[float | str, BeforeValidator(number(-1e6, 1e6, named=True))]
Positive = Annotated[float | str, BeforeValidator(number(0, 1e6, named=True))]
Share = Annotated[float | str, BeforeValidator(number(0, 1, named=True))]
Weight = Annotated[float, BeforeValidator(number(0, 1e6, named=False))]
Kernel = Annotated[tuple[int | str, int | str], BeforeValidator(pair(1, spread=False))]
Stride = Annotated[tuple[int | str, int | str], BeforeValidator(pair(1, spread=True))]
Padding = Annotated[str | tuple[int | str, int | str], BeforeValidator(_padding)]


INITS = {
    "torch": (),
    "normal": ("std",),
    "trunc_normal": ("std",),
    "he_normal": (),
    "he_uniform": (),
    "xavier_normal": (),
    "xavier_uniform": (),
}
"""How weights may be drawn, each with the arguments that it takes."""


def _init(value: Any) -> str:
    scheme, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if scheme not in INITS:
        raise ValueError(f"must be one of {', '.join(INITS)}, not {shown(value)}")
    if INITS[scheme] and not (NUMBER.fullmatch(rest) and float(rest) > 0):
        raise ValueError(f"{scheme} takes its standard deviation: {scheme}:0.01")
    if rest and not INITS[scheme]:
        raise ValueError(f"{scheme} takes no argument, not {shown(rest)}")
    return str(value)


InitText = Annotated[str, BeforeValidator(_init)]
