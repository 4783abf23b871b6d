"""Sizes that have a number for each axis: kernels, strides, paddings, and how each is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from dsl.models.extent import RANKS, kernel_text
from dsl.models.forms import NAME, Form, any_of, formed
from dsl.models.identifiers import is_identifier
from dsl.models.scalars import MOST, whole
from dsl.text.numbers import Misfit, is_whole
from dsl.text.problems import shown

PADDING_MEANINGS = {
    "same": "(k - 1) / 2 on each side, as torch code writes it: the grid stays at stride 1",
    "tf_same": "as much as TensorFlow's SAME: an odd row or column goes to the end",
    "valid": "none: the kernel stays inside the map",
}
PADDINGS = tuple(PADDING_MEANINGS)
_SIDE = re.compile(r"([0-9]+|(?P<side>[A-Za-z])(?=x(?:[0-9]|(?!x)(?P=side)(?:x.|\Z))))x")
KERNEL = re.compile(f"(?:{_SIDE.pattern}){{1,2}}([0-9]+|[A-Za-z][A-Za-z0-9_]*)")
"""`1x7`, `1x3x3`; a side may be a parameter: `1xn`, or `nx1` and `nxn` where it is one letter."""


def is_letter(value: Any) -> bool:
    """Whether a value is a name of one letter: as the kernel of a series, a parameter's."""
    return is_identifier(value) and len(value) == 1


Axes = tuple[int | str, ...]
"""A number, or a parameter's name, for each axis: (height, width) of an image."""


def kernel_sides(text: str) -> tuple[str, ...]:
    """The sides of a kernel's text.

    >>> kernel_sides("1x7"), kernel_sides("1x3xn"), kernel_sides("1xkxk"), kernel_sides("40")
    (('1', '7'), ('1', '3', 'n'), ('1', 'k', 'k'), ('40',))
    """
    found: list[str] = []
    while match := _SIDE.match(text):
        found.append(match[1])
        text = text[match.end() :]
    return (*found, text)


def per_axis(low: int, spread: bool, also: str = "") -> Callable[[Any], Axes]:
    """A reader of `HxW`, `L` or `TxHxW`; with `spread`, of a parameter for all axes, too."""
    half = whole(low, MOST, named=True)
    example = "3 or 3x1" if spread else "3x3 or 1x7"

    def parts(value: Any) -> tuple[Any, ...] | None:
        if isinstance(value, str) and KERNEL.fullmatch(value):
            return kernel_sides(value)
        if isinstance(value, (tuple, list)) and len(value) in RANKS:
            return tuple(value)
        plain = isinstance(value, int) or is_whole(value) or is_letter(value)
        return (value,) if plain or (spread and is_identifier(value)) else None

    def read(value: Any) -> Axes:
        if (found := parts(value)) is None:
            if isinstance(value, str) and KERNEL.fullmatch(value.replace("×", "x")):
                meant = value.replace("×", "x")
                raise Misfit(f"must be written with the letter x: {meant}", meant)
            raise ValueError(
                f"must be {also}written like {example} (height x width), not {shown(value)}"
            )
        try:
            return tuple(map(half, found))
        except ValueError:
            what = f"from {low} to {MOST:,} each way, like {example}"
            raise ValueError(f"must be {what}, not {shown(value)}") from None

    return formed(read, Form(_axes_pattern(low, spread)))


def _axes_pattern(low: int, spread: bool) -> str:
    digits = f"[1-9][0-9]{{0,{len(str(MOST)) - 1}}}" if low else "[0-9]+"
    side = f"(?:{digits}|[A-Za-z])"
    written_out = f"(?:{side}x){{1,{len(RANKS) - 1}}}(?:{digits}|{NAME})"
    return any_of(written_out, digits, NAME if spread else "[A-Za-z]")


def _as_kernel(value: Any, info: ValidationInfo) -> Any:
    """One number stands for all axes of the layer's kernel; else there is one for each."""
    kernel = info.data.get("kernel")
    if kernel is None or not isinstance(value, tuple) or len(value) == len(kernel):
        return value
    if len(value) == 1 or set(value) == {1}:
        return value[:1] * len(kernel)
    wanted = f"must have a number for each axis of the kernel {kernel_text(kernel)}"
    raise Misfit(f"{wanted}, or one for all, not {kernel_text(value)}")


_pads = per_axis(0, spread=True, also=f"{', '.join(PADDINGS)}, or ")


def _padding(value: Any) -> str | Axes:
    return str(value) if is_identifier(value) else _pads(value)


formed(_padding, Form(_axes_pattern(0, spread=True), PADDING_MEANINGS))


Kernel = Annotated[Axes, BeforeValidator(per_axis(1, spread=False))]
_per_kernel = AfterValidator(_as_kernel)
Stride = Annotated[Axes, _per_kernel, BeforeValidator(per_axis(1, spread=True))]
"""Steps from 1, or names of parameters; one alone is for all axes."""
Padding = Annotated[str | Axes, _per_kernel, BeforeValidator(_padding)]
Enlargement = Annotated[Axes, BeforeValidator(per_axis(1, spread=True))]
"""A factor for each axis of a map; one alone is for all of them."""
